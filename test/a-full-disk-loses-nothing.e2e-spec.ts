import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import Database from 'better-sqlite3';
import { runBare } from './support/bare-process.js';
import { writeConfigDir } from './support/config-dir.js';
import {
  ON_A_FULL_DISK,
  fillDisk,
  makeRoom,
  mountSmallDisk,
  type SmallDisk,
} from './support/full-disk.js';
import {
  asksFor,
  checkTruths,
  follow,
  followHalfway,
  halvesOf,
  hasRead,
  tellHalves,
} from './support/half-told-truths.js';
import { openStream, request } from './support/http-client.js';
import type { LogLine } from './support/log-lines.js';
import { chunksOf } from './support/native-chunks.js';
import { startProcess, type ServiceProcess } from './support/process.js';
import { partialAnswer } from './support/provider/continuing.js';
import { stall } from './support/provider/faults.js';
import type { Gate } from './support/provider/gate.js';
import { answer, role, text } from './support/provider/steps.js';
import { ScriptedProvider } from './support/scripted-provider.js';
import { questionFor, tellingTruths, truth } from './support/truths.js';

let provider: ScriptedProvider;
/** Where every answer waits: what comes after it finds the disk full. */
let gate: Gate;
/** What the tests have to clear away, the last first. */
let cleanUps: (() => Promise<unknown>)[];

beforeEach(async () => {
  provider = await ScriptedProvider.start();
  gate = provider.gate();
  tellHalves(provider, gate);
  cleanUps = [() => provider.close()];
});
afterEach(async () => {
  for (const cleanUp of cleanUps.reverse()) await cleanUp();
});

async function configured(env: Record<string, string> = {}): Promise<Record<string, string>> {
  const config = await writeConfigDir({ provider, env });
  cleanUps.push(() => config.remove());
  return config.env;
}

async function cleared(starting: Promise<ServiceProcess>): Promise<ServiceProcess> {
  const service = await starting;
  cleanUps.push(() => service.kill());
  return service;
}

const started = async () => cleared(startProcess(await configured()));
const chat = ({ url }: ServiceProcess) => `${url}/api/v1/chat`;
const runs = ({ url }: ServiceProcess) => `${url}/api/v1/runs`;
const lost: (line: LogLine) => boolean = ({ msg }) => msg === 'storage lost';

interface ListedRun {
  run_id: string;
  session_id: string;
  state: string;
  text: string;
}

const listed = async (service: ServiceProcess) =>
  (await request(runs(service))).json<{ data: ListedRun[] }>().data;

/** Fills the disk of a service and lets the provider say more, which cannot be kept. */
async function loseStorage(service: ServiceProcess): Promise<void> {
  fillDisk(service.child);
  gate.open();
  await service.log.until(lost);
}

describe('a disk that becomes full', () => {
  /** A run that has ended. */
  const DONE = 1;
  /** Runs in the middle of their answers: two streams, one that nobody reads, a document. */
  const STREAMS = [10, 11];
  const BACKGROUND = 12;
  const DOCUMENT = 13;
  /** It waits for the one that nobody reads, in the same session. */
  const QUEUED = 14;
  /** Its provider has not said anything. */
  const SILENT = 15;

  /** One service with all of them. */
  async function busy() {
    const service = await started();
    const ask = (number: number, more: object = {}) =>
      request(chat(service), {
        body: { message: questionFor(number), ...more },
        headers: { 'idempotency-key': `truth-${number}` },
      });
    provider.reply(answer('An ', 'answer.'), { when: asksFor(DONE) });
    const finished = await ask(DONE, { stream: true });
    const streams = await followHalfway(service.url, STREAMS);
    const { headers } = await ask(BACKGROUND, { background: true });
    const session = headers['x-session-id'];
    provider.reply(stall(), { when: asksFor(SILENT) });
    const refused = Promise.all([
      ask(DOCUMENT),
      ask(QUEUED, { session_id: session, on_busy: 'queue' }),
      ask(SILENT, { stream: true }),
    ]);
    const all = [DONE, ...STREAMS, BACKGROUND, DOCUMENT, QUEUED, SILENT];
    while (provider.requests.length < all.length - 1) await provider.nextRequest();
    const half = ({ text: said }: ListedRun) => said.length >= halvesOf(DOCUMENT)[0].length / 2;
    while ((await listed(service)).filter(half).length < STREAMS.length + 2);
    while ((await listed(service)).length < all.length);
    return { service, ask, finished, streams, session, refused };
  }

  it('stops all that is under way, ends nothing, and lets what was said be read', async () => {
    const { service, ask, finished, streams, session, refused } = await busy();
    const before = await listed(service);
    const stream = `${runs(service)}/${streams[0]!.reader.runId}/stream`;
    const plain = await openStream(stream);
    await plain.event(0);
    await loseStorage(service);

    for (const asked of provider.requests.slice(1)) expect(await asked.closed).toBe('left');
    expect(await plain.ended).toBe('cut');
    expect(chunksOf(plain.events).map((chunk) => chunk.done)).toEqual([false]);
    const again = await openStream(stream);
    expect([again.status, await again.ended, again.text]).toEqual([200, 'cut', plain.text]);
    for (const answered of await refused) {
      expect([answered.status, answered.headers['retry-after']]).toEqual([503, '5']);
      expect(answered.json()).toMatchObject({
        code: 'storage_unavailable',
        retryable: true,
        run_id: answered.headers['x-run-id'],
      });
    }
    for (const more of [{}, { stream: true }, { background: true }, { session_id: session }]) {
      const answered = await request(chat(service), { body: { message: 'Hi', ...more } });
      expect([answered.status, answered.headers['retry-after']]).toEqual([503, '5']);
      expect(answered.json()).toMatchObject({ code: 'storage_unavailable' });
    }
    const ready = await request(`${service.url}/health/ready`);
    expect([ready.status, ready.json()]).toMatchObject([
      503,
      { error: { storage: { status: 'down' } } },
    ]);
    expect((await request(`${service.url}/health/live`)).status).toBe(200);

    expect(await listed(service)).toEqual(before);
    const states = before.map(({ state }) => state).sort();
    expect(states).toEqual(['completed', 'queued', ...Array<string>(5).fill('running')]);
    const replays = [
      await ask(DONE, { stream: true }),
      await request(`${runs(service)}/${String(finished.headers['x-run-id'])}/stream`),
    ];
    for (const { status, body } of replays) expect([status, body]).toEqual([200, finished.body]);
    const cancelled = await request(stream.replace('stream', 'cancel'), { method: 'POST' });
    expect([cancelled.status, cancelled.json()['code']]).toEqual([503, 'storage_unavailable']);
    expect(provider.requests).toHaveLength(6);
  });

  it('gives everything back once it has room', async () => {
    const { service, ask, streams, session, refused } = await busy();
    await loseStorage(service);
    const [document, queued, silent] = (await refused).map(({ headers }) => ({
      runId: String(headers['x-run-id']),
    }));
    provider.always(tellingTruths());
    makeRoom(service.child);
    await service.log.until(({ msg }) => msg === 'storage restored');
    const ofSession = await request(`${runs(service)}?session_id=${String(session)}`);
    const ids = ofSession.json<{ data: ListedRun[] }>().data.map(({ run_id: id }) => id);
    expect(ids).toEqual([queued!.runId, expect.any(String)]);
    await checkTruths(service.url, [
      ...streams,
      follow(service.url, DOCUMENT, document),
      follow(service.url, BACKGROUND, { runId: ids[1]! }),
      follow(service.url, QUEUED, queued),
      follow(service.url, SILENT, silent),
    ]);
    for (const { reader } of streams) expect(reader.connections.length).toBeGreaterThan(1);
    expect((await listed(service)).map(({ state }) => state)).toEqual(Array(7).fill('completed'));
    const repeated = await ask(DOCUMENT);
    expect([repeated.status, repeated.json()]).toMatchObject([
      200,
      { message: { content: truth(DOCUMENT) }, run_id: document!.runId },
    ]);
    const next = await ask(20);
    expect([next.status, next.json()['message']]).toMatchObject([200, { content: truth(20) }]);
    expect((await request(`${service.url}/health/ready`)).status).toBe(200);
    const taken = service.log.lines.filter(({ msg }) => msg === 'run taken over');
    expect(taken.map(({ epoch, takeovers }) => [epoch, takeovers])).toEqual(Array(6).fill([2, 0]));
  });

  it('may do so again and again', async () => {
    const service = await started();
    const [reading] = await followHalfway(service.url, [30]);
    await loseStorage(service);
    const whole = [...truth(30)];
    for (const told of [600, 800]) {
      const next = provider.gate();
      const beginning = whole.slice(0, told).join('');
      provider.reply((asked) => {
        const known = partialAnswer(asked, truth(30)).length;
        return [role(), text(beginning.slice(known)), next, text(whole.slice(told).join(''))];
      });
      const restored = service.log.lines.length;
      makeRoom(service.child);
      await hasRead(reading!, beginning);
      fillDisk(service.child);
      next.open();
      await service.log.until((line) => lost(line) && service.log.lines.indexOf(line) > restored);
    }
    makeRoom(service.child);
    await checkTruths(service.url, [reading!]);
  });

  it.each(['SIGKILL', 'SIGTERM'] as const)(
    'takes nothing from a process that is ended there by %s',
    async (signal) => {
      const service = await started();
      const streams = await followHalfway(service.url, [40, 41, 42]);
      await loseStorage(service);
      const { code } = await service.stop(signal);
      expect(code).toBe(signal === 'SIGKILL' ? null : 0);
      await cleared(service.restart());
      await checkTruths(service.url, streams);
    },
  );
});

describe('a start on a full disk', () => {
  const refused = (path: string) =>
    new RegExp(
      `^Cannot open ${path}/agno\\.db: [^\\n]*\\(SQLITE_(IOERR_\\w+|FULL)\\); [^\\n]*\\n$`,
    );

  it('says so and ends with 1, and once there is room the same directory serves', async () => {
    const env = await configured();
    const { code, stdout, stderr } = await runBare(env, { through: ON_A_FULL_DISK });
    expect(code).toBe(1);
    expect(stderr).toMatch(refused(env['DATA_DIR']!));
    expect(stdout).not.toContain('listening');
    provider.always(answer('Hello'));
    const service = await cleared(startProcess(env));
    expect((await request(chat(service), { body: { message: 'Hi' } })).status).toBe(200);
  });

  it('takes nothing from what a killed process has left', async () => {
    const env = await configured();
    const service = await cleared(startProcess(env));
    const streams = await followHalfway(service.url, [50, 51]);
    await service.kill();
    const left = () =>
      Promise.all(['agno.db', 'agno.db-wal'].map((name) => readFile(join(env['DATA_DIR']!, name))));
    const bytes = await left();
    const { code, stderr } = await runBare(env, { through: ON_A_FULL_DISK });
    expect(code).toBe(1);
    expect(stderr).toMatch(refused(env['DATA_DIR']!));
    expect(await left()).toEqual(bytes);
    await cleared(service.restart());
    await checkTruths(service.url, streams);
  });
});

describe('a small disk that others fill to the last byte', () => {
  /** Fills it, and lets the provider say more, which cannot be kept. */
  async function fillToTheLastByte(disk: SmallDisk, dataDir: string, service: ServiceProcess) {
    // While somebody reads, the write-ahead log cannot start over in the room that it has already.
    const reader = new Database(join(dataDir, 'agno.db'), { readonly: true });
    reader.exec('BEGIN; SELECT count(*) FROM sqlite_schema');
    await disk.fill();
    gate.open();
    await service.log.until(lost);
    reader.close();
  }

  it('takes nothing from a process, from its death, and from a start that fails', async () => {
    const disk = await mountSmallDisk(4096);
    if (disk === undefined) return;
    cleanUps.push(() => disk.unmount());
    const env = await configured({ DATA_DIR: join(disk.path, 'data') });
    const service = await cleared(startProcess(env));
    const numbers = Array.from({ length: 20 }, (_, index) => 60 + index);
    const streams = await followHalfway(service.url, numbers);
    await fillToTheLastByte(disk, env['DATA_DIR']!, service);
    for (const asked of provider.requests) expect(await asked.closed).toBe('left');
    expect((await request(chat(service), { body: { message: 'Hi' } })).status).toBe(503);
    await service.kill();
    // The opening fits in what is there; to take so many runs over does not.
    const { code, stderr } = await runBare(env);
    expect([code, stderr]).toEqual([
      1,
      `Cannot open ${env['DATA_DIR']}/agno.db: the disk is full (SQLITE_FULL); make room, and start again\n`,
    ]);
    await disk.makeRoom();
    await cleared(service.restart());
    await checkTruths(service.url, streams);
  });

  it('gives them back to the process that runs', async () => {
    const disk = await mountSmallDisk(4096);
    if (disk === undefined) return;
    cleanUps.push(() => disk.unmount());
    const env = await configured({ DATA_DIR: join(disk.path, 'data') });
    const service = await cleared(startProcess(env));
    const numbers = Array.from({ length: 20 }, (_, index) => 80 + index);
    const streams = await followHalfway(service.url, numbers);
    await fillToTheLastByte(disk, env['DATA_DIR']!, service);
    await disk.makeRoom();
    await checkTruths(service.url, streams);
  });
});
