// Run as `node fill-session.ts <the service's dist> <session> <messages>` while the service is down, in
// its environment: has the service's own store write a conversation into a session.
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';

interface Store {
  put(key: object, message: object): Promise<void>;
}

interface Application {
  get(token: unknown): Store;
  close(): Promise<void>;
}

const [dist, session, count] = process.argv.slice(2) as [string, string, string];
const load = async <T>(path: string) => (await import(pathToFileURL(join(dist, path)).href)) as T;

const { loadConfig } = await load<{ loadConfig: (env: object) => object }>('config/load-config.js');
const { createApp } = await load<{ createApp: (config: object) => Promise<Application> }>(
  'app.factory.js',
);
const { SessionStore } = await load<{ SessionStore: unknown }>('sessions/session-store.js');
const { newId } = await load<{ newId: () => string }>('http/id.js');

const app = await createApp(loadConfig(process.env));
const store = app.get(SessionStore);
const key = { id: session, owner: 'local' };
for (let turn = 0; turn < Number(count) / 2; turn += 1) {
  const shared = { runId: newId(), createdAt: Date.now() };
  const question = `Question ${turn}: what comes next, and why does it?`;
  await store.put(key, { ...shared, id: newId(), role: 'user', content: question });
  const answer = `Answer ${turn}: what follows from the question before it, and nothing else.`;
  await store.put(key, { ...shared, id: newId(), role: 'assistant', content: answer });
}
await app.close();
// What the framework has left to do is none of ours.
await pause(0);
process.exit();
