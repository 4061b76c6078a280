import type { Migrations } from '../migrate.js';
import * as messageTrees from './2026-11-23-message-trees.js';
import * as runsAndSessions from './2026-11-22-runs-and-sessions.js';

/** The migrations that every SQL database takes. */
export const MIGRATIONS: Migrations = {
  '2026-11-22-runs-and-sessions': runsAndSessions,
  '2026-11-23-message-trees': messageTrees,
};
