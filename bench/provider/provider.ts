import { createServer, type Socket } from 'node:net';
import { monotonicMs } from '../clock.ts';
import { AnswerStream } from './answer-stream.ts';
import { askedAnswer } from './asked-answer.ts';
import { burst } from './burst.ts';
import { refusal } from './frames.ts';
import { RequestReader } from './request-reader.ts';
import { Wheel } from './wheel.ts';

/** When the provider got a request, and when it sent each token of the answer. */
export interface Sent {
  readonly receivedAt: number;
  readonly sentAt: Float64Array;
}

/**
 * An OpenAI-compatible provider that says what it is asked to say, when it is asked to. It must be far
 * cheaper than what stands between it and the reader: bytes made ahead, bare sockets, one timer.
 */
export class Provider {
  readonly #server = createServer({ noDelay: true }, (socket) => this.#serve(socket));
  readonly #sockets = new Set<Socket>();
  readonly #wheel = new Wheel();
  readonly #held = new Set<AnswerStream>();
  #answers = new Map<number, AnswerStream>();

  /** Resolves with the port. */
  listen(): Promise<number> {
    const server = this.#server;
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen({ port: 0, host: '127.0.0.1', backlog: 8192 }, () => {
        resolve((server.address() as { port: number }).port);
      });
    });
  }

  /** Cuts all answers off. */
  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Lets every held answer go on: after its first token to its last, after its last to its end. */
  release(): void {
    const released = [...this.#held].filter((answer) => !answer.isOver);
    this.#held.clear();
    for (const answer of released) if (answer.isSaid) answer.end();
    this.#goOn(released.filter((answer) => !answer.isOver));
  }

  /** When the answers since the last call were sent, by their ids. */
  take(): Map<number, Sent> {
    const taken = this.#answers;
    this.#answers = new Map();
    return new Map(
      [...taken].map(([id, { receivedAt, sentAt }]) => [id, { receivedAt, sentAt }] as const),
    );
  }

  #serve(socket: Socket): void {
    const reader = new RequestReader((body) => this.#answer(socket, body));
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('data', (bytes: Buffer) => reader.push(bytes));
    // A reader that leaves resets the connection; its answer is over by that.
    socket.on('error', () => socket.destroy());
  }

  #answer(socket: Socket, body: string): void {
    const receivedAt = monotonicMs();
    let asked;
    try {
      asked = askedAnswer(body);
    } catch (error) {
      socket.write(refusal(String(error)));
      return;
    }
    const answer = new AnswerStream(asked.spec, asked.from, socket, receivedAt);
    this.#answers.set(asked.spec.id, answer);
    answer.say();
    if (asked.spec.held) this.#held.add(answer);
    else this.#goOn([answer]);
  }

  #goOn(answers: readonly AnswerStream[]): void {
    const atOnce: AnswerStream[] = [];
    for (const answer of answers) {
      if (answer.spec.everyMs > 0 && !answer.isSaid) this.#wheel.add(answer);
      else atOnce.push(answer);
    }
    burst(atOnce, (answer) => {
      if (answer.spec.held) this.#held.add(answer);
      else answer.end();
    });
  }
}
