import type { Kysely } from 'kysely';
import type { Tables } from './tables.js';

/** The database that sessions and run metadata are kept in, whichever it is. */
export class SqlDatabase {
  constructor(readonly db: Kysely<Tables>) {}
}
