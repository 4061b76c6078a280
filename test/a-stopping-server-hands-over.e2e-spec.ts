import { readdir } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { EventSource } from 'eventsource';
import type { Browser } from 'playwright-core';
import { startBare } from './support/bare-process.js';
import { INSTALLATION_LIMIT, startBrowser } from './support/browser.js';
import { writeConfigDir } from './support/config-dir.js';
import { checkDelivery } from './support/delivery-check.js';
import { freePort } from './support/free-port.js';
import {
  checkTruths,
  follow,
  followHalfway,
  hasRead,
  tellHalves,
} from './support/half-told-truths.js';
import { openStream, request } from './support/http-client.js';
import { chunksOf, contentOf, type NativeChunk } from './support/native-chunks.js';
import { startProcess, type ServiceProcess } from './support/process.js';
import { drop, rateLimited } from './support/provider/faults.js';
import type { Gate } from './support/provider/gate.js';
import { answer, done, finish, role, text, usage } from './support/provider/steps.js';
import { ScriptedProvider } from './support/scripted-provider.js';
import { StalledReaders } from './support/stalled-readers.js';
import { questionFor, tellingTruths, truth } from './support/truths.js';

/** A stop and a start, and readers that wait a second in between, in milliseconds. */
const PATIENCE = 40_000;

let provider: ScriptedProvider;
/** Holds every answer back in its middle, until it is opened. */
let gate: Gate;
/** The environment of the service that was started last. */
let env: Record<string, string>;
/** What the tests have to clear away, the last first. */
let cleanUps: (() => Promise<unknown>)[];

beforeEach(async () => {
  provider = await ScriptedProvider.start();
  gate = provider.gate();
  cleanUps = [() => provider.close()];
});
afterEach(async () => {
  for (const cleanUp of cleanUps.reverse()) await cleanUp();
});

async function cleared(starting: Promise<ServiceProcess>): Promise<ServiceProcess> {
  const service = await starting;
  cleanUps.push(() => service.kill());
  return service;
}

async function started(grace = '300ms'): Promise<ServiceProcess> {
  const config = await writeConfigDir({
    provider,
    env: { SHUTDOWN_GRACE: grace, RETRY_BUDGET: '10m' },
  });
  cleanUps.push(() => config.remove());
  env = { ...config.env, HOST: '127.0.0.1', PORT: String(await freePort()) };
  return cleared(startProcess(env));
}

const chat = ({ url }: ServiceProcess) => `${url}/api/v1/chat`;
const stream = ({ url }: ServiceProcess, id: unknown) => `${url}/api/v1/runs/${String(id)}/stream`;
const line = ({ log }: ServiceProcess, message: string) => log.until(({ msg }) => msg === message);
const lines = ({ log }: ServiceProcess, message: string) =>
  log.lines.filter(({ msg }) => msg === message);
/** Waits until new requests are refused. */
const draining = async ({ url }: ServiceProcess) => {
  while ((await request(`${url}/health/ready`)).status === 200);
};

const CLEAN_STOP = { code: 0, signal: null };

describe('a server that is told to stop', () => {
  it('lets answers end, hands the others over, and the next one goes on with them', async () => {
    tellHalves(provider, gate);
    const ending = provider.gate();
    provider.reply([role(), text('Hel'), ending, text('lo'), finish(), usage(), done()]);
    const service = await started('2s');
    const short = await openStream(chat(service), { body: { message: 'Hi', stream: true } });
    await short.event(0);
    const followed = await followHalfway(service.url, [1, 2, 3]);
    const plain = await openStream(stream(service, followed[0]!.reader.runId));
    await plain.event(0);
    const document = request(chat(service), { body: { message: questionFor(4) } });
    while (provider.requests.length < 5) await provider.nextRequest();

    const stopped = service.stop();
    await draining(service);
    ending.open();
    expect(await short.ended).toBe('end');
    expect(contentOf(short.events)).toBe('Hello');
    expect(chunksOf(short.events).at(-1)).toMatchObject({ done: true, finish_reason: 'stop' });
    const told = await request(stream(service, followed[0]!.reader.runId));
    expect([told.status, told.body]).toEqual([200, 'retry: 1000\n\n']);
    expect(await plain.ended).toBe('end');
    expect(plain.text.endsWith('}\n\nretry: 1000\n\n')).toBe(true);
    expect(chunksOf(plain.events).some((chunk) => chunk.done)).toBe(false);
    const refused = await document;
    expect([refused.status, refused.headers['retry-after']]).toEqual([503, '1']);
    expect(refused.json()).toMatchObject({ code: 'shutting_down', retryable: true });
    for (const asked of provider.requests.slice(1)) expect(await asked.closed).toBe('left');
    expect(await stopped).toEqual(CLEAN_STOP);
    expect(lines(service, 'run left to its next owner')).toHaveLength(4);

    const next = await cleared(service.restart());
    expect(lines(next, 'run taken over')).toHaveLength(4);
    await checkTruths(next.url, followed);
    expect(followed.every(({ reader }) => reader.connections.length > 1)).toBe(true);
    const runs = `${next.url}/api/v1/runs`;
    const id = String(refused.json()['run_id']);
    await checkTruths(next.url, [follow(next.url, 4, { runId: id })]);
    expect(
      (await request(`${runs}?state=completed`)).json<{ data: unknown[] }>().data,
    ).toHaveLength(5);
  });

  it('hands over what waits in a session, and it goes on in its order', async () => {
    tellHalves(provider, gate);
    const service = await started();
    const first = await request(chat(service), {
      body: { message: questionFor(10), background: true },
    });
    const session = first.headers['x-session-id'];
    await provider.nextRequest();
    const ask = (number: number) =>
      request(chat(service), {
        body: { message: questionFor(number), session_id: session, on_busy: 'queue' },
        headers: { 'idempotency-key': `truth-${number}` },
      });
    const queued = `${service.url}/api/v1/runs?state=queued`;
    const waiting: ReturnType<typeof ask>[] = [];
    for (const number of [11, 12]) {
      waiting.push(ask(number));
      while ((await request(queued)).json<{ data: unknown[] }>().data.length < waiting.length);
    }
    expect(await service.stop()).toEqual(CLEAN_STOP);
    const refused = await Promise.all(waiting);
    expect(refused.map(({ status }) => status)).toEqual([503, 503]);
    expect(provider.requests).toHaveLength(1);

    provider.always(tellingTruths());
    const next = await cleared(service.restart());
    const runs = [first, ...refused].map(({ headers }) => String(headers['x-run-id']));
    for (const id of runs) {
      const reading = await openStream(stream(next, id));
      expect(await reading.ended).toBe('end');
      expect(chunksOf(reading.events).at(-1)).toMatchObject({ done: true, finish_reason: 'stop' });
    }
    const { messages } = provider.requests.at(-1)!.body;
    expect(messages.filter(({ role: by }) => by === 'user').map(({ content }) => content)).toEqual(
      [10, 11, 12].map(questionFor),
    );
    await next.log.until(({ msg, run_id: id }) => msg === 'run finished' && id === runs[2]);
    expect(lines(next, 'run finished').map(({ run_id: id }) => id)).toEqual(runs);
    const repeated = await request(chat(next), {
      body: { message: questionFor(12), session_id: session, on_busy: 'queue' },
      headers: { 'idempotency-key': 'truth-12' },
    });
    expect([repeated.status, repeated.headers['x-run-id']]).toEqual([200, runs[2]]);
  });

  it('hands over an answer whose provider it waits for, and the next one asks at once', async () => {
    provider.reply([role(), text('Hel'), drop()]).reply(rateLimited(300));
    const service = await started();
    const reading = await openStream(chat(service), { body: { message: 'Hi', stream: true } });
    await service.log.until(({ code }) => code === 'provider_rate_limited');
    expect(await service.stop()).toEqual(CLEAN_STOP);
    expect(chunksOf(reading.events)).toHaveLength(1);

    provider.reply(answer('lo'));
    const next = await cleared(service.restart());
    const whole = await openStream(stream(next, reading.headers['x-run-id']));
    expect(await whole.ended).toBe('end');
    expect(whole.events.slice(0, 1)).toMatchObject(
      reading.events.map(({ id, data }) => ({ id, data })),
    );
    expect(contentOf(whole.events)).toBe('Hello');
    expect(chunksOf(whole.events).at(-1)).toMatchObject({ done: true, finish_reason: 'stop' });
    expect(provider.requests).toHaveLength(3);
  });

  it('ends at once when told twice, and the next one goes on all the same', async () => {
    tellHalves(provider, gate);
    const service = await started('60s');
    const followed = await followHalfway(service.url, [20, 21]);
    service.child.kill('SIGTERM');
    await line(service, 'stopping');
    expect(await service.stop('SIGTERM')).toEqual({ code: 1, signal: null });
    await cleared(service.restart());
    await checkTruths(service.url, followed);
  });

  it(
    'is not held up by readers that have stopped reading',
    async () => {
      const piece = 'a'.repeat(50_000);
      provider.reply([role(), text(...Array<string>(100).fill(piece)), finish(), done()]);
      const service = await started();
      const { headers } = await request(chat(service), {
        body: { message: 'Hi', background: true },
      });
      await line(service, 'run finished');
      const stalled = await StalledReaders.open(stream(service, headers['x-run-id']), 3);
      cleanUps.push(() => stalled.close());
      tellHalves(provider, gate);
      const followed = await followHalfway(service.url, [30]);
      expect(await service.stop()).toEqual(CLEAN_STOP);
      await cleared(service.restart());
      await checkTruths(service.url, followed);
    },
    PATIENCE,
  );

  it('leaves nothing but the database and its lock', async () => {
    provider.always(answer('Hello'));
    const service = await started();
    expect((await request(chat(service), { body: { message: 'Hi' } })).status).toBe(200);
    expect(await service.stop()).toEqual(CLEAN_STOP);
    expect((await readdir(env['DATA_DIR']!)).sort()).toEqual(['agno.db', 'lock.db']);
  });
});

describe('a server that is told to stop while it takes over', () => {
  it.each([1, 30])(
    'after run %i of 30, ends, and the next one has them all',
    async (nth) => {
      provider.always(tellingTruths({ delay: 20, piece: 60 }));
      const service = await started();
      const numbers = Array.from({ length: 30 }, (_, index) => 100 + index);
      const followed = numbers.map((number) => follow(service.url, number));
      for (const each of followed) await hasRead(each, 'Truth ');
      await service.kill();

      const second = startBare(env);
      cleanUps.push(async () => second.child.kill('SIGKILL'));
      let taken = 0;
      await second.log.until(({ msg }) => msg === 'run taken over' && (taken += 1) === nth);
      second.child.kill('SIGTERM');
      const { code, signal, stderr } = await second.ended;
      expect({ code, signal, stderr }).toEqual({ ...CLEAN_STOP, stderr: '' });
      await cleared(startProcess(env));
      await checkTruths(service.url, followed);
    },
    PATIENCE,
  );
});

describe('an EventSource of a server that is started anew', () => {
  let browser: Browser;

  beforeAll(async () => {
    browser = await startBrowser();
  }, INSTALLATION_LIMIT + PATIENCE);
  afterAll(async () => {
    await browser?.close();
  });

  interface Message {
    id: string;
    data: string;
  }

  /**
   * The same for the test and, as its source text, for a page in a browser: all that comes until the
   * EventSource stops by itself.
   */
  function allOf(Source: typeof EventSource, url: string, seen: () => void) {
    return new Promise<Message[]>((resolve) => {
      const messages: Message[] = [];
      const source = new Source(url);
      source.onmessage = ({ lastEventId, data }) => {
        messages.push({ id: lastEventId, data: String(data) });
        seen();
      };
      source.onerror = () => {
        if (source.readyState === Source.CLOSED) resolve(messages);
      };
    });
  }

  async function followInBrowser(url: string, seen: () => void): Promise<Message[]> {
    const page = await browser.newPage();
    await page.exposeFunction('seen', seen);
    await page.goto(`${new URL(url).origin}/health/live`);
    return page.evaluate<Message[]>(`(${allOf.toString()})(EventSource, '${url}', seen)`);
  }

  it(
    'comes back by itself and gets the rest',
    async () => {
      tellHalves(provider, gate);
      const service = await started();
      const followed = [
        (url: string, seen: () => void) => allOf(EventSource, url, seen),
        followInBrowser,
      ].map(async (follows, index) => {
        const { headers } = await request(chat(service), {
          body: { message: questionFor(40 + index), background: true },
        });
        const runId = String(headers['x-run-id']);
        const begun = Promise.withResolvers<void>();
        return { runId, begun: begun.promise, all: follows(stream(service, runId), begun.resolve) };
      });
      const readers = await Promise.all(followed);
      for (const { begun } of readers) await begun;
      expect(await service.stop()).toEqual(CLEAN_STOP);
      const next = await cleared(service.restart());
      for (const [index, { runId, all }] of readers.entries()) {
        const messages = await all;
        const ids = messages.map(({ id }) => Number(id));
        const chunks = messages.map(({ data }) => JSON.parse(data) as NativeChunk);
        await checkDelivery(next.url, { runId, ids, chunks }, truth(40 + index));
      }
    },
    PATIENCE,
  );
});
