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
      for (const message of messages) await store.put(session, message);
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
    });
  });
}
