import { connect, type Socket } from 'node:net';
import type { ChatRequest } from '../contenders/contender.ts';
import { ResponseReader, type ResponseEvents } from './response-reader.ts';

/** One for all sockets: what is in it is read before the next one's bytes come. */
const READ_BUFFER = Buffer.allocUnsafe(64 * 1024);

/** A connection to a server, which takes one request after the other. */
export class Connection {
  readonly #socket: Socket;
  #response: ResponseReader | undefined;
  #events: ResponseEvents | undefined;

  constructor(port: number) {
    this.#socket = connect({
      port,
      host: '127.0.0.1',
      noDelay: true,
      onread: {
        buffer: READ_BUFFER,
        callback: (length) => {
          this.#response?.push(READ_BUFFER.subarray(0, length));
          return true;
        },
      },
    });
    this.#socket.on('error', (error) => this.#lose(error.message));
    this.#socket.on('close', () => this.#lose('the connection was closed'));
  }

  /** @param over is called once the response is whole, with whether another request may follow */
  send(
    { method = 'POST', path, headers, body }: ChatRequest,
    events: ResponseEvents,
    over: (reusable: boolean) => void,
  ): void {
    const response = new ResponseReader({
      payload: (payload) => events.payload(payload),
      refused: (what) => events.refused(what),
      end: () => {
        this.#response = undefined;
        this.#events = undefined;
        over(response.keepsConnection);
        events.end();
      },
    });
    this.#response = response;
    this.#events = events;
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    const length = `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n`;
    this.#socket.write(
      `${method} ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n${lines.join('')}${length}${body}`,
    );
  }

  close(): void {
    this.#events = undefined;
    this.#socket.destroy();
  }

  #lose(why: string): void {
    const events = this.#events;
    this.#events = undefined;
    events?.refused(why);
  }
}
