import * as http from 'node:http';
import { connect, type Socket } from 'node:net';
import { HELLO } from './answers.js';
import { started, type LocalServer } from './local-server.js';

/** A proxy of a spec's own, and what it was asked. */
export interface ConnectProxy extends LocalServer {
  /** Where tunnels were opened to. */
  readonly tunnels: readonly string[];
  /** What requests in absolute form asked for. */
  readonly asked: readonly string[];
  /** The `Proxy-Authorization` of the last one. */
  readonly authorization: string | undefined;
}

/**
 * How a {@link connectProxy} answers: with a tunnel, a status and an answer that would do for a
 * model's, the end of the connection, or not at all.
 */
export type ProxyManner = 'tunnel' | number | 'close' | 'ignore';

/** A real proxy: `CONNECT host:port` becomes a tunnel, a request in absolute form goes on. */
export async function connectProxy(manner: ProxyManner = 'tunnel'): Promise<ConnectProxy> {
  const tunnels: string[] = [];
  let authorization: string | undefined;
  const asked: string[] = [];
  const server = http.createServer((request, response) => {
    const { url = '', method, headers } = request;
    asked.push(url);
    authorization = headers['proxy-authorization'];
    if (typeof manner === 'number') {
      response.writeHead(manner).end();
      return;
    }
    const forwarded = http.request(url, { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 0, answer.headers).flushHeaders();
      answer.pipe(response);
    });
    request.pipe(forwarded);
  });
  server.on('connect', (request: http.IncomingMessage, client: Socket, head: Buffer) => {
    tunnels.push(request.url ?? '');
    authorization = request.headers['proxy-authorization'];
    if (manner === 'ignore') {
      // The server's sockets stay half open: without this the end would not be seen.
      client.resume().on('end', () => client.destroy());
      return;
    }
    if (manner === 'close') {
      client.end();
      return;
    }
    if (manner !== 'tunnel') {
      const head = `HTTP/1.1 ${manner} As told\r\nContent-Type: text/event-stream`;
      client.end(`${head}\r\nContent-Length: ${HELLO.length}\r\n\r\n${HELLO}`);
      return;
    }
    const { hostname, port } = new URL(`http://${request.url}`);
    const upstream = connect(Number(port), hostname, () => {
      client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      upstream.write(head);
      upstream.pipe(client).pipe(upstream);
    });
    upstream.on('error', () => client.destroy()).on('close', () => client.destroy());
    client.on('error', () => upstream.destroy()).on('close', () => upstream.destroy());
  });
  const local = await started(server, 'http');
  return {
    ...local,
    tunnels,
    asked,
    get authorization() {
      return authorization;
    },
  };
}
