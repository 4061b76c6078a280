import type { Socket } from 'node:net';
import { monotonicMs } from '../clock.ts';
import type { AnswerSpec } from '../answer.ts';
import { tokenIndex } from '../answer.ts';
import { END, HEAD, TOKENS } from './frames.ts';

/** One answer on its way into a socket. */
export class AnswerStream {
  /** When each token was written, by the monotonic clock; 0: not yet. */
  readonly sentAt: Float64Array;
  readonly receivedAt: number;
  readonly spec: AnswerSpec;
  /** The next token. */
  #position: number;
  readonly #socket: Socket;
  #ended = false;

  constructor(spec: AnswerSpec, from: number, socket: Socket, receivedAt: number) {
    this.spec = spec;
    this.receivedAt = receivedAt;
    this.sentAt = new Float64Array(spec.tokens);
    this.#position = from;
    this.#socket = socket;
    socket.write(HEAD);
  }

  /** Whether nothing is left to be done: it has ended, or nobody reads it any more. */
  get isOver(): boolean {
    return this.#ended || this.#socket.destroyed;
  }

  /** Whether all its tokens are said. */
  get isSaid(): boolean {
    return this.#position >= this.spec.tokens;
  }

  /** Says the next token, if there is one. */
  say(): void {
    const position = this.#position;
    if (position >= this.spec.tokens || this.#socket.destroyed) return;
    this.#position = position + 1;
    this.sentAt[position] = monotonicMs();
    this.#socket.write(TOKENS[tokenIndex(this.spec.seed, position)]!);
  }

  /** Says all that is left, in as few writes as the system takes it in. */
  sayAll(): void {
    this.#socket.cork();
    while (!this.isSaid && !this.#socket.destroyed) this.say();
    this.#socket.uncork();
  }

  end(): void {
    if (this.isOver) return;
    this.#ended = true;
    this.#socket.write(END);
  }
}
