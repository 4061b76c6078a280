import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { RunLog } from '../src/runs/run-log.js';
import { StorageUnavailableError } from '../src/storage/storage-errors.js';
import { openStream, request } from './support/http-client.js';
import { chunksOf, contentOf } from './support/native-chunks.js';
import type { Gate } from './support/provider/gate.js';
import { role, text } from './support/provider/steps.js';
import { ScriptedProvider } from './support/scripted-provider.js';
import { startService, type RunningService } from './support/service.js';

describe('where the storage is lost in the middle of an answer', () => {
  let provider: ScriptedProvider;
  let service: RunningService;
  /** What the provider never comes through. */
  let gate: Gate;
  let lose: () => void;

  beforeEach(async () => {
    provider = await ScriptedProvider.start();
    service = await startService({ provider });
    gate = provider.gate();
    const lost = Promise.withResolvers<never>();
    lost.promise.catch(() => undefined);
    lose = () => lost.reject(new StorageUnavailableError(new Error('SQLITE_FULL')));
    const log = service.app.get(RunLog);
    const next = log.next.bind(log);
    jest.spyOn(log, 'next').mockImplementation((...args) => {
      const wait = next(...args);
      return { ...wait, page: Promise.race([wait.page, lost.promise]) };
    });
  });
  afterEach(async () => {
    gate.open();
    await service.close();
    await provider.close();
  });

  const body = (stream: boolean) => ({ message: 'Hi', stream });
  const UNAVAILABLE = {
    code: 'storage_unavailable',
    retryable: true,
    run_id: expect.any(String) as unknown,
    session_id: expect.any(String) as unknown,
  };

  it('an open stream is cut, without an end that is none', async () => {
    provider.reply([role(), text('Hel'), gate]);
    const reading = await openStream(`${service.url}/api/v1/chat`, { body: body(true) });
    await reading.event(0);
    lose();
    expect(await reading.ended).toBe('cut');
    expect(contentOf(reading.events)).toBe('Hel');
    expect(chunksOf(reading.events).some((chunk) => chunk.done)).toBe(false);
    // A reader that tries again is not refused, as that would make an EventSource give up.
    const id = String(reading.headers['x-run-id']);
    const again = await openStream(`${service.url}/api/v1/runs/${id}/stream`);
    expect(again.status).toBe(200);
    expect(await again.ended).toBe('cut');
  });

  it.each([
    ['a document', false],
    ['a stream that has not begun', true],
  ])('who waits for %s is told so', async (_, stream) => {
    provider.reply([role(), gate]);
    const waiting = request(`${service.url}/api/v1/chat`, { body: body(stream) });
    await gate.reached;
    lose();
    const refused = await waiting;
    expect(refused.status).toBe(503);
    expect(refused.headers).toMatchObject({
      'content-type': 'application/problem+json; charset=utf-8',
      'retry-after': '5',
    });
    expect(refused.json()).toMatchObject({ ...UNAVAILABLE, run_id: refused.headers['x-run-id'] });
    expect(refused.body).not.toContain('SQLITE_FULL');
  });
});
