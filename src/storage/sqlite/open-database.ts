import Database from 'better-sqlite3';
import { Kysely, SqliteDialect } from 'kysely';
import type { LogSync } from '../../config/settings.js';
import { migrate } from '../sql/migrate.js';
import type { Tables } from '../sql/tables.js';
import { StorageOpenError } from '../storage-errors.js';
import { EVENT_VERSION } from './event-version.js';
import { hasFacts, readFact, writeFacts } from './facts.js';
import { LARGE_LOG } from './large-log.js';
import { MIGRATIONS } from './migrations/index.js';
import { toOpenError } from './open-fault.js';

/** How long to wait for another program that holds a lock, such as a shell, in milliseconds. */
const PATIENCE_MS = 250;

/**
 * Opens a database and brings it up to this release.
 * @throws StorageOpenError where it cannot be, and leaves it as it is
 */
export async function openDatabase(file: string, logSync: LogSync): Promise<Database.Database> {
  let reader: Database.Database | undefined;
  try {
    reader = new Database(file, { readonly: true, timeout: PATIENCE_MS });
    refuseNewerEvents(reader);
    return await open(file, logSync);
  } catch (error) {
    if (error instanceof StorageOpenError)
      throw new StorageOpenError(`Cannot open ${file}. ${error.message}`);
    throw toOpenError(file, error);
  } finally {
    // The last to close, where it is refused: one that can write would write even then.
    reader?.close();
  }
}

function refuseNewerEvents(connection: Database.Database): void {
  if (!hasFacts(connection)) return;
  const version = Number(readFact(connection, 'event_version') ?? EVENT_VERSION);
  if (version <= EVENT_VERSION) return;
  throw new StorageOpenError(
    `The database is one of a newer release: its events are of the version ${version}, and this ` +
      `release knows them up to ${EVENT_VERSION}. Start the newer release.`,
  );
}

async function open(file: string, logSync: LogSync): Promise<Database.Database> {
  const connection = new Database(file, { timeout: PATIENCE_MS });
  try {
    connection.pragma('journal_mode = WAL');
    connection.pragma(`synchronous = ${logSync}`);
    // A checkpoint within a commit would stall the event loop: see Checkpoints.
    connection.pragma('wal_autocheckpoint = 0');
    // What a log has grown to while it could not start over is given back when it does.
    connection.pragma(`journal_size_limit = ${LARGE_LOG}`);
    connection.pragma('foreign_keys = ON');
    // Never destroyed: that would close the connection.
    const db = new Kysely<Tables>({ dialect: new SqliteDialect({ database: connection }) });
    await migrate(db, MIGRATIONS);
    writeFacts(connection, { event_version: String(EVENT_VERSION) });
    return connection;
  } catch (error) {
    connection.close();
    throw error;
  }
}
