import type { McpServerConfig } from '../../config/agents-config.js';
import { HttpTransport } from './http/http-transport.js';
import { McpSession, type SessionEvents } from './mcp-session.js';
import type { CloseTimes } from './server-transport.js';
import { StdioTransport } from './stdio/stdio-transport.js';

export interface OpenSession extends SessionEvents {
  readonly server: McpServerConfig;
  readonly times: CloseTimes;
  /** Is given each line that a server's program writes for people. */
  output(this: void, line: string): void;
}

/** Starts the server, or connects to its address, and shakes hands. */
export async function openSession(
  { server, times, output, ...events }: OpenSession,
  signal: AbortSignal,
): Promise<McpSession> {
  const { command, url } = server;
  if (command !== undefined) {
    const transport = new StdioTransport({ ...server, command }, times, output);
    return McpSession.open(transport, events, signal);
  }
  if (url === undefined) throw new Error('An MCP server has a command or a url.');
  return McpSession.open(new HttpTransport({ ...server, url }, times), events, signal);
}
