import * as http from 'node:http';
import * as https from 'node:https';
import { readFileSync } from 'node:fs';
import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { join } from 'node:path';

/** A server of a spec's own, on the loopback address. */
export interface LocalServer {
  readonly port: number;
  /** Its address, without a slash at the end. */
  readonly url: string;
  /** The connections that were made to it so far. */
  readonly sockets: readonly Socket[];
  close(): Promise<void>;
}

/** The authority that signed the certificate of {@link listenTls}. */
export const TEST_CA = join(import.meta.dirname, 'test-ca.pem');

/** @param port @default a free one */
export function listen(handler: http.RequestListener, port?: number): Promise<LocalServer> {
  return started(http.createServer(handler), 'http', port);
}

/** The same with TLS; its certificate is for `localhost` and 127.0.0.1. */
export function listenTls(handler: http.RequestListener): Promise<LocalServer> {
  const options = {
    cert: readFileSync(join(import.meta.dirname, 'test-server.pem')),
    key: readFileSync(join(import.meta.dirname, 'test-server-key.pem')),
  };
  return started(https.createServer(options, handler), 'https');
}

export async function started(
  server: http.Server,
  scheme: string,
  wanted = 0,
): Promise<LocalServer> {
  const sockets: Socket[] = [];
  server.on('connection', (socket: Socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined);
  });
  server.listen(wanted, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `${scheme}://127.0.0.1:${port}`,
    sockets,
    async close() {
      for (const socket of sockets) socket.destroy();
      if (server.listening) await new Promise((closed) => server.close(closed));
    },
  };
}

/** The whole body of a request. */
export async function bodyOf(request: http.IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

/** Until a server sees its first connection closed, as it must be. */
export async function connectionClosed({ sockets }: LocalServer): Promise<void> {
  const [socket] = sockets;
  if (socket === undefined) throw new Error('Nobody has connected.');
  if (!socket.destroyed) await new Promise((closed) => socket.once('close', closed));
}
