import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { checkDelivery } from './support/delivery-check.js';
import { openStream, request, type Answer } from './support/http-client.js';
import { chunksOf } from './support/native-chunks.js';
import type { OpenStream } from './support/open-stream.js';
import { done, finish, role, text, usage } from './support/provider/steps.js';
import { ScriptedProvider } from './support/scripted-provider.js';
import { startService, type RunningService } from './support/service.js';

/** What the provider says, and where it waits until the next readers have joined. */
const PIECES = ['Hello', ', wörld', ' 🙂', '\n\n{"a":1}', ' The end.'];
const TRUTH = PIECES.join('');
const BODY = { message: 'Hi' };
const KEY = { 'idempotency-key': 'one-run' };

describe('fifty readers of one run', () => {
  let provider: ScriptedProvider;
  let service: RunningService;

  beforeAll(async () => {
    provider = await ScriptedProvider.start();
    service = await startService({ provider });
  });
  afterAll(async () => {
    await service.close();
    await provider.close();
  });

  const post = (body: object, headers = {}) =>
    [`${service.url}/api/v1/chat`, { body, headers: { ...KEY, ...headers } }] as const;

  it('get the same bytes, or the end of them, or the same answer as JSON, whenever they join', async () => {
    const gates = PIECES.map(() => provider.gate());
    provider.reply([
      role(),
      PIECES.map((piece, index) => [gates[index]!, text(piece)]),
      finish(),
      usage(),
      done(),
    ]);
    const { run_id: id } = (await request(...post({ ...BODY, background: true }))).json();
    const stream = `${service.url}/api/v1/runs/${String(id)}/stream`;

    const fromStart: Promise<OpenStream>[] = [];
    const fromPosition: [after: number, Promise<OpenStream>][] = [];
    const asJson: Promise<Answer>[] = [];
    /** Ten readers of all kinds, where the log has so many events. */
    const join = async (events: number) => {
      const after = Math.floor(events / 2);
      const position = { 'last-event-id': String(after) };
      const follow = Array.from({ length: 4 }, () => openStream(stream));
      const followFrom = openStream(stream, { headers: position });
      const followLive = openStream(`${stream}?after=${events}`);
      const repeat = openStream(...post({ ...BODY, stream: true }));
      const repeatFrom = openStream(...post({ ...BODY, stream: true }, position));
      fromStart.push(...follow, repeat);
      fromPosition.push([after, followFrom], [events, followLive], [after, repeatFrom]);
      asJson.push(request(...post(BODY)), request(...post(BODY)));
      await Promise.all([...follow, followFrom, followLive]);
      // The headers of a repeated request wait for the first event.
      if (events > 0) await Promise.all([repeat, repeatFrom]);
    };

    for (const [index, gate] of gates.entries()) {
      await gate.reached;
      if (index > 0) await (await fromStart[0])!.event(index - 1);
      if (index < 4) await join(index);
      gate.open();
    }
    const [whole] = await Promise.all(fromStart);
    await whole!.ended;
    await join(PIECES.length);
    expect([fromStart.length, fromPosition.length, asJson.length]).toEqual([25, 15, 10]);

    const ids = whole!.events.map((event) => Number(event.id));
    expect(ids.slice(0, -1)).toEqual([1, 2, 3, 4, 5]);
    await checkDelivery(
      service.url,
      { runId: String(id), ids, chunks: chunksOf(whole!.events) },
      TRUTH,
    );
    for (const reader of await Promise.all(fromStart)) {
      expect(await reader.ended).toBe('end');
      expect(reader.text).toBe(whole!.text);
    }
    for (const [after, opening] of fromPosition) {
      const reader = await opening;
      expect(await reader.ended).toBe('end');
      const next = ids.find((one) => one > after);
      expect(reader.text).toBe(`\n${whole!.text.slice(whole!.text.indexOf(`id: ${next}\n`))}`);
    }
    const answers = await Promise.all(asJson);
    for (const { status, body } of answers) {
      expect([status, body]).toEqual([200, answers[0]!.body]);
    }
    expect(answers[0]!.json()).toMatchObject({ run_id: id, message: { content: TRUTH } });
    expect(provider.requests).toHaveLength(1);
  });
});
