import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openStream, request } from './support/http-client.js';
import { ASKING, inDatabase, KillableService, saidBy } from './support/killable-service.js';
import { chunksOf } from './support/native-chunks.js';
import { pace, stall } from './support/provider/faults.js';
import { answer, done, finish, reasoning, role, text, usage } from './support/provider/steps.js';

describe('what was asked of a run whose server was killed', () => {
  let service: KillableService;

  beforeEach(async () => {
    service = await KillableService.start();
  });
  afterEach(() => service.close());

  const describeRun = async (id: string) => (await service.get(`/runs/${id}`)).json();

  const cancel = (id: string) =>
    request(`${service.url}/api/v1/runs/${id}/cancel`, { method: 'POST' });

  it('is what it goes on with: limits, metadata, time of its beginning', async () => {
    const asking = {
      ...ASKING,
      max_tokens: 100,
      temperature: 0.3,
      metadata: { for: 'the test' },
    };
    const run = await service.begin(text('One two three four'), 'One two three four', asking);
    const before = await describeRun(run.id);
    service.provider.reply(answer(' five'));
    await service.restart();
    await service.rest(run);
    const [first, second] = service.provider.requests.map(({ body }) => body);
    expect(first).toMatchObject({ max_tokens: 100, temperature: 0.3 });
    // Without the four that were said.
    expect(second).toMatchObject({ max_tokens: 96, temperature: 0.3 });
    const after = await describeRun(run.id);
    expect(before).toMatchObject({ state: 'running', metadata: { for: 'the test' } });
    expect(after).toMatchObject({
      state: 'completed',
      metadata: { for: 'the test' },
      created_at: before['created_at'],
    });
  });

  it('is not asked for more than the limit, where all of it was said already', async () => {
    const asking = { ...ASKING, max_tokens: 4 };
    const run = await service.begin(text('One two three four'), 'One two three four', asking);
    const asked = service.provider.requests.length;
    await service.restart();
    expect((await service.rest(run)).at(-1)!.json()).toMatchObject({
      finish_reason: 'length',
      usage: { output_tokens: 4, estimated: true },
      attempts: 1,
    });
    expect(service.provider.requests).toHaveLength(asked);
  });

  it('is what its readers are shown: usage from all calls, no reasoning', async () => {
    const asking = { ...ASKING, include: ['usage'] };
    const run = await service.begin([reasoning('Hm'), text('One')], 'One', asking);
    service.provider.reply([
      role(),
      reasoning('So'),
      pace(1_100),
      text(' two', ' three', ' four'),
      pace(0),
      finish(),
      usage(),
      done(),
    ]);
    await service.restart();
    const rest = chunksOf(await service.rest(run));
    expect(rest.filter(({ type }) => type === 'reasoning')).toEqual([]);
    expect(saidBy(run.reader.events)).toBe('One');
    const [told] = rest.filter(({ type }) => type === 'usage');
    // 18 of the first call; those, the text (5) and the instruction (49) of the second.
    expect(told!['usage']).toMatchObject({ input_tokens: 90, estimated: true });
    // Hm, One, So and two, by our count.
    expect((told!['usage'] as { output_tokens: number }).output_tokens).toBeGreaterThanOrEqual(4);
    // The first call by our count, the second one by the provider's.
    expect(rest.at(-1)!['usage']).toEqual({
      input_tokens: 28,
      output_tokens: 6,
      total_tokens: 34,
      estimated: true,
    });
  });

  it('was begun by the first process: its first token came then, and its time spans both', async () => {
    const run = await service.begin(text('One'), 'One');
    let firstTokenMs: unknown;
    let age = 0;
    service.provider.reply(answer(' two'));
    await service.restart({
      change: (directory) =>
        inDatabase(directory, (db) => {
          const [body] = db.prepare('SELECT body FROM run_events ORDER BY seq').pluck().all();
          ({ firstTokenMs } = JSON.parse(String(body)) as { firstTokenMs: unknown });
          // As if it had been down for a minute.
          db.prepare('UPDATE runs SET created_at = created_at - 60000').run();
          age = Date.now() - Number(db.prepare('SELECT created_at FROM runs').pluck().get());
        }),
    });
    const last = (await service.rest(run)).at(-1)!.json<{ timings: Record<string, number> }>();
    expect(firstTokenMs).toEqual(expect.any(Number));
    expect(last.timings['first_token_ms']).toBe(firstTokenMs);
    expect(last.timings['total_ms']).toBeGreaterThanOrEqual(age);
  });

  it('adds up the calls of all its owners', async () => {
    const run = await service.begin(text('One'), 'One');
    service.provider.reply([role(), text(' two'), stall()]);
    await service.restart();
    const reader = await openStream(`${service.url}/api/v1/runs/${run.id}/stream`);
    await reader.until(() => saidBy(reader.events) === 'One two');
    service.provider.reply(answer(' three'));
    await service.restart();
    expect((await service.rest(run)).at(-1)!.json()).toMatchObject({
      attempts: 3,
      // Ours: 18 and 1, then 72 with the text and the instruction, and 1; the provider's: 10 and 1.
      usage: { input_tokens: 100, output_tokens: 3, total_tokens: 103, estimated: true },
    });
  });

  it('can be cancelled right after the restart; what it has said is kept', async () => {
    const run = await service.begin(text('Partial'), 'Partial');
    service.provider.reply([stall()]);
    await service.restart();
    const cancelled = await cancel(run.id);
    expect(cancelled.status).toBe(200);
    expect(cancelled.json()).toMatchObject({
      run_id: run.id,
      state: 'cancelled',
      finish_reason: 'cancelled',
      text: 'Partial',
      usage: { estimated: true },
      error: null,
    });
    expect(chunksOf(await service.rest(run)).at(-1)).toMatchObject({
      finish_reason: 'cancelled',
      attempts: 2,
    });
    expect((await cancel(run.id)).body).toBe(cancelled.body);
  });

  it('can be cancelled when it has gone on: the provider’s socket closes', async () => {
    const run = await service.begin(text('Partial'), 'Partial');
    service.provider.reply([role(), text(' and more'), stall()]);
    await service.restart();
    const reader = await openStream(`${service.url}/api/v1/runs/${run.id}/stream`);
    await reader.until(() => saidBy(reader.events) === 'Partial and more');
    const cancelled = await cancel(run.id);
    expect(cancelled.json()).toMatchObject({ state: 'cancelled', text: 'Partial and more' });
    expect(await service.lastRequest.closed).toBe('left');
    expect(await reader.ended).toBe('end');
  });

  it('can be cancelled while it still waits in its session', async () => {
    const run = await service.begin(text('a'), 'a', { message: 'first' });
    const { session_id: session } = await describeRun(run.id);
    const body = { message: 'second', session_id: session, on_busy: 'queue', background: true };
    const queued = String((await service.chat(body)).json()['run_id']);
    service.provider.reply([stall()]);
    await service.restart();
    expect((await cancel(queued)).json()).toMatchObject({ state: 'cancelled', text: '' });
    expect((await cancel(run.id)).json()).toMatchObject({ state: 'cancelled', text: 'a' });
  });

  it('is cancelled with what it has when nobody comes back within the grace time, and only then', async () => {
    const asking = { ...ASKING, on_disconnect: 'cancel' };
    const left = await service.begin(text('Left'), 'Left', asking);
    const watched = await service.begin(text('Watched'), 'Watched', asking);
    const gate = service.provider.gate();
    const isOf = (partial: string) => ({
      when: ({ body }: { body: { messages: readonly { content: string }[] } }) =>
        body.messages.some(({ content }) => content === partial),
    });
    service.provider.reply([role(), stall()], isOf('Left'));
    service.provider.reply([role(), gate, text(' on'), finish(), usage(), done()], isOf('Watched'));
    await service.restart({ env: { DISCONNECT_GRACE: '3s' } });
    const reading = service.rest(watched);
    // Nobody is there for the other one, whose grace time began at the same moment.
    await service.log.until(({ msg, run_id: id }) => msg === 'run finished' && id === left.id);
    expect(await describeRun(left.id)).toMatchObject({
      state: 'cancelled',
      text: 'Left',
      finish_reason: 'cancelled',
    });
    gate.open();
    const rest = await reading;
    expect(saidBy(rest)).toBe(' on');
    expect(rest.at(-1)!.json()).toMatchObject({ finish_reason: 'stop' });
  });

  it('is gone on with where fewer places are left than that: new requests wait', async () => {
    const runs = [];
    for (const said of ['a', 'b', 'c']) runs.push(await service.begin(text(said), said));
    const gate = service.provider.gate();
    service.provider.always([role(), gate, text('.'), finish(), usage(), done()]);
    await service.restart({ env: { MAX_ACTIVE_RUNS: '2' } });
    const refused = await service.chat(ASKING);
    expect(refused.status).toBe(503);
    expect(refused.headers['retry-after']).toBe('1');
    expect(refused.json()).toMatchObject({ code: 'overloaded' });
    gate.open();
    for (const run of runs) expect(saidBy(await service.rest(run))).toBe('.');
    expect((await service.chat(ASKING)).status).toBe(200);
  });

  it('is gone on with whole where 200 were cut at once', async () => {
    const runs = await Promise.all(
      Array.from({ length: 200 }, () => service.begin(text('Partial'), 'Partial')),
    );
    service.provider.always(answer(', and the rest'));
    await service.restart();
    for (const run of runs) {
      const rest = await service.rest(run);
      expect(saidBy(rest)).toBe(', and the rest');
      expect(rest.at(-1)!.json()).toMatchObject({ finish_reason: 'stop', attempts: 2 });
    }
    expect(service.provider.requests).toHaveLength(400);
  });
});
