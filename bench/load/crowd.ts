import { setTimeout as pause } from 'node:timers/promises';
import type { AnswerSpec } from '../answer.ts';
import type { Contender } from '../contenders/contender.ts';
import { AnswerReader, type AnswerEvents } from './answer-reader.ts';
import { Connection } from './connection.ts';

let lastId = 0;

/** The answers that a scenario asks for: all alike but for their texts. */
export type AnswerKind = Pick<AnswerSpec, 'tokens' | 'everyMs' | 'held'>;

/** Some readers of one server, and the moments that all of them have reached. */
export class Crowd {
  readonly readers: AnswerReader[] = [];
  readonly #contender: Contender;
  readonly #port: number;
  readonly #connections = new Set<Connection>();
  readonly #idle: Connection[] = [];
  readonly #failed = Promise.withResolvers<never>();
  #waiting: (() => void)[] = [];
  #opened = 0;
  #said = 0;
  #ended = 0;

  constructor({ contender, port }: { contender: Contender; port: number }) {
    this.#contender = contender;
    this.#port = port;
    this.#failed.promise.catch(() => undefined);
  }

  get tokens(): number {
    return this.readers.reduce((sum, reader) => sum + reader.tokens, 0);
  }

  get pieces(): number {
    return this.readers.reduce((sum, reader) => sum + reader.pieces, 0);
  }

  /**
   * Asks for one more answer.
   * @param toRequest makes the request that carries the message. @default the contender's own
   */
  ask(kind: AnswerKind, toRequest = this.#contender.request): void {
    lastId += 1;
    const spec = { id: lastId, seed: lastId, ...kind };
    const reader = new AnswerReader(spec, this.#contender, this.#events);
    this.readers.push(reader);
    const connection = this.#idle.pop() ?? this.#connect();
    connection.send(toRequest(JSON.stringify(spec)), reader, (reusable) => {
      if (reusable) this.#idle.push(connection);
    });
  }

  /** Asks for a number of answers, one each so many milliseconds. */
  async askSteadily(count: number, everyMs: number, kind: AnswerKind): Promise<void> {
    const begun = performance.now();
    for (let asked = 0; asked < count; asked += 1) {
      const early = begun + asked * everyMs - performance.now();
      if (early > 0) await this.#orFailure(pause(early));
      this.ask(kind);
    }
  }

  /** Asks for a number of answers, with so many under way at a time. Ends with the last of them. */
  async askInTurn(
    count: number,
    atOnce: number,
    kind: AnswerKind,
    toRequest?: Contender['request'],
  ): Promise<void> {
    for (let asked = 0; asked < count; asked += 1) {
      await this.#until(() => this.readers.length - this.#ended < atOnce);
      this.ask(kind, toRequest);
    }
    await this.allEnded();
  }

  /** Asks for a number of answers, with so many waiting for their first token at a time. */
  async openInTurn(count: number, atOnce: number, kind: AnswerKind): Promise<void> {
    for (let asked = 0; asked < count; asked += 1) {
      await this.#until(() => this.readers.length - this.#opened < atOnce);
      this.ask(kind);
    }
    await this.allOpened();
  }

  /** All have their first token. */
  allOpened(): Promise<void> {
    return this.#until(() => this.#opened === this.readers.length);
  }

  /** All have their last token. */
  allSaid(): Promise<void> {
    return this.#until(() => this.#said === this.readers.length);
  }

  firstSaid(): Promise<void> {
    return this.#until(() => this.#said > 0);
  }

  allEnded(): Promise<void> {
    return this.#until(() => this.#ended === this.readers.length);
  }

  /** Closes the connections, answers or not. */
  leave(): void {
    for (const connection of this.#connections) connection.close();
  }

  #connect(): Connection {
    const connection = new Connection(this.#port);
    this.#connections.add(connection);
    return connection;
  }

  readonly #events: AnswerEvents = {
    opened: () => {
      this.#opened += 1;
      this.#tell();
    },
    said: () => {
      this.#said += 1;
      this.#tell();
    },
    ended: () => {
      this.#ended += 1;
      this.#tell();
    },
    failed: (error) => this.#failed.reject(error),
  };

  #tell(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const look of waiting) look();
  }

  #until(reached: () => boolean): Promise<void> {
    const moment = new Promise<void>((resolve) => {
      const look = () => {
        if (reached()) resolve();
        else this.#waiting.push(look);
      };
      look();
    });
    return this.#orFailure(moment);
  }

  #orFailure<T>(moment: Promise<T>): Promise<T> {
    return Promise.race([moment, this.#failed.promise]);
  }
}
