import { Subject } from 'rxjs';
import type { Logger } from '../../logging/logger.js';

/** Whether the database can be written. Says each change once, to the log too. */
export class Availability {
  readonly #lost = new Subject<void>();
  readonly #restored = new Subject<void>();
  readonly #suspected = new Subject<void>();
  #available = true;

  constructor(private readonly logger: Logger) {}

  readonly lost = this.#lost.asObservable();
  readonly restored = this.#restored.asObservable();

  /** Each time that reading has failed: whether writing fails too is still to be seen. */
  readonly suspected = this.#suspected.asObservable();

  get available(): boolean {
    return this.#available;
  }

  /** A write has failed. */
  lose(cause: unknown): void {
    if (!this.#available) return;
    this.#available = false;
    this.logger.error({ err: cause }, 'storage lost');
    this.#lost.next();
  }

  suspect(): void {
    this.#suspected.next();
  }

  /** A write has succeeded. */
  restore(): void {
    if (this.#available) return;
    this.#available = true;
    this.logger.info({}, 'storage restored');
    this.#restored.next();
  }
}
