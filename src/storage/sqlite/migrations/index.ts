import type { Migrations } from '../../sql/migrate.js';
import { MIGRATIONS as PORTABLE } from '../../sql/migrations/index.js';
import * as storageFacts from './2026-11-22-sqlite-facts.js';
import * as runLogs from './2026-11-22-sqlite-run-logs.js';
import * as runJournal from './2026-11-23-sqlite-run-journal.js';

/** All migrations of an SQLite database: what every SQL database takes, and what is SQLite's own. */
export const MIGRATIONS: Migrations = {
  ...PORTABLE,
  '2026-11-22-sqlite-facts': storageFacts,
  '2026-11-22-sqlite-run-logs': runLogs,
  '2026-11-23-sqlite-run-journal': runJournal,
};
