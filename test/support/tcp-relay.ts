import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** A cable to a server that can be cut while clients use it: it hands bytes on and knows no HTTP. */
export class TcpRelay {
  /** How many connections clients have made. */
  connections = 0;
  readonly #open = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    private readonly target: URL,
  ) {
    server.on('connection', (client) => this.#join(client));
  }

  /** @param target the origin of a server */
  static async start(target: string): Promise<TcpRelay> {
    const server = createServer();
    const relay = new TcpRelay(server, new URL(target));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return relay;
  }

  /** The origin that takes the place of the target's, without a slash at its end. */
  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Breaks every connection that there is; new ones can be made. */
  cut(): void {
    for (const socket of this.#open) socket.destroy();
  }

  async close(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    this.cut();
    await closed;
  }

  #join(client: Socket): void {
    this.connections += 1;
    const server = connect(Number(this.target.port), this.target.hostname);
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#open.add(socket);
      socket.pipe(other);
      // What ends one side in any way ends the other.
      socket
        .on('error', () => undefined)
        .once('close', () => {
          this.#open.delete(socket);
          other.destroy();
        });
    }
  }
}
