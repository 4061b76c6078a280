import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { runBare } from './support/bare-process.js';
import { writeConfigDir } from './support/config-dir.js';
import { checkDelivery } from './support/delivery-check.js';
import { ON_A_FULL_DISK, fillDisk, makeRoom, mountSmallDisk } from './support/full-disk.js';
import { openStream, request } from './support/http-client.js';
import { chunksOf } from './support/native-chunks.js';
import { startProcess, type ServiceProcess } from './support/process.js';
import { continuing, partialAnswer } from './support/provider/continuing.js';
import { stall } from './support/provider/faults.js';
import type { Gate } from './support/provider/gate.js';
import type { ProviderRequest } from './support/provider/provider-request.js';
import { answer, role, text } from './support/provider/steps.js';
import { ResumingReader } from './support/resuming-reader.js';
import { ScriptedProvider } from './support/scripted-provider.js';
import { questionFor, truth } from './support/truths.js';

/** Characters of an answer that are there before the disk is full. */
const BEGINNING = 400;

let provider: ScriptedProvider;
/** What the tests have to clear away, the last first. */
let cleanUps: (() => Promise<unknown>)[];

beforeEach(async () => {
  provider = await ScriptedProvider.start();
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
const lost = ({ log }: ServiceProcess) => log.until(({ msg }) => msg === 'storage lost');
const restored = ({ log }: ServiceProcess) => log.until(({ msg }) => msg === 'storage restored');
const messagesOf = ({ log }: ServiceProcess) => log.lines.map(({ msg }) => msg);

const chat = ({ url }: ServiceProcess) => `${url}/api/v1/chat`;
const runOf = ({ url }: ServiceProcess, id: unknown) => `${url}/api/v1/runs/${String(id)}`;

const asks =
  (number: number) =>
  ({ body }: ProviderRequest) =>
    body.messages.findLast(({ role: by }) => by === 'user')?.content === questionFor(number) ||
    partialAnswer({ body } as ProviderRequest, truth(number)) !== '';

/**
 * Lets the provider say the beginning of a truth and then wait at the gate; whoever asks again is
 * told the rest. Each of these answers comes to a stop, by itself, at a place that the test knows.
 */
function tellsBeginning(number: number, gate: Gate): void {
  const whole = truth(number);
  const halves = text(whole.slice(0, BEGINNING), whole.slice(BEGINNING));
  provider.reply([role(), halves[0]!, gate, halves[1]!, stall()], { when: asks(number) });
  provider.always(continuing(whole, { piece: 40 }), { when: asks(number) });
}

/** A reader that comes back until it has all, and what it is to have in the end. */
function readerOf(service: ServiceProcess, number: number, runId?: string) {
  const asked = { url: service.url, body: { message: questionFor(number) }, idempotencyKey: `${number}` };
  const reader = new ResumingReader(asked, { cuts: [], routes: ['last-event-id'] }, runId);
  return { number, reader, read: reader.read() };
}

type Following = ReturnType<typeof readerOf>;

/** Starts runs that stand in the middle of their answers, each with its reader. */
async function halfway(service: ServiceProcess, numbers: readonly number[], gate: Gate) {
  const followed: Following[] = [];
  for (const number of numbers) {
    tellsBeginning(number, gate);
    const following = readerOf(service, number);
    following.read.catch(() => undefined);
    followed.push(following);
  }
  for (const { reader } of followed) {
    while (reader.text.length < BEGINNING) await new Promise(setImmediate);
  }
  return followed;
}

async function checkAll(service: ServiceProcess, followed: readonly Following[]): Promise<void> {
  for (const { number, read } of followed) await checkDelivery(service.url, await read, truth(number));
}

describe('a disk that is full', () => {
  it('stops all that is under way, ends nothing, and gives everything back once it has room', async () => {
    const service = await started();
    provider.reply(answer('An ', 'answer.'), { when: asks(1) });
    const done = await openStream(chat(service), {
      body: { message: questionFor(1), stream: true },
      headers: { 'idempotency-key': 'done' },
    });
    await done.ended;
    const doneId = done.headers['x-run-id'];

    // Two streams, a document, one that nobody reads, a session's queue, and a silent provider.
    const gate = provider.gate();
    const streams = await halfway(service, [10, 11], gate);
    for (const number of [12, 13]) tellsBeginning(number, gate);
    const accepted = await request(chat(service), {
      body: { message: questionFor(13), background: true },
    });
    const session = accepted.headers['x-session-id'];
    const document = request(chat(service), { body: { message: questionFor(12) } });
    provider.always(continuing(truth(14)), { when: asks(14) });
    const queued = request(chat(service), {
      body: { message: questionFor(14), session_id: session, on_busy: 'queue' },
    });
    provider.reply(stall(), { when: asks(15) });
    provider.always(continuing(truth(15)), { when: asks(15) });
    const silent = request(chat(service), { body: { message: questionFor(15), stream: true } });
    const plain = await openStream(runOf(service, streams[0]!.reader.runId) + '/stream');
    while (provider.requests.length < 6) await provider.nextRequest();
    const listed = async () =>
      (await request(`${service.url}/api/v1/runs`)).json<{
        data: { run_id: string; state: string; text: string }[];
      }>().data;
    while ((await listed()).filter(({ text: said }) => said.length === BEGINNING).length < 4);
    while ((await listed()).length < 7);
    const before = await listed();

    fillDisk(service.child);
    gate.open();
    await lost(service);

    for (const asked of provider.requests.slice(1)) expect(await asked.closed).toBe('left');
    expect(await plain.ended).toBe('cut');
    expect(chunksOf(plain.events).map(({ done: last }) => last)).toEqual([false]);
    for (const refused of await Promise.all([document, queued, silent])) {
      expect([refused.status, refused.headers['retry-after']]).toEqual([503, '5']);
      expect(refused.json()).toMatchObject({
        code: 'storage_unavailable',
        retryable: true,
        run_id: refused.headers['x-run-id'],
      });
    }
    for (const more of [{}, { stream: true }, { background: true }, { session_id: session }]) {
      const refused = await request(chat(service), { body: { message: 'Hi', ...more } });
      expect([refused.status, refused.headers['retry-after']]).toEqual([503, '5']);
      expect(refused.json()).toMatchObject({ code: 'storage_unavailable' });
    }
    const ready = await request(`${service.url}/health/ready`);
    expect([ready.status, Object.keys(ready.json()['error'] as object)]).toEqual([503, ['storage']]);
    expect((await request(`${service.url}/health/live`)).status).toBe(200);

    // What was said can be read, and what was under way stands where it stood.
    expect(await listed()).toEqual(before);
    expect(before.map(({ state }) => state).sort()).toEqual(['completed', 'queued', ...Array<string>(5).fill('running')]);
    for (const replay of [
      await request(`${runOf(service, doneId)}/stream`),
      await request(chat(service), {
        body: { message: questionFor(1), stream: true },
        headers: { 'idempotency-key': 'done' },
      }),
    ]) {
      expect([replay.status, replay.body]).toEqual([200, done.text]);
    }
    const cancelled = await request(`${runOf(service, streams[0]!.reader.runId)}/cancel`, {
      method: 'POST',
    });
    expect([cancelled.status, cancelled.json()['code']]).toEqual([503, 'storage_unavailable']);
    expect(provider.requests).toHaveLength(6);

    makeRoom(service.child);
    await restored(service);
    const others = before
      .filter(({ state }) => state !== 'completed')
      .map(({ run_id: id }) => id)
      .filter((id) => streams.every(({ reader }) => reader.runId !== id));
    const ids = { 12: (await document).json()['run_id'], 14: (await queued).json()['run_id'], 15: (await silent).json()['run_id'] };
    const inSession = others.find((id) => !Object.values(ids).includes(id));
    const rest = Object.entries({ ...ids, 13: inSession }).map(([number, id]) =>
      readerOf(service, Number(number), String(id)),
    );
    await checkAll(service, [...streams, ...rest]);
    expect(streams.every(({ reader }) => reader.connections.length > 1)).toBe(true);
    const messages = await request(`${service.url}/api/v1/runs?session_id=${String(session)}`);
    expect(messages.json<{ data: { run_id: string }[] }>().data.map((run) => run.run_id)).toEqual([ids[14], inSession]);
    provider.reply(answer('Again.'));
    const next = await request(chat(service), { body: { message: 'Hi' } });
    expect([next.status, next.json()['message']]).toEqual([200, { role: 'assistant', content: 'Again.' }]);
    expect((await request(`${service.url}/health/ready`)).status).toBe(200);
    expect(messagesOf(service).filter((msg) => msg === 'run taken over')).toHaveLength(6);
    expect(messagesOf(service).filter((msg) => msg === 'run failed')).toEqual([]);
  });

  it('may become full again and again', async () => {
    const service = await started();
    const gates = [provider.gate(), provider.gate()];
    const whole = truth(20);
    const first = await halfway(service, [20], gates[0]!);
    // Asked again, the provider comes to another stop, once.
    provider.reply(
      (asked) => {
        const from = partialAnswer(asked, whole).length;
        return [role(), text(whole.slice(from, from + 300)), gates[1]!, text(whole.slice(from + 300)), stall()];
      },
      { when: asks(20) },
    );
    for (const [time, gate] of gates.entries()) {
      while (first[0]!.reader.text.length < BEGINNING + time * 300) await new Promise(setImmediate);
      fillDisk(service.child);
      gate.open();
      while (messagesOf(service).filter((msg) => msg === 'storage lost').length <= time) {
        await new Promise(setImmediate);
      }
      makeRoom(service.child);
    }
    await checkAll(service, first);
  });

  it('is nothing that a process which is killed there takes anything from', async () => {
    const service = await started();
    const gate = provider.gate();
    const streams = await halfway(service, [30, 31, 32], gate);
    fillDisk(service.child);
    gate.open();
    await lost(service);
    await service.kill();
    await checkAll(await cleared(service.restart()), streams);
  });

  it('lets a process that is told to stop leave what is under way to the next one', async () => {
    const service = await started();
    const gate = provider.gate();
    const streams = await halfway(service, [40, 41], gate);
    fillDisk(service.child);
    gate.open();
    await lost(service);
    expect(await service.stop()).toEqual({ code: 0, signal: null });
    await checkAll(await cleared(service.restart()), streams);
  });
});

describe('a start on a full disk', () => {
  const refused = (path: string) =>
    new RegExp(`^Cannot open ${path}[^\\n]*: [^\\n]*\\(SQLITE_(IOERR_\\w+|FULL)\\); [^\\n]*\\n$`);

  it('says so and ends with 1, and once there is room the same directory serves', async () => {
    const env = await configured();
    const { code, stdout, stderr } = await runBare(env, { through: ON_A_FULL_DISK });
    expect(code).toBe(1);
    expect(stdout).not.toContain('listening');
    expect(stderr).toMatch(refused(join(env['DATA_DIR']!, 'agno.db')));
    provider.always(answer('Hello'));
    const service = await cleared(startProcess(env));
    expect((await request(chat(service), { body: { message: 'Hi' } })).status).toBe(200);
  });

  it('takes nothing from what a killed process has left', async () => {
    const env = await configured();
    const service = await cleared(startProcess(env));
    const streams = await halfway(service, [50, 51], provider.gate());
    await service.kill();
    const files = ['agno.db', 'agno.db-wal'].map((name) => join(env['DATA_DIR']!, name));
    const bytes = () => Promise.all(files.map((file) => readFile(file)));
    const left = await bytes();
    const { code, stderr } = await runBare(env, { through: ON_A_FULL_DISK });
    expect(code).toBe(1);
    expect(stderr).toMatch(refused(env['DATA_DIR']!));
    expect(await bytes()).toEqual(left);
    await checkAll(await cleared(service.restart()), streams);
  });
});

describe('a small disk of its own', () => {
  it('is filled to the last byte by others, and given back', async () => {
    const disk = await mountSmallDisk(4096);
    if (disk === undefined) return;
    cleanUps.push(() => disk.unmount());
    const env = await configured({ DATA_DIR: join(disk.path, 'data') });
    const service = await cleared(startProcess(env));
    const gate = provider.gate();
    const numbers = Array.from({ length: 20 }, (_, index) => 60 + index);
    const streams = await halfway(service, numbers, gate);
    await disk.fill();
    gate.open();
    await lost(service);
    for (const asked of provider.requests) expect(await asked.closed).toBe('left');
    expect((await request(chat(service), { body: { message: 'Hi' } })).status).toBe(503);
    await service.kill();
    const { code, stderr } = await runBare(env);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^Cannot open [^\n]+: the disk is full \(SQLITE_FULL\); make room, and start again\n$/);
    await disk.makeRoom();
    await checkAll(await cleared(service.restart()), streams);
  });
});
