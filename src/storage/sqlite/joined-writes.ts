import { storageFailureOf } from './sqlite-failures.js';

interface JoinedWrite {
  work(this: void): unknown;
  resolve(this: void, result: unknown): void;
  reject(this: void, error: unknown): void;
}

/** What became of a write in a transaction that may still fail. */
type Outcome = { result: unknown } | { refused: unknown };

/**
 * Writes that stand alone and come at about the same time, made one transaction. A commit of its own
 * costs each three times what it does: where sixteen runs begin at once, their ninety-six writes are
 * some ten transactions, and pages that all of them touch are written once.
 */
export class JoinedWrites {
  #waiting: JoinedWrite[] = [];

  /**
   * @param transact runs `work` in a transaction
   * @param soon runs a flush in a later macrotask in which no transaction is open
   */
  constructor(
    private readonly transact: <T>(work: () => T) => T,
    private readonly soon: (flush: () => void) => void,
  ) {}

  /** Resolves once `work` is committed; rejects where it throws, with nothing of it left. */
  add<T>(work: () => T): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    if (this.#waiting.push({ work, resolve, reject }) === 1) this.soon(this.#flush);
    return promise as Promise<T>;
  }

  readonly #flush = (): void => {
    const writes = this.#waiting;
    this.#waiting = [];
    try {
      const outcomes = this.transact(() => writes.map(outcomeOf));
      outcomes.forEach((outcome, index) => {
        const { resolve, reject } = writes[index]!;
        if ('refused' in outcome) reject(outcome.refused);
        else resolve(outcome.result);
      });
    } catch (error) {
      for (const { reject } of writes) reject(error);
    }
  };
}

/** SQLite takes a statement back that breaks a rule, and goes on with the transaction. */
function outcomeOf({ work }: JoinedWrite): Outcome {
  try {
    return { result: work() };
  } catch (error) {
    if (storageFailureOf(error) !== undefined) throw error;
    return { refused: error };
  }
}
