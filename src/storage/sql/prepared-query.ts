import {
  sql,
  type Compilable,
  type CompiledQuery,
  type Kysely,
  type QueryResult,
  type RawBuilder,
} from 'kysely';
import type { Tables } from './tables.js';

/** Stands in a query where a value is to come. */
class Place {
  constructor(readonly name: PropertyKey) {}
}

/** The place of a value in a query, typed as the value is. */
export type PlaceOf<Values> = <Name extends keyof Values>(name: Name) => Values[Name];

/**
 * A query that is built once and run often. To build and compile one costs several times what SQLite
 * takes to run it: 60 to 150 µs for those of a run's beginning and end.
 */
export class PreparedQuery<Values extends object, Row = unknown> {
  readonly #db: Kysely<Tables>;
  readonly #compiled: CompiledQuery<Row>;

  /** @param build makes the query, with a place for each value that it is to be run with */
  constructor(
    db: Kysely<Tables>,
    build: (place: PlaceOf<Values>) => Compilable<Row> | RawBuilder<Row>,
  ) {
    this.#db = db;
    this.#compiled = build((name) => new Place(name) as never).compile(db);
  }

  /** Runs the query with these values. */
  run(values: Values): Promise<QueryResult<Row>> {
    const parameters = this.#compiled.parameters.map((parameter) =>
      parameter instanceof Place ? values[parameter.name as keyof Values] : parameter,
    );
    return this.#db.executeQuery({ ...this.#compiled, parameters });
  }

  /** The first row that comes of it, if any. */
  async first(values: Values): Promise<Row | undefined> {
    return (await this.run(values)).rows[0];
  }
}

/**
 * A text for a condition of a query that puts rows in order. SQLite may plan such a query anew for
 * each value of a bare parameter, which takes longer than to run it (promoting: 40 µs, not 4); how
 * often the value of an expression occurs it does not ask.
 */
export function steady<Text extends string | null>(text: Text): RawBuilder<Text> {
  return sql<Text>`cast(${text} as text)`;
}
