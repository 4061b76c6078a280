import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { inDatabase, KillableService, saidBy } from './support/killable-service.js';
import type { ProviderRequest } from './support/provider/provider-request.js';
import { answer, text } from './support/provider/steps.js';

/** As they lie in the file. */
interface MessageRow {
  role: string;
  content: string;
  run_id: string;
}

const MESSAGES =
  'SELECT role, content, run_id FROM messages WHERE session_id = ? ORDER BY position';

const SYSTEM = { role: 'system', content: 'You are a test assistant.' };

describe('the session of a run whose server was killed', () => {
  let service: KillableService;

  beforeAll(async () => {
    service = await KillableService.start();
  });
  afterAll(() => service.close());

  const sessionOf = async (run: { id: string }) =>
    String((await service.get(`/runs/${run.id}`)).json()['session_id']);

  const messagesOf = (session: string) =>
    service
      .database((db) => db.prepare<[string], MessageRow>(MESSAGES).all(session))
      .map(({ role, content, run_id: run }) => [role, JSON.parse(content) as string, run]);

  it('has its question and its whole answer once, and so has what the next message is asked with', async () => {
    const run = await service.begin(text('One '), 'One ', { message: 'Count' });
    service.provider.reply(answer('two'));
    await service.restart();
    await service.rest(run);
    const session = await sessionOf(run);
    expect(messagesOf(session)).toEqual([
      ['user', 'Count', run.id],
      ['assistant', 'One two', run.id],
    ]);
    service.provider.reply(answer('three'));
    const next = await service.chat({ message: 'On', session_id: session });
    expect(next.status).toBe(200);
    expect(service.lastRequest.body.messages).toEqual([
      SYSTEM,
      { role: 'user', content: 'Count' },
      { role: 'assistant', content: 'One two' },
      { role: 'user', content: 'On' },
    ]);
    expect(messagesOf(session).map(([, content]) => content)).toEqual([
      'Count',
      'One two',
      'On',
      'three',
    ]);
  });

  it('is asked with what came before, when the answer goes on', async () => {
    service.provider.reply(answer('First.'));
    const first = await service.chat({ message: 'A' });
    const session = String(first.json()['session_id']);
    const run = await service.begin(text('Sec'), 'Sec', { message: 'B', session_id: session });
    service.provider.reply(answer('ond.'));
    await service.restart();
    await service.rest(run);
    expect(service.lastRequest.body.messages.slice(0, 5)).toEqual([
      SYSTEM,
      { role: 'user', content: 'A' },
      { role: 'assistant', content: 'First.' },
      { role: 'user', content: 'B' },
      { role: 'assistant', content: 'Sec' },
    ]);
    expect(service.lastRequest.body.messages).toHaveLength(6);
  });

  it('goes on with its queue, in its order', async () => {
    const run = await service.begin(text('1'), '1', { message: 'first' });
    const session = await sessionOf(run);
    const queued: string[] = [];
    for (const message of ['second', 'third', 'fourth']) {
      const body = { message, session_id: session, on_busy: 'queue', background: true };
      const accepted = (await service.chat(body)).json();
      expect(accepted['state']).toBe('queued');
      queued.push(String(accepted['run_id']));
    }
    const asked = service.provider.requests.length;
    service.provider.always((request) => answer(`to ${questionOf(request)}`));
    await service.restart();
    expect(saidBy(await service.rest(run))).toBe('to first');
    for (const id of queued) await service.whole(id);
    expect(service.provider.requests.slice(asked).map(questionOf)).toEqual([
      'first',
      'second',
      'third',
      'fourth',
    ]);
    expect(messagesOf(session)).toEqual([
      ['user', 'first', run.id],
      ['assistant', '1to first', run.id],
      ['user', 'second', queued[0]],
      ['assistant', 'to second', queued[0]],
      ['user', 'third', queued[1]],
      ['assistant', 'to third', queued[1]],
      ['user', 'fourth', queued[2]],
      ['assistant', 'to fourth', queued[2]],
    ]);
  });

  it('is busy until the run has ended', async () => {
    const run = await service.begin(text('a'), 'a', { message: 'first' });
    const session = await sessionOf(run);
    const gate = service.provider.gate();
    service.provider.reply([gate, answer('b')]);
    await service.restart();
    const refused = await service.chat({ message: 'second', session_id: session });
    expect(refused.status).toBe(409);
    expect(refused.json()).toMatchObject({ code: 'session_busy', run_id: run.id });
    gate.open();
    await service.rest(run);
    service.provider.reply(answer('c'));
    expect((await service.chat({ message: 'second', session_id: session })).status).toBe(200);
  });

  it('is made where the server was killed between the run and its session', async () => {
    const id = await service.beginSilently({ message: 'Is anybody there?' });
    const session = await sessionOf({ id });
    service.provider.reply(answer('Yes.'));
    await service.restart({
      change: (directory) =>
        inDatabase(directory, (db) => {
          db.prepare('DELETE FROM messages WHERE session_id = ?').run(session);
          expect(db.prepare('DELETE FROM sessions WHERE id = ?').run(session).changes).toBe(1);
        }),
    });
    expect(saidBy(await service.whole(id))).toBe('Yes.');
    expect(messagesOf(session)).toEqual([
      ['user', 'Is anybody there?', id],
      ['assistant', 'Yes.', id],
    ]);
    const titles = service.database((db) =>
      db.prepare('SELECT title FROM sessions WHERE id = ?').pluck().all(session),
    );
    expect(titles).toEqual(['"Is anybody there?"']);
    service.provider.reply(answer('Me.'));
    const next = await service.chat({ message: 'Who?', session_id: session });
    expect(next.status).toBe(200);
    expect(service.lastRequest.body.messages.slice(1).map(({ content }) => content)).toEqual([
      'Is anybody there?',
      'Yes.',
      'Who?',
    ]);
  });
});

/** What a provider is asked: the last message of the user that is no instruction to go on. */
function questionOf({ body }: ProviderRequest): string {
  const asked = body.messages.filter(
    ({ role, content }) => role === 'user' && !content.startsWith('Your answer was cut off.'),
  );
  return asked.at(-1)!.content;
}
