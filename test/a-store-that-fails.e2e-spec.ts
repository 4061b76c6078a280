import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { RunStore } from '../src/runs/run-store.js';
import { SessionStore } from '../src/sessions/session-store.js';
import { SqliteDatabase } from '../src/storage/sqlite/sqlite-database.js';
import { openStream, request } from './support/http-client.js';
import { contentOf } from './support/native-chunks.js';
import { answer } from './support/provider/steps.js';
import { ScriptedProvider } from './support/scripted-provider.js';
import { startService, type RunningService } from './support/service.js';

describe('a store that fails', () => {
  let provider: ScriptedProvider;
  let service: RunningService;
  let chat: string;

  beforeEach(async () => {
    provider = await ScriptedProvider.start();
    provider.always(answer('Hel', 'lo'));
    service = await startService({ provider, env: { MAX_ACTIVE_RUNS: '1' } });
    chat = `${service.url}/api/v1/chat`;
  });
  afterEach(async () => {
    await service.close();
    await provider.close();
  });

  const failure = new Error('the disk is full of secrets');

  it('refuses what it cannot admit, and holds no place for it', async () => {
    jest.spyOn(service.app.get(RunStore), 'admit').mockRejectedValueOnce(failure);
    const refused = await request(chat, { body: { message: 'Hi', stream: true } });
    expect(refused.status).toBe(500);
    expect(refused.json()).toMatchObject({ code: 'internal' });
    expect(refused.body).not.toContain('secrets');
    expect((await request(chat, { body: { message: 'Hi' } })).status).toBe(200);
  });

  it('ends a run that was admitted and cannot begin', async () => {
    jest.spyOn(service.app.get(SessionStore), 'create').mockRejectedValueOnce(failure);
    expect((await request(chat, { body: { message: 'Hi' } })).status).toBe(500);
    const line = await service.log.until(({ msg }) => msg === 'run failed');
    const run = await request(`${service.url}/api/v1/runs/${String(line['run_id'])}`);
    expect(run.json()).toMatchObject({ state: 'failed', error: { code: 'internal' } });
    expect((await request(chat, { body: { message: 'Hi' } })).status).toBe(200);
  });

  it('tells of a run that was admitted before the storage was lost, and leaves it to its next owner', async () => {
    const database = service.app.get(SqliteDatabase);
    jest.spyOn(service.app.get(SessionStore), 'create').mockImplementationOnce(async () =>
      database.writing(() => {
        throw Object.assign(new Error('database or disk is full'), { code: 'SQLITE_FULL' });
      }),
    );
    const refused = await request(chat, { body: { message: 'Hi' } });
    expect(refused.status).toBe(503);
    const { run_id: id, ...problem } = refused.json();
    expect(problem).toMatchObject({ code: 'storage_unavailable', retryable: true });
    const run = await request(`${service.url}/api/v1/runs/${String(id)}`);
    expect(run.json()).toMatchObject({ state: 'running', text: '' });
    const later = await openStream(`${service.url}/api/v1/runs/${String(id)}/stream`);
    // The storage is lost still: there is nothing to wait for, and no end.
    expect(await later.ended).toBe('cut');
    await service.log.until(({ msg, run_id }) => msg === 'run finished' && run_id === id);
    const ended = await request(`${service.url}/api/v1/runs/${String(id)}`);
    expect(ended.json()).toMatchObject({ state: 'completed', text: 'Hello' });
  });

  it('does not keep the end of an answer from its readers', async () => {
    jest.spyOn(service.app.get(RunStore), 'settle').mockRejectedValueOnce(failure);
    const reading = await openStream(chat, { body: { message: 'Hi', stream: true } });
    expect(await reading.ended).toBe('end');
    expect(contentOf(reading.events)).toBe('Hello');
    expect(reading.events.at(-1)!.json()).toMatchObject({ done: true, finish_reason: 'stop' });
    expect((await request(chat, { body: { message: 'Hi' } })).status).toBe(200);
  });

  it('asks again which message is the next, and takes nothing else down meanwhile', async () => {
    await service.close();
    service = await startService({ provider });
    chat = `${service.url}/api/v1/chat`;
    const gate = provider.gate();
    provider.reply([gate, answer('first')]);
    const first = await request(chat, { body: { message: 'Hi', background: true } });
    const session = { session_id: String(first.headers['x-session-id']) };
    const queued = request(chat, { body: { message: 'And?', ...session, on_busy: 'queue' } });
    await gate.reached;
    const waiting = `${service.url}/api/v1/runs?state=queued`;
    while (!(await request(waiting)).body.includes('"queued"'));
    jest.spyOn(service.app.get(RunStore), 'promoteQueued').mockRejectedValueOnce(failure);
    gate.open();
    await service.log.until(({ msg }) => msg === 'queue stuck');
    expect((await request(chat, { body: { message: 'Hi' } })).status).toBe(200);
    expect((await queued).json()).toMatchObject({ message: { content: 'Hello' } });
  });
});
