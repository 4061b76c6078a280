import { beforeEach, describe, expect, it } from '@jest/globals';
import { newId } from '../http/id.js';
import { MessageNotFoundError, SessionNotFoundError } from './session-errors.js';
import type { SessionStore } from './session-store.js';
import type { NewMessage, NewSession } from './session.js';

const AT = 1_760_000_000_000;

/** What every adapter of the session store promises. */
export function describeSessionStore(adapter: string, open: () => Promise<SessionStore>): void {
  describe(`a session store in ${adapter}`, () => {
    let store: SessionStore;
    let session: NewSession;

    beforeEach(async () => {
      store = await open();
      session = aSession();
      await store.create(session);
    });

    const aSession = (fields: Partial<NewSession> = {}): NewSession => ({
      id: newId(),
      owner: 'local',
      title: 'Hello',
      createdAt: AT,
      ...fields,
    });
    const question = (content = 'Hello \u0000 \ud800'): NewMessage => ({
      id: newId(),
      role: 'user',
      content,
      tokens: 3,
    });
    const reply = (content = 'Hi'): NewMessage => ({
      id: newId(),
      role: 'assistant',
      content,
      tokens: 2,
      model: 'm',
    });
    /** A run that asks and answers. @returns the ids of both messages */
    const talk = async (asked: string, answered: string, parentId?: string | null) => {
      const runId = newId();
      const { id } = await store.ask(session, runId, question(asked), parentId);
      const said = reply(answered);
      await store.answer(session, runId, id, [said]);
      return { runId, asked: id, answered: said.id };
    };
    const head = async () => (await store.get(session))!.headId;
    /** What is said on the current branch. */
    const said = async (leaf?: string) =>
      (await store.branch(session, leaf ?? (await head())!, { limit: 500 })).map(
        ({ content }) => content,
      );
    const stranger = () => ({ id: session.id, owner: 'stranger' });

    it('gives back a session as it was made', async () => {
      const kept = { ...session, updatedAt: AT, headId: null };
      expect(await store.get(session)).toEqual(kept);
      await store.create({ ...session, title: 'Other' });
      expect(await store.get(session)).toEqual(kept);
      expect(await store.get(stranger())).toBeUndefined();
    });

    it('keeps all of a message', async () => {
      const runId = newId();
      const parts = [
        { type: 'text', text: 'What is this?' },
        { type: 'image', url: 'data:image/png;base64,AAAA', detail: 'low' },
      ] as const;
      const asked = { ...question(), content: parts };
      const kept = await store.ask(session, runId, asked);
      expect(kept).toEqual({
        ...asked,
        runId,
        parentId: null,
        position: 1,
        createdAt: expect.any(Number),
      });
      const call = { id: 'c', name: 'add', arguments: '{"a":1}', extra: { x: [1] } };
      const messages: NewMessage[] = [
        { ...reply(''), toolCalls: [call] },
        {
          id: newId(),
          role: 'tool',
          content: '3 \ud800',
          toolCallId: 'c',
          toolName: 'add',
          isError: true,
          tokens: 1,
        },
        {
          ...reply('Three.'),
          usage: { inputTokens: 1, outputTokens: 2, totalTokens: 3 },
          finishReason: 'stop',
        },
      ];
      await store.answer(session, runId, kept.id, messages);
      expect(await store.branch(session, messages[2]!.id, { limit: 10 })).toEqual([
        kept,
        ...messages.map((message, index) => ({
          ...message,
          runId,
          parentId: index === 0 ? kept.id : messages[index - 1]!.id,
          position: index + 2,
          createdAt: expect.any(Number),
        })),
      ]);
      expect(await head()).toBe(messages[2]!.id);
      expect(await store.message(session, messages[1]!.id)).toMatchObject(messages[1]!);
    });

    it('adds each run behind the one before', async () => {
      await talk('one', 'two');
      await talk('three', 'four');
      expect(await said()).toEqual(['one', 'two', 'three', 'four']);
      expect((await store.get(session))!.updatedAt).toBeGreaterThan(AT);
    });

    it('lets a run whose work is taken up again say nothing twice', async () => {
      const runId = newId();
      const first = await store.ask(session, runId, question('one'));
      expect(await store.ask(session, runId, question('one'))).toEqual(first);
      const [one, two, three] = [reply('1'), reply('2'), reply('3')] as const;
      await store.answer(session, runId, first.id, [one]);
      expect(await store.ask(session, runId, question('one'))).toEqual(first);
      expect(await head()).toBe(first.id);
      await store.answer(session, runId, first.id, [{ ...one, id: newId(), content: 'I' }, two]);
      expect(await said()).toEqual(['one', 'I', '2']);
      expect((await store.message(session, one.id)).content).toBe('I');
      await store.answer(session, runId, first.id, [three]);
      expect(await said()).toEqual(['one', '3']);
      expect(await store.leaves(session, { limit: 9 })).toHaveLength(1);
      await store.answer(session, runId, first.id, []);
      expect(await said()).toEqual(['one', '3']);
    });

    it('names a session that has no title by its first message', async () => {
      const untitled = aSession({ title: '' });
      await store.create(untitled);
      await store.ask(untitled, newId(), question('What  is\na log?'));
      expect((await store.get(untitled))!.title).toBe('What is a log?');
      await store.ask(untitled, newId(), question('Other'));
      expect((await store.get(untitled))!.title).toBe('What is a log?');
    });

    it('keeps branches beside one another', async () => {
      const first = await talk('one', 'two');
      const second = await talk('three', 'four');
      // Edited: another question behind the same message.
      const edited = await talk('drei', 'vier', first.answered);
      expect(await said()).toEqual(['one', 'two', 'drei', 'vier']);
      // Edited where the conversation began.
      const anew = await talk('eins', 'zwei', null);
      expect(await said()).toEqual(['eins', 'zwei']);
      // Answered once more.
      const again = reply('TWO');
      await store.answer(session, newId(), first.asked, [again]);
      expect(await said()).toEqual(['one', 'TWO']);
      expect(await said(second.answered)).toEqual(['one', 'two', 'three', 'four']);
      const leaves = await store.leaves(session, { limit: 9 });
      expect(leaves.map(({ id }) => id)).toEqual([
        again.id,
        anew.answered,
        edited.answered,
        second.answered,
      ]);
      const before = leaves[0]!.id;
      expect(await store.leaves(session, { before, limit: 2 })).toEqual(leaves.slice(1, 3));
      await store.setHead(session, second.answered);
      await talk('five', 'six');
      expect(await said()).toEqual(['one', 'two', 'three', 'four', 'five', 'six']);
    });

    it('reads a branch from either end', async () => {
      for (let turn = 0; turn < 3; turn += 1) await talk(`q${turn}`, `a${turn}`);
      const leaf = (await head())!;
      const upward = await store.upward(session, leaf, 3);
      expect(upward.map(({ content }) => content)).toEqual(['a2', 'q2', 'a1']);
      expect(await store.upward(session, upward[2]!.id, 99)).toHaveLength(4);
      const page = await store.branch(session, leaf, { after: 2, limit: 3 });
      expect(page.map(({ content }) => content)).toEqual(['q1', 'a1', 'q2']);
      expect(await store.branch(session, leaf, { after: 6, limit: 3 })).toEqual([]);
    });

    it('copies a session up to a message', async () => {
      await talk('one', 'two');
      const { answered } = await talk('three', 'four');
      await talk('five', 'six');
      const copy = aSession({ title: 'Copy' });
      await store.fork(session, answered, copy);
      const kept = (await store.get(copy))!;
      const copied = await store.branch(copy, kept.headId!, { limit: 9 });
      expect(copied.map(({ content }) => content)).toEqual(['one', 'two', 'three', 'four']);
      const original = await store.branch(session, answered, { limit: 9 });
      expect(copied.map(({ runId, position }) => ({ runId, position }))).toEqual(
        original.map(({ runId, position }) => ({ runId, position })),
      );
      const ids = new Set([...copied, ...original].map(({ id }) => id));
      expect(ids.size).toBe(8);
      await store.ask(copy, newId(), question('eight'));
      expect(await said()).toEqual(['one', 'two', 'three', 'four', 'five', 'six']);
    });

    it('lists sessions, newest first, and finds them by their titles', async () => {
      const titles = ['Größe', 'a_b 100%', 'A\u0000\ud800b', 'hello again'];
      const made = titles.map((title) => aSession({ title }));
      for (const one of made) await store.create(one);
      await store.create(aSession({ owner: 'stranger', title: 'hello' }));
      const list = async (search?: string) =>
        (await store.list('local', { search }, { limit: 9 })).map(({ title }) => title);
      expect(await list()).toEqual([...titles.toReversed(), 'Hello']);
      expect(await list('HELLO')).toEqual(['hello again', 'Hello']);
      expect(await list('gröSSe')).toEqual([]);
      expect(await list('GRÖ')).toEqual(['Größe']);
      expect(await list('_b')).toEqual(['a_b 100%']);
      expect(await list('%')).toEqual(['a_b 100%']);
      expect(await list('\\')).toEqual([]);
      const page = await store.list('local', {}, { before: made[2]!.id, limit: 2 });
      expect(page.map(({ title }) => title)).toEqual(['a_b 100%', 'Größe']);
    });

    it('renames and forgets sessions', async () => {
      await talk('one', 'two');
      await store.rename(session, 'Other');
      expect((await store.get(session))!.title).toBe('Other');
      expect(await store.list('local', { search: 'other' }, { limit: 9 })).toHaveLength(1);
      expect(await store.delete(stranger())).toBe(false);
      expect(await store.delete(session)).toBe(true);
      expect(await store.delete(session)).toBe(false);
      expect(await store.get(session)).toBeUndefined();
      await expect(store.rename(session, 'x')).rejects.toBeInstanceOf(SessionNotFoundError);
    });

    it('knows the sessions to which nothing was added for long', async () => {
      const old = aSession({ createdAt: AT - 1 });
      await store.create(old);
      expect(await store.expired(AT, 9)).toEqual([{ owner: 'local', id: old.id }]);
      expect(await store.expired(AT + 1, 1)).toEqual([{ owner: 'local', id: old.id }]);
      expect(await store.expired(AT + 1, 9, 1)).toEqual([{ owner: 'local', id: session.id }]);
      await store.ask(old, newId(), question());
      expect(await store.expired(AT + 1, 9)).toEqual([{ owner: 'local', id: session.id }]);
    });

    it('refuses what is not there, or somebody else’s', async () => {
      const { asked } = await talk('one', 'two');
      const other = aSession();
      await store.create(other);
      const gone = { id: newId(), owner: 'local' };
      for (const key of [gone, stranger()]) {
        await expect(store.ask(key, newId(), question())).rejects.toBeInstanceOf(
          SessionNotFoundError,
        );
        await expect(store.message(key, asked)).rejects.toBeInstanceOf(SessionNotFoundError);
        await expect(store.branch(key, asked, { limit: 1 })).rejects.toBeInstanceOf(
          SessionNotFoundError,
        );
        await expect(store.leaves(key, { limit: 1 })).rejects.toBeInstanceOf(SessionNotFoundError);
        await expect(store.setHead(key, asked)).rejects.toBeInstanceOf(SessionNotFoundError);
        await expect(store.fork(key, asked, aSession())).rejects.toBeInstanceOf(
          SessionNotFoundError,
        );
        await expect(store.answer(key, newId(), asked, [reply()])).rejects.toBeInstanceOf(
          SessionNotFoundError,
        );
        expect(await store.upward(key, asked, 9)).toEqual([]);
      }
      await expect(store.message(other, asked)).rejects.toBeInstanceOf(MessageNotFoundError);
      await expect(store.ask(other, newId(), question(), asked)).rejects.toBeInstanceOf(
        MessageNotFoundError,
      );
      await expect(store.answer(other, newId(), asked, [reply()])).rejects.toBeInstanceOf(
        MessageNotFoundError,
      );
      await expect(store.setHead(other, asked)).rejects.toBeInstanceOf(MessageNotFoundError);
      expect((await store.get(other))!.headId).toBeNull();
    });
  });
}
