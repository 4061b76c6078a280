import { beforeEach, describe, expect, it } from '@jest/globals';
import { newId } from '../http/id.js';
import { SessionNotFoundError } from './session-errors.js';
import type { SessionStore } from './session-store.js';
import type { Session, SessionMessage } from './session.js';

/** What every adapter of the session store promises. */
export function describeSessionStore(adapter: string, open: () => Promise<SessionStore>): void {
  describe(`a session store in ${adapter}`, () => {
    let store: SessionStore;
    let session: Session;

    beforeEach(async () => {
      store = await open();
      session = { id: newId(), owner: 'local', title: 'Hello', createdAt: 1_760_000_000_000 };
      await store.create(session);
    });

    const aMessage = (fields: Partial<SessionMessage> = {}): SessionMessage => ({
      id: newId(),
      runId: newId(),
      role: 'user',
      content: 'Hello \u0000 \ud800',
      createdAt: 1_760_000_000_000,
      ...fields,
    });

    it('gives back a session as it was made', async () => {
      expect(await store.get(session)).toEqual(session);
      expect(await store.messages(session)).toEqual([]);
    });

    it('keeps a session that is made again', async () => {
      await store.put(session, aMessage());
      await store.create({ ...session, title: 'Other' });
      expect(await store.get(session)).toEqual(session);
      expect(await store.messages(session)).toHaveLength(1);
    });

    it('keeps messages in the order in which they came', async () => {
      const messages = [aMessage(), aMessage({ role: 'assistant' }), aMessage()];
      const places: number[] = [];
      for (const message of messages) places.push(await store.put(session, message));
      expect(places).toEqual([1, 2, 3]);
      expect(await store.messages(session)).toEqual(messages);
    });

    it('lets a run speak once in each role', async () => {
      const asked = aMessage();
      const answer = aMessage({ runId: asked.runId, role: 'assistant', content: 'Hel' });
      await store.put(session, asked);
      await store.put(session, answer);
      await store.put(session, { ...answer, id: newId(), content: 'Hello' });
      expect(await store.messages(session)).toEqual([asked, { ...answer, content: 'Hello' }]);
    });

    it('shows a session to its owner alone', async () => {
      const stranger = { id: session.id, owner: 'stranger' };
      expect(await store.get(stranger)).toBeUndefined();
      await expect(store.messages(stranger)).rejects.toBeInstanceOf(SessionNotFoundError);
      await expect(store.put(stranger, aMessage())).rejects.toBeInstanceOf(SessionNotFoundError);
      expect(await store.messages(session)).toEqual([]);
      const message = aMessage();
      await store.put(session, message);
      await expect(store.messages(stranger)).rejects.toBeInstanceOf(SessionNotFoundError);
      const again = { ...message, content: 'Mine' };
      await expect(store.put(stranger, again)).rejects.toBeInstanceOf(SessionNotFoundError);
      expect(await store.messages(session)).toEqual([message]);
    });

    it('leaves a session to the owner that has made it', async () => {
      const stranger = { ...session, owner: 'stranger', title: 'Mine' };
      await store.create(stranger);
      expect(await store.get(stranger)).toBeUndefined();
      expect(await store.get(session)).toEqual(session);
    });

    it('knows no session that was not made', async () => {
      const unknown = { owner: 'local', id: newId() };
      expect(await store.get(unknown)).toBeUndefined();
      await expect(store.messages(unknown)).rejects.toBeInstanceOf(SessionNotFoundError);
      await expect(store.put(unknown, aMessage())).rejects.toBeInstanceOf(SessionNotFoundError);
    });

    it('keeps a message that replaces another at its place', async () => {
      const messages = [aMessage(), aMessage(), aMessage()];
      for (const message of messages) await store.put(session, message);
      const [first, second, third] = messages;
      const again = { ...second!, id: newId(), content: 'Again', createdAt: 1_760_000_009_000 };
      expect(await store.put(session, again)).toBe(2);
      expect(await store.messages(session)).toEqual([first, { ...again, id: second!.id }, third]);
    });

    it('keeps the messages of a session apart from those of others', async () => {
      const other = { ...session, id: newId() };
      await store.create(other);
      const asked = aMessage();
      const elsewhere = { ...asked, id: newId(), content: 'Elsewhere' };
      await store.put(session, asked);
      await store.put(other, elsewhere);
      expect(await store.messages(session)).toEqual([asked]);
      expect(await store.messages(other)).toEqual([elsewhere]);
    });

    it('keeps each of many messages that come at once', async () => {
      const messages = Array.from({ length: 30 }, () => aMessage());
      await Promise.all(messages.map((message) => store.put(session, message)));
      const kept = await store.messages(session);
      expect(kept.map(({ id }) => id).sort()).toEqual(messages.map(({ id }) => id).sort());
    });

    it('lets a run speak once in each role, however often it tries at once', async () => {
      const runId = newId();
      const tries = Array.from({ length: 10 }, () => aMessage({ runId, content: 'Hello' }));
      await Promise.all(tries.map((message) => store.put(session, message)));
      expect(await store.messages(session)).toMatchObject([{ runId, content: 'Hello' }]);
    });

    it.each([
      ['characters of all kinds', 'ä \u0000 \ud800 \udc00\ud83d\ude00 \u2028 \ufeff " \\ %s \' 😀'],
      ['a megabyte', 'ü'.repeat(1024 * 1024)],
      ['nothing', ''],
    ])('gives back text unchanged: %s', async (_, text) => {
      const titled = { ...session, id: newId(), title: text.slice(0, 60) };
      await store.create(titled);
      expect(await store.get(titled)).toEqual(titled);
      const message = aMessage({ content: text });
      await store.put(titled, message);
      expect(await store.messages(titled)).toEqual([message]);
    });
  });
}
