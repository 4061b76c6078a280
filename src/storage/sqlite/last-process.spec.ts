import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { LogSync } from '../../config/settings.js';
import { readBootId } from './boot-id.js';
import { EVENT_VERSION } from './event-version.js';
import type { FactName } from './facts.js';
import { StorageDirectory } from './testing/storage-directory.js';

let directory: StorageDirectory;

beforeEach(() => {
  directory = new StorageDirectory();
});
afterEach(async () => {
  jest.useRealTimers();
  await directory.remove();
});

/** Leaves the database as a process does that wrote as told, was killed, and maybe its host too. */
async function leave(facts: Partial<Record<FactName, string>>, logSync?: LogSync): Promise<void> {
  await (await directory.open({ logSync })).onApplicationShutdown();
  set({ clean: 'no', ...facts });
}

function set(facts: Partial<Record<FactName, string>>): void {
  const connection = directory.connect();
  for (const [name, value] of Object.entries(facts)) {
    connection.prepare('UPDATE storage_facts SET value = ? WHERE name = ?').run(value, name);
  }
  connection.close();
}

function facts(): Record<string, string> {
  const connection = directory.connect();
  const rows = connection
    .prepare<[], { name: string; value: string }>('SELECT name, value FROM storage_facts')
    .all();
  connection.close();
  return Object.fromEntries(rows.map(({ name, value }) => [name, value]));
}

describe('what the last process has left', () => {
  it('is trusted where there was none', async () => {
    expect((await directory.open()).trustedSince).toBe(0);
  });

  it.each<[boolean, string, Partial<Record<FactName, string>>, LogSync]>([
    [true, 'it had stopped cleanly, before another boot', { clean: 'yes', boot_id: 'b' }, 'normal'],
    [true, 'it was killed under the same boot', {}, 'normal'],
    [false, 'it was killed, and the host was booted', { boot_id: 'b' }, 'normal'],
    [true, 'it had forced each commit to the disk', { boot_id: 'b' }, 'full'],
    [true, 'its system did not say which boot it was', { boot_id: '' }, 'normal'],
    [false, 'it is a backup', { clean: 'copy' }, 'normal'],
    [false, 'it is a backup of one that forced each commit', { clean: 'copy' }, 'full'],
  ])('is trusted: %s, where %s', async (trusted, _, left, logSync) => {
    await leave(left, logSync);
    const openedAt = Date.now();
    const { trustedSince } = await directory.open();
    if (trusted) expect(trustedSince).toBe(0);
    else expect(trustedSince).toBeGreaterThanOrEqual(openedAt);
  });

  it('counts as it was written, whatever LOG_SYNC is now', async () => {
    await leave({ boot_id: 'b' }, 'normal');
    expect((await directory.open({ logSync: 'full' })).trustedSince).toBeGreaterThan(0);
  });

  it('is told in the database while the process runs, and after its end', async () => {
    const storage = await directory.open({ logSync: 'full' });
    const expected = {
      boot_id: readBootId() ?? '',
      log_sync: 'full',
      event_version: String(EVENT_VERSION),
      trusted_since: '0',
    };
    expect(facts()).toEqual({ ...expected, clean: 'no' });
    await storage.onApplicationShutdown();
    expect(facts()).toEqual({ ...expected, clean: 'yes' });
  });

  it.each(['stops', 'is killed'])(
    'is doubted by all that come after, for what was before, where the doubting process %s',
    async (end) => {
      await leave({ boot_id: 'b' });
      const doubting = await directory.open();
      const { trustedSince } = doubting;
      await doubting.onApplicationShutdown();
      if (end === 'is killed') set({ clean: 'no' });
      expect((await directory.open()).trustedSince).toBe(trustedSince);
    },
  );
});
