import { sql, type Kysely } from 'kysely';
import { DEFAULT_MIGRATION_TABLE, Migrator, type Migration } from 'kysely/migration';
import { StorageOpenError } from '../storage-errors.js';
import type { Tables } from './tables.js';

/** Migrations by their names, which sort by date. */
export type Migrations = Readonly<Record<string, Migration>>;

/**
 * Brings a database up to this release: all migrations that it lacks, or none of them.
 * @throws StorageOpenError when it is a newer release's; it is left as it is
 */
export async function migrate(db: Kysely<Tables>, migrations: Migrations): Promise<void> {
  await db.connection().execute(async (connection) => {
    await refuseNewer(connection, migrations);
    const migrator = new Migrator({
      db: connection,
      provider: { getMigrations: async () => ({ ...migrations }) },
    });
    const run = async (): Promise<void> => {
      const { error } = await migrator.migrateToLatest();
      // eslint-disable-next-line @typescript-eslint/only-throw-error -- what the database has thrown
      if (error !== undefined) throw error;
    };
    if (connection.getExecutor().adapter.supportsTransactionalDdl) await run();
    else await inTransaction(connection, run);
  });
}

async function refuseNewer(db: Kysely<Tables>, migrations: Migrations): Promise<void> {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true });
  if (!tables.some(({ name }) => name === DEFAULT_MIGRATION_TABLE)) return;
  const table = sql.table(DEFAULT_MIGRATION_TABLE);
  const made = await sql<{ name: string }>`select name from ${table} order by name`.execute(db);
  const unknown = made.rows
    .map(({ name }) => name)
    .filter((name) => !Object.hasOwn(migrations, name));
  if (unknown.length === 0) return;
  throw new StorageOpenError(
    `The database is one of a newer release: it has ${unknown.join(', ')}, which this release does not know. Start the newer release.`,
  );
}

/**
 * Kysely's Migrator makes no transaction on SQLite, which can roll tables back all the same: a
 * process killed between two of them would leave a database that no release can open.
 */
async function inTransaction(connection: Kysely<Tables>, work: () => Promise<void>): Promise<void> {
  await sql`begin`.execute(connection);
  try {
    await work();
    await sql`commit`.execute(connection);
  } catch (error) {
    // SQLite itself has rolled back where the disk is full: that is what is to be told.
    await sql`rollback`.execute(connection).catch(() => undefined);
    throw error;
  }
}
