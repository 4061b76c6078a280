import * as http from 'node:http';
import { connect, type Socket } from 'node:net';
import { started, type LocalServer } from './local-server.js';

/** A proxy of a spec's own, and what it was asked. */
export interface ConnectProxy extends LocalServer {
  /** Where tunnels were opened to. */
  readonly tunnels: readonly string[];
  /** The `Proxy-Authorization` of the last one. */
  readonly authorization: string | undefined;
}

/** How a {@link connectProxy} answers: with a tunnel, a refusal, or not at all. */
export type ProxyManner = 'tunnel' | 'refuse' | 'ignore';

/** A real proxy: `CONNECT host:port` becomes a tunnel. */
export async function connectProxy(manner: ProxyManner = 'tunnel'): Promise<ConnectProxy> {
  const tunnels: string[] = [];
  let authorization: string | undefined;
  const server = http.createServer((_request, response) => response.writeHead(405).end());
  server.on('connect', (request: http.IncomingMessage, client: Socket, head: Buffer) => {
    tunnels.push(request.url ?? '');
    authorization = request.headers['proxy-authorization'];
    if (manner === 'ignore') {
      // The server's sockets stay half open: without this the end would not be seen.
      client.resume().on('end', () => client.destroy());
      return;
    }
    if (manner === 'refuse') {
      client.end('HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n');
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
    get authorization() {
      return authorization;
    },
  };
}
