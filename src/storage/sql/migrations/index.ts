import type { Migrations } from '../migrate.js';
import * as runsAndSessions from './2026-11-22-runs-and-sessions.js';
import * as treesOfMessages from './2026-11-23-trees-of-messages.js';

/**
 * The migrations that every SQL database takes. A new one's name has to come after all that were ever
 * released, SQLite's own included: databases that have those refuse one that should have come before.
 */
export const MIGRATIONS: Migrations = {
  '2026-11-22-runs-and-sessions': runsAndSessions,
  '2026-11-23-trees-of-messages': treesOfMessages,
};
