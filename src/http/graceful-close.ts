import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { Server as NetServer, type Socket } from 'node:net';

/**
 * Closes an HTTP server without cutting what it is still sending. Node's own `close()` destroys
 * connections whose answer was handed over but is not sent yet, so whoever reads slowly in that
 * moment loses the rest; and a kept connection whose answer ends later holds the server open.
 */
export class GracefulClose {
  /** The open connections, and how many answers each still waits for. */
  readonly #unanswered = new Map<Socket, number>();
  #closing = false;

  /** @param server one that has no connections yet */
  constructor(private readonly server: Server) {
    server.on('connection', (socket: Socket) => {
      this.#unanswered.set(socket, 0);
      socket.once('close', () => this.#unanswered.delete(socket));
    });
    server.on('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
      this.#count(socket, +1);
      response.once('close', () => this.#count(socket, -1));
    });
  }

  /** Takes no more connections, ends each as it falls idle, and resolves when all have ended. */
  close(): Promise<void> {
    this.#closing = true;
    return new Promise((resolve) => {
      // A server that does not listen says so as an error; it has nothing to wait for either.
      NetServer.prototype.close.call(this.server, () => resolve());
      for (const [socket, unanswered] of this.#unanswered) {
        if (unanswered === 0) socket.destroySoon();
      }
    });
  }

  #count(socket: Socket, change: 1 | -1): void {
    const unanswered = (this.#unanswered.get(socket) ?? 0) + change;
    if (socket.destroyed) return;
    this.#unanswered.set(socket, unanswered);
    if (this.#closing && unanswered === 0) socket.destroySoon();
  }
}
