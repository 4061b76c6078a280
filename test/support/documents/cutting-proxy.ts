import { once } from 'node:events';
import {
  createServer,
  request,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a proxy cuts. */
export interface Cuts {
  /** How many streams are cut: the first ones. */
  streams: number;
  /** How many events of each get through whole; the one after them is cut in its middle. */
  after: number;
}

/** A bad network: hands requests on to a service, and cuts its event streams. */
export class CuttingProxy {
  /** How many streams it has cut. */
  cut = 0;

  private constructor(
    private readonly server: Server,
    private readonly target: string,
    private readonly cuts: Cuts,
  ) {
    server.on('request', (incoming, response) => this.#forward(incoming, response));
  }

  static async start(target: string, cuts: Cuts): Promise<CuttingProxy> {
    const server = createServer();
    const proxy = new CuttingProxy(server, target, cuts);
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }

  #forward(incoming: IncomingMessage, response: ServerResponse): void {
    const { method, headers } = incoming;
    // A socket of its own: a pooled one would hold the service open after the test.
    const options = { method, headers, agent: false } as const;
    const outgoing = request(`${this.target}${incoming.url}`, options, (answer) => {
      response.writeHead(answer.statusCode!, answer.headers);
      const isStream = answer.headers['content-type'] === 'text/event-stream';
      if (isStream && this.cut < this.cuts.streams) this.#deliverAndCut(answer, response);
      else answer.on('error', () => response.destroy()).pipe(response);
    });
    outgoing.on('error', () => response.destroy());
    response.once('close', () => outgoing.destroy());
    incoming.pipe(outgoing);
  }

  #deliverAndCut(answer: IncomingMessage, response: ServerResponse): void {
    this.cut += 1;
    let events = 0;
    const deliver = (piece: Buffer) => {
      if (piece.includes('data: ')) events += 1;
      if (events <= this.cuts.after) return response.write(piece);
      answer.off('data', deliver);
      return response.write(piece.subarray(0, piece.length / 2), () => response.destroy());
    };
    answer
      .on('data', deliver)
      .on('end', () => response.end())
      .on('error', () => response.destroy());
  }
}
