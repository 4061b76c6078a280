import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import Database from 'better-sqlite3';
import { join } from 'node:path';
import { openStream, request, type RequestOptions } from './support/http-client.js';
import { stall } from './support/provider/faults.js';
import { answer, role, text } from './support/provider/steps.js';
import { ScriptedProvider } from './support/scripted-provider.js';
import { startService, type RunningService } from './support/service.js';

interface Message {
  id: string;
  role: string;
  content: string;
  parent_id: string | null;
}

describe('a session', () => {
  let provider: ScriptedProvider;
  let service: RunningService;

  beforeAll(async () => {
    provider = await ScriptedProvider.start();
    service = await startService({ provider, env: { DISCONNECT_GRACE: '100ms' } });
  });
  afterAll(async () => {
    await service.close();
    await provider.close();
  });

  const api = (path: string, options?: RequestOptions) =>
    request(`${service.url}/api/v1${path}`, options);
  const sessions = (path = '', options?: RequestOptions) => api(`/sessions${path}`, options);
  const listed = async <T>(path: string): Promise<{ data: T[]; next_cursor: string | null }> =>
    (await api(path)).json();
  /** Asks, and is answered. */
  const talk = async (body: object, answered: string) => {
    provider.reply(answer(answered));
    const said = await api('/chat', { body });
    expect(said.status).toBe(200);
    return said.json<{ session_id: string; run_id: string }>();
  };
  const messagesOf = async (id: string, query = ''): Promise<Message[]> =>
    (await listed<Message>(`/sessions/${id}/messages${query}`)).data;
  const saidIn = async (id: string, query = '') =>
    (await messagesOf(id, query)).map(({ content }) => content);
  const told = () =>
    provider.requests
      .at(-1)!
      .body.messages.slice(1)
      .map(({ content }) => content);

  it('goes on from a message that was edited, and keeps what was said before', async () => {
    const { session_id: id } = await talk({ message: 'one' }, 'two');
    await talk({ message: 'three', session_id: id }, 'four');
    const before = await messagesOf(id);
    await talk({ message: 'drei', session_id: id, edit_message_id: before[2]!.id }, 'vier');
    expect(told()).toEqual(['one', 'two', 'drei']);
    expect(await saidIn(id)).toEqual(['one', 'two', 'drei', 'vier']);
    await talk({ message: 'eins', session_id: id, edit_message_id: before[0]!.id }, 'zwei');
    expect(told()).toEqual(['eins']);
    expect(await saidIn(id)).toEqual(['eins', 'zwei']);
    expect(await saidIn(id, `?branch=${before[3]!.id}`)).toEqual(['one', 'two', 'three', 'four']);

    const branches = await listed<{ message_id: string; messages: number; current: boolean }>(
      `/sessions/${id}/branches`,
    );
    expect(branches.data.map(({ messages, current }) => ({ messages, current }))).toEqual([
      { messages: 2, current: true },
      { messages: 4, current: false },
      { messages: 4, current: false },
    ]);
    expect(branches.data.at(-1)!.message_id).toBe(before[3]!.id);

    // Back to where it was.
    const changed = await sessions(`/${id}`, {
      method: 'PATCH',
      body: { head_id: before[3]!.id },
    });
    expect(changed.json()).toMatchObject({ head_id: before[3]!.id });
    await talk({ message: 'five', session_id: id }, 'six');
    expect(told()).toEqual(['one', 'two', 'three', 'four', 'five']);
  });

  it('answers its last message once more, and keeps the answer of before', async () => {
    const { session_id: id } = await talk({ message: 'one' }, 'two');
    const [asked, first] = await messagesOf(id);
    const again = await talk({ session_id: id, regenerate: true }, 'TWO');
    expect(told()).toEqual(['one']);
    expect(await messagesOf(id)).toEqual([
      asked,
      expect.objectContaining({ content: 'TWO', parent_id: asked!.id, run_id: again.run_id }),
    ]);
    expect(await saidIn(id, `?branch=${first!.id}`)).toEqual(['one', 'two']);
  });

  it('can be forked from any message', async () => {
    const { session_id: id } = await talk({ message: 'one' }, 'two');
    await talk({ message: 'three', session_id: id }, 'four');
    const [, second] = await messagesOf(id);
    const forked = await sessions(`/${id}/fork`, {
      body: { message_id: second!.id, title: 'Copy' },
    });
    expect(forked.status).toBe(201);
    const copy = forked.json<{ id: string; title: string }>();
    expect(forked.headers.location).toBe(`/api/v1/sessions/${copy.id}`);
    expect(copy.title).toBe('Copy');
    await talk({ message: 'five', session_id: copy.id }, 'six');
    expect(told()).toEqual(['one', 'two', 'five']);
    expect(await saidIn(id)).toEqual(['one', 'two', 'three', 'four']);
    const whole = await sessions(`/${id}/fork`, { body: {} });
    expect(whole.json()).toMatchObject({ title: 'one' });
    expect(await saidIn(whole.json<{ id: string }>().id)).toHaveLength(4);
  });

  it('can be made before its first message, which names it', async () => {
    const made = await sessions('', { method: 'POST', body: {} });
    expect(made.status).toBe(201);
    const { id, ...rest } = made.json<{ id: string }>();
    expect(made.headers.location).toBe(`/api/v1/sessions/${id}`);
    const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(rest).toEqual({ title: '', head_id: null, created_at: time, updated_at: time });
    expect(await messagesOf(id)).toEqual([]);
    await talk({ message: 'What is  this?', session_id: id }, 'A test.');
    expect((await sessions(`/${id}`)).json()).toMatchObject({ title: 'What is this?' });
    const renamed = await sessions(`/${id}`, { method: 'PATCH', body: { title: 'Größe 100%' } });
    expect(renamed.json()).toMatchObject({ title: 'Größe 100%' });
    expect((await listed<{ id: string }>('/sessions?search=GR%C3%96')).data).toMatchObject([
      { id },
    ]);
    expect((await listed('/sessions?search=0%25')).data).toHaveLength(1);
    expect((await listed('/sessions?search=_')).data).toHaveLength(0);
  });

  it('is listed page by page, newest first, and so are its messages, oldest first', async () => {
    const all = await listed<{ id: string }>('/sessions?limit=500');
    const pages: { id: string }[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const page: Awaited<ReturnType<typeof listed<{ id: string }>>> = await listed(
        `/sessions?limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`,
      );
      pages.push(...page.data);
      cursor = page.next_cursor;
    }
    expect(pages).toEqual(all.data);
    expect(all.data.map(({ id }) => id)).toEqual(
      all.data
        .map(({ id }) => id)
        .sort()
        .reverse(),
    );

    const { session_id: id } = await talk({ message: 'a' }, 'b');
    await talk({ message: 'c', session_id: id }, 'd');
    const first = await listed<Message>(`/sessions/${id}/messages?limit=3`);
    expect(first.data.map(({ content }) => content)).toEqual(['a', 'b', 'c']);
    const rest = await listed<Message>(
      `/sessions/${id}/messages?limit=3&cursor=${first.next_cursor}`,
    );
    expect(rest).toMatchObject({ data: [{ content: 'd' }], next_cursor: null });
    // Whoever reads on after the conversation has gone another way would be told a mixture.
    await talk({ message: 'other', session_id: id, edit_message_id: first.data[0]!.id }, 'way');
    await talk({ message: 'and', session_id: id }, 'on');
    const mixed = await api(`/sessions/${id}/messages?limit=3&cursor=${first.next_cursor}`);
    expect([mixed.status, mixed.json()]).toMatchObject([
      400,
      { code: 'invalid_request', errors: [{ pointer: '#/cursor' }] },
    ]);
  });

  it('keeps the partial text of a run that was cancelled, which the next run knows', async () => {
    provider.reply([role(), text('Hel'), stall()]);
    const reading = await openStream(`${service.url}/api/v1/chat`, {
      body: { message: 'Hi', stream: true },
    });
    await reading.event(0);
    const id = reading.headers['x-session-id'] as string;
    await api(`/runs/${reading.headers['x-run-id'] as string}/cancel`, { method: 'POST' });
    await talk({ message: 'Go on.', session_id: id }, 'lo');
    expect(told()).toEqual(['Hi', 'Hel', 'Go on.']);
    const [, partial] = await messagesOf(id);
    expect(partial).toMatchObject({ content: 'Hel', finish_reason: 'cancelled' });
  });

  it('is deleted with its runs, logs and keys, those under way and those that wait too', async () => {
    const { session_id: id } = await talk({ message: 'one' }, 'two');
    const key = { 'idempotency-key': 'gone' };
    provider.reply([role(), text('Hel'), stall()]);
    const reading = await openStream(`${service.url}/api/v1/chat`, {
      body: { message: 'Hi', session_id: id, stream: true },
      headers: key,
    });
    await reading.event(0);
    const queued = await api('/chat', {
      body: { message: 'later', session_id: id, on_busy: 'queue', background: true },
    });
    expect(queued.status).toBe(202);
    const busy = await sessions(`/${id}`, {
      method: 'PATCH',
      body: { head_id: (await messagesOf(id))[0]!.id },
    });
    expect(busy.json()).toMatchObject({ code: 'session_busy' });

    expect((await sessions(`/${id}`, { method: 'DELETE' })).status).toBe(204);
    await reading.ended;
    expect((await sessions(`/${id}`)).json()).toMatchObject({ code: 'session_not_found' });
    expect((await sessions(`/${id}`, { method: 'DELETE' })).status).toBe(404);
    expect((await api(`/runs/${queued.json<{ run_id: string }>().run_id}`)).status).toBe(404);
    expect((await listed(`/runs?session_id=${id}`)).data).toEqual([]);
    expect((await listed('/runs?idempotency_key=gone')).data).toEqual([]);
    const database = new Database(join(service.dataDir, 'agno.db'), { readonly: true });
    for (const table of ['messages', 'runs'] as const) {
      const rows = database.prepare(`SELECT 1 FROM ${table} WHERE session_id = ?`).all(id);
      expect(rows).toEqual([]);
    }
    database.close();
    // The key is free again.
    provider.reply(answer('new'));
    const anew = await api('/chat', { body: { message: 'Hi' }, headers: key });
    expect(anew.json()).toMatchObject({ message: { content: 'new' } });
  });

  it('gets nothing of a request that is not to be stored, whose run is soon forgotten', async () => {
    const { session_id: id } = await talk({ message: 'one' }, 'two');
    const unstored = await talk({ message: 'secret', session_id: id, store: false }, 'hush');
    expect(told()).toEqual(['one', 'two', 'secret']);
    expect(await saidIn(id)).toEqual(['one', 'two']);
    const alone = await talk({ message: 'secret', store: false }, 'hush');
    expect(alone.session_id).toBeNull();
    provider.reply(answer('hush'));
    const background = await api('/chat', {
      body: { message: 'secret', store: false, background: true },
    });
    const polled = background.json<{ run_id: string }>();
    for (const { run_id: runId } of [unstored, alone, polled]) {
      for (;;) {
        const { status } = await api(`/runs/${runId}`);
        if (status === 404) break;
        // Its log goes first.
        expect([200, 410]).toContain(status);
      }
    }
    const database = new Database(join(service.dataDir, 'agno.db'), { readonly: true });
    const kept = database.prepare(`SELECT content FROM messages WHERE content LIKE '%secret%'`);
    expect(kept.all()).toEqual([]);
    database.close();
  });

  it.each<[string, object, string]>([
    ['an unknown message', { message: 'x', edit_message_id: 'none' }, 'message_not_found'],
    ['an answer', { message: 'x', edit_message_id: '2' }, 'invalid_request'],
    ['nothing to say instead', { edit_message_id: '1' }, 'invalid_request'],
    ['a message beside the old one', { message: 'x', regenerate: true }, 'invalid_request'],
    ['no', { regenerate: false }, 'invalid_request'],
  ])('is not changed by %s', async (_, body, code) => {
    const { session_id: id } = await talk({ message: 'one' }, 'two');
    const messages = await messagesOf(id);
    const place = (body as { edit_message_id?: string }).edit_message_id;
    const edit_message_id = messages[Number(place) - 1]?.id ?? place;
    const refused = await api('/chat', {
      body: { session_id: id, ...body, ...(place !== undefined && { edit_message_id }) },
    });
    expect(refused.json()).toMatchObject({ code });
    expect(await messagesOf(id)).toEqual(messages);
  });

  it.each<[string, string, unknown, number]>([
    ['GET', '/nothing', undefined, 404],
    ['GET', '?limit=0', undefined, 400],
    ['GET', '?cursor=x', undefined, 400],
    ['GET', '?search=', undefined, 400],
    ['GET', '?unknown=1', undefined, 400],
    ['POST', '', { title: ' ' }, 400],
    ['POST', '', { title: 'x'.repeat(201) }, 400],
    ['POST', '', { name: 'x' }, 400],
    ['PATCH', '/nothing', { title: 'x' }, 404],
    ['POST', '/nothing/fork', {}, 404],
    ['GET', '/nothing/messages', undefined, 404],
    ['GET', '/nothing/branches', undefined, 404],
  ])('is refused: %s %s %j', async (method, path, body, status) => {
    expect((await sessions(path, { method, body })).status).toBe(status);
  });
});

describe('sessions of long ago', () => {
  it('are forgotten with their runs, but for those that are under way', async () => {
    const provider = await ScriptedProvider.start();
    const service = await startService({ provider, env: { SESSION_RETENTION: '200ms' } });
    try {
      const chat = `${service.url}/api/v1/chat`;
      provider.reply(answer('ok')).reply([role(), text('Hel'), stall()]);
      const old = (await request(chat, { body: { message: 'old' } })).json<{ run_id: string }>();
      const busy = await openStream(chat, { body: { message: 'busy', stream: true } });
      await busy.event(0);
      await service.log.until(({ msg }) => msg === 'sessions swept');
      const { data } = (await request(`${service.url}/api/v1/sessions`)).json<{
        data: { id: string }[];
      }>();
      expect(data.map(({ id }) => id)).toEqual([busy.headers['x-session-id']]);
      expect((await request(`${service.url}/api/v1/runs/${old.run_id}`)).status).toBe(404);
      const runId = busy.headers['x-run-id'] as string;
      await request(`${service.url}/api/v1/runs/${runId}/cancel`, { method: 'POST' });
      await busy.ended;
    } finally {
      await service.close();
      await provider.close();
    }
  });
});

describe('a hundred messages at once', () => {
  it('are answered one after the other, and none is lost or out of order', async () => {
    const provider = await ScriptedProvider.start();
    const service = await startService({ provider });
    try {
      provider.always(answer('ok'));
      const chat = `${service.url}/api/v1/chat`;
      const first = await request(chat, { body: { message: 'begin' } });
      const { session_id: id } = first.json<{ session_id: string }>();
      const numbers = Array.from({ length: 100 }, (_, index) => `message ${index}`);
      const answers = await Promise.all(
        numbers.map((message) =>
          request(chat, { body: { message, session_id: id, on_busy: 'queue' } }),
        ),
      );
      expect(answers.map(({ status }) => status)).toEqual(numbers.map(() => 200));
      const { data } = (
        await request(`${service.url}/api/v1/sessions/${id}/messages?limit=500`)
      ).json<{ data: Message[] }>();
      expect(data.map(({ role }) => role)).toEqual(
        Array.from({ length: 101 }, () => ['user', 'assistant']).flat(),
      );
      const asked = data.filter(({ role }) => role === 'user').map(({ content }) => content);
      expect([...asked.slice(1)].sort()).toEqual([...numbers].sort());
      // The provider was told each of them after all that went before.
      const told = provider.requests.map(({ body }) => body.messages.slice(1));
      told.forEach((messages, index) => {
        expect(
          messages.filter(({ role }) => role === 'user').map(({ content }) => content),
        ).toEqual(asked.slice(0, index + 1));
      });
      // Those that were refused instead have left nothing.
      const refused = await Promise.all(
        numbers.map((message) => request(chat, { body: { message, session_id: id } })),
      );
      const accepted = refused.filter(({ status }) => status === 200).length;
      expect(refused.every(({ status }) => status === 200 || status === 409)).toBe(true);
      const after = (
        await request(`${service.url}/api/v1/sessions/${id}/messages?limit=500`)
      ).json<{ data: Message[] }>();
      expect(after.data).toHaveLength(202 + 2 * accepted);
    } finally {
      await service.close();
      await provider.close();
    }
  });
});
