import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { firstValueFrom } from 'rxjs';
import { RunLog } from '../src/runs/run-log.js';
import { RunWorker } from '../src/runs/run-worker.js';
import { SqliteDatabase } from '../src/storage/sqlite/sqlite-database.js';
import { Storage } from '../src/storage/storage.js';
import { checkDelivery } from './support/delivery-check.js';
import { request } from './support/http-client.js';
import { randomFrom } from './support/random.js';
import { ResumingReader, ROUTES } from './support/resuming-reader.js';
import { ScriptedProvider } from './support/scripted-provider.js';
import { startService, type RunningService } from './support/service.js';
import { questionFor, tellingTruths, truth } from './support/truths.js';

const CALLERS = 40;
const OUTAGES = 8;

describe('a storage that is lost again and again', () => {
  const seed = Number(process.env['OUTAGES_SEED'] ?? Date.now() % 1_000_000);
  const random = randomFrom(seed);
  let provider: ScriptedProvider;
  let service: RunningService;

  beforeEach(async () => {
    provider = await ScriptedProvider.start();
    provider.always(tellingTruths({ delay: 20 }));
    service = await startService({ provider });
  });
  afterEach(async () => {
    await service.close();
    await provider.close();
  });

  /** The storage fails at a random moment, often soon after it was there again: in a take-over. */
  async function loseStorage(): Promise<void> {
    const turns = random() < 0.5 ? random() * 20 : random() * 4_000;
    for (let turn = 0; turn < turns; turn += 1) await setImmediate();
    const restored = firstValueFrom(service.app.get(Storage).restored);
    const full = Object.assign(new Error('database or disk is full'), { code: 'SQLITE_FULL' });
    const failing = () =>
      service.app.get(SqliteDatabase).writing(() => {
        throw full;
      });
    expect(failing).toThrow('unavailable');
    await restored;
  }

  it(`strands no run, and each answer is whole (OUTAGES_SEED=${seed})`, async () => {
    const sessions: string[] = [];
    for (let n = 0; n < 2; n += 1) {
      const asked = await request(`${service.url}/api/v1/chat`, {
        body: { message: questionFor(n) },
      });
      sessions.push(String(asked.json()['session_id']));
    }
    const readers = Array.from({ length: CALLERS }, (_, index) => {
      const number = sessions.length + index;
      const message = questionFor(number);
      // A fifth of them wait for one another in two conversations.
      const session = index % 5 === 0 ? { session_id: sessions[index % 2], on_busy: 'queue' } : {};
      const body = { message, ...session };
      const asked = { url: service.url, body, idempotencyKey: `caller-${number}` };
      return { number, reader: new ResumingReader(asked, { cuts: [], routes: ROUTES }) };
    });
    const reading = readers.map(({ reader }) => reader.read(AbortSignal.timeout(60_000)));
    for (let outage = 0; outage < OUTAGES; outage += 1) await loseStorage();
    await Promise.all(reading);

    for (const { number, reader } of readers) {
      await checkDelivery(service.url, reader, truth(number));
    }
    expect(service.logs.filter(({ msg }) => msg === 'storage lost')).toHaveLength(OUTAGES);
    expect(await service.app.get(RunLog).unended()).toEqual([]);
    const owned = readers.filter(({ reader }) => service.app.get(RunWorker).owns(reader.runId!));
    expect(owned).toEqual([]);
    for (const state of ['queued', 'running']) {
      const left = await request(`${service.url}/api/v1/runs?state=${state}`);
      expect(left.json()).toEqual({ data: [], next_cursor: null });
    }
  }, 80_000);
});
