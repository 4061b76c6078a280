import type { Database } from 'better-sqlite3';

/**
 * What a database says of itself:
 * - `event_version`: the highest version of the events in it;
 * - `boot_id`: under which boot of the kernel it was written last;
 * - `log_sync`: how it was written last, as `LOG_SYNC` has it;
 * - `trusted_since`: since when it is known to lack nothing, in milliseconds since the epoch;
 * - `clean`: `yes` after a clean stop, `no` while a process runs, `copy` in a backup;
 * - `probe`: there for a moment, while it is tried whether the storage takes anything.
 */
export type FactName =
  'event_version' | 'boot_id' | 'log_sync' | 'trusted_since' | 'clean' | 'probe';

/** Whether a database says anything: one that is new, or not ours, does not. */
export function hasFacts(connection: Database): boolean {
  const table = connection.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'storage_facts'");
  return table.get() !== undefined;
}

export function readFact(connection: Database, name: FactName): string | undefined {
  const select = connection.prepare<[string], { value: string }>(
    'SELECT value FROM storage_facts WHERE name = ?',
  );
  return select.get(name)?.value;
}

/** Writes facts, all or none. */
export function writeFacts(connection: Database, facts: Partial<Record<FactName, string>>): void {
  const upsert = connection.prepare<[string, string]>(
    'INSERT INTO storage_facts (name, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value',
  );
  const write = connection.transaction(() => {
    for (const [name, value] of Object.entries(facts)) upsert.run(name, value);
  });
  write.immediate();
}
