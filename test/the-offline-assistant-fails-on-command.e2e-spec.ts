import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { COMMANDS } from '../src/models/offline/commands/commands.js';
import { codesOf, readMarkdown, tableOf } from './support/documents/markdown-files.js';
import { openStream, request } from './support/http-client.js';
import { chunksOf, contentOf } from './support/native-chunks.js';
import type { OpenStream, ReceivedEvent } from './support/open-stream.js';
import { startService, type RunningService } from './support/service.js';

const ENV = { MODEL_NAME: 'offline/assistant', OFFLINE_WORD_DELAY: '0', RETRY_BUDGET: '0' };

interface ChatAnswer {
  message: { content: string };
  run_id: string;
  attempts: number;
}

/** All events of a stream. */
async function whole(stream: OpenStream): Promise<readonly ReceivedEvent[]> {
  await stream.ended;
  return stream.events;
}

describe('the offline assistant, told to misbehave', () => {
  let service: RunningService;

  beforeAll(async () => {
    service = await startService({ env: { ...ENV, HEARTBEAT_INTERVAL: '1s' } });
  });
  afterAll(() => service.close());

  const post = (message: string, fields: object = {}) =>
    request(`${service.url}/api/v1/chat`, { body: { message, ...fields } });
  const stream = (message: string) =>
    openStream(`${service.url}/api/v1/chat`, { body: { message, stream: true } });
  const say = async (message: string) => (await post(message)).json<ChatAnswer>().message.content;

  it('breaks its connection, and the answer goes on: no word is lost, none comes twice', async () => {
    const told = await say('/drop');
    const events = await whole(await stream('/drop 3 7'));
    const chunks = chunksOf(events);
    expect(contentOf(events)).toBe(told);
    // Each break stands where it was.
    const words = chunks.filter(({ content }) => content !== '').map(({ content }) => content);
    expect(words.join('')).toBe(told);
    const breaks = chunks.flatMap(({ type }, index) => (type === 'provider_switched' ? index : []));
    expect(
      breaks.map((at) =>
        chunks
          .slice(0, at)
          .map(({ content }) => content)
          .join(''),
      ),
    ).toEqual(
      [3, 7].map((count) =>
        told
          .match(/\s*\S+/g)!
          .slice(0, count)
          .join(''),
      ),
    );
    expect(chunks.at(-1)).toMatchObject({ done: true, finish_reason: 'stop', attempts: 3 });
  });

  it('answers a question all the same', async () => {
    const question = 'How do I resume a stream?';
    expect(await say(`/drop 5 ${question}`)).toBe(await say(question));
  });

  it('breaks it once too often: the run fails with its text so far', async () => {
    const answered = await post('/drop 1 2 3 4 5 6');
    expect(answered.status).toBe(503);
    const told = await say('/drop');
    expect(answered.json()).toMatchObject({
      code: 'provider_unavailable',
      retryable: true,
      partial: told
        .match(/\s*\S+/g)!
        .slice(0, 6)
        .join(''),
    });
  });

  it('falls silent: heartbeats come, it is given up, and the answer goes on', async () => {
    const silent = await stream('/stall 4');
    expect(await silent.comment(0)).toBe('hb');
    const events = await whole(silent);
    // After more words than it has, it never falls silent.
    expect(contentOf(events)).toBe(await say('/stall 100000'));
    expect(chunksOf(events).filter(({ type }) => type === 'provider_switched')).toHaveLength(1);
    expect(chunksOf(events).at(-1)).toMatchObject({ done: true, attempts: 2 });
  }, 40_000);

  it.each([
    ['/error', 503, 'provider_unavailable'],
    ['/error 500', 503, 'provider_unavailable'],
    ['/error 429', 429, 'provider_rate_limited'],
    ['/error 401', 502, 'provider_auth_failed'],
    ['/error 400', 502, 'provider_rejected'],
  ])('fails: %s', async (message, status, code) => {
    const answered = await post(message);
    expect(answered.status).toBe(status);
    expect(answered.json()).toMatchObject({ code });
    expect(answered.body).not.toContain('has told');
  });

  it('fails for nobody else, however often', async () => {
    await Promise.all(Array.from({ length: 20 }, () => post('/error')));
    const { data } = (await request(`${service.url}/api/v1/models`)).json<{
      data: { id: string; available: boolean; circuit: string }[];
    }>();
    expect(data.at(-1)).toMatchObject({
      id: 'offline/assistant',
      available: true,
      circuit: 'closed',
    });
    expect((await post('Hello')).status).toBe(200);
  });

  it('is slow, so that a run can be followed and cancelled on its way', async () => {
    const slow = await stream('/slow 1');
    const runId = slow.headers['x-run-id'] as string;
    const followed = await openStream(`${service.url}/api/v1/runs/${runId}/stream`);
    const settled = await request(`${service.url}/api/v1/runs/${runId}/cancel`, { method: 'POST' });
    expect(settled.json()).toMatchObject({ state: 'cancelled' });
    expect(chunksOf(await whole(followed)).at(-1)).toMatchObject({ finish_reason: 'cancelled' });
    expect(await slow.ended).toBe('end');
  });

  it('says very much, each word once, also to a reader who comes back', async () => {
    const answered = (await post('/long 20000')).json<ChatAnswer>();
    const numbers = Array.from({ length: 20_000 }, (_, index) => index + 1);
    expect(answered.message.content).toBe(numbers.join(' '));
    const again = await openStream(`${service.url}/api/v1/runs/${answered.run_id}/stream?after=2`);
    const first = await openStream(`${service.url}/api/v1/runs/${answered.run_id}/stream`);
    const events = await whole(first);
    expect(contentOf(events)).toBe(answered.message.content);
    expect(contentOf(await whole(again))).toBe(
      contentOf(events.filter(({ id }) => Number(id) > 2)),
    );
  });

  it('says which commands there are', async () => {
    const help = await say('/help');
    for (const { usage } of Object.values(COMMANDS)) expect(help).toContain(`- \`${usage}\` `);
    const table = tableOf(readMarkdown('docs/offline-assistant.md'), 'command');
    expect(codesOf(table)).toEqual(Object.values(COMMANDS).map(({ usage }) => usage));
    expect(await say('/call clock')).toContain('the tools that are offered to me here are: none');
    expect(await say('/loop clock')).toContain('the tools that are offered to me here are: none');
  });
});
