import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { env } from 'node:process';
import { createInterface } from 'node:readline';
import { packageServer } from './mcp-servers.js';

/** A request to an MCP server, with its message; a DELETE and a GET have none. */
export interface Asked {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly message: { id?: number; method?: string; params?: { name?: string } };
}

/** A server at an address. */
export interface HttpServer {
  readonly url: string;
  readonly port: number;
  stop(): Promise<void>;
}

/** An MCP server over HTTP that answers as a spec says. */
export async function listen(answer: (asked: Asked) => void, port = 0): Promise<HttpServer> {
  const read = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = Buffer.concat(await request.toArray()).toString();
    const message = (body === '' ? {} : JSON.parse(body)) as Asked['message'];
    answer({ request, response, message });
  };
  const server = createServer((request, response) => void read(request, response));
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const { port: taken } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${taken}/mcp`,
    port: taken,
    stop: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** Answers the message as JSON. */
export function tell({ response, message }: Asked, result: object, headers = {}): void {
  const body = JSON.stringify({ jsonrpc: '2.0', id: message.id, result });
  response.writeHead(200, { 'content-type': 'application/json', ...headers }).end(body);
}

/** The answers of a server with one tool, `work`; calls of it are left to the spec. */
export function ordinary(asked: Asked, headers = {}): boolean {
  const { response, message } = asked;
  switch (message.method) {
    case 'initialize': {
      const serverInfo = { name: 'scripted', version: '1' };
      const capabilities = { tools: {} };
      tell(asked, { protocolVersion: '2025-06-18', capabilities, serverInfo }, headers);
      return true;
    }
    case 'tools/list':
      tell(asked, { tools: [{ name: 'work', inputSchema: { type: 'object' } }] });
      return true;
    case 'tools/call':
      return false;
    default:
      response.writeHead(message.method === undefined ? 405 : 202).end();
      return true;
  }
}

/** The official server of everything over HTTP, as a process. */
export async function everythingServer(port: number): Promise<HttpServer> {
  const { command, args } = packageServer('everything', 'streamableHttp');
  const child = spawn(command, args, {
    env: { ...env, PORT: String(port) },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = once(child, 'exit');
  for await (const line of createInterface(child.stderr)) if (line.includes('listening')) break;
  return {
    url: `http://127.0.0.1:${port}/mcp`,
    port,
    stop: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
