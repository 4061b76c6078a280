import type { McpServerConfig } from '../../config/agents-config.js';
import { refusesInitialize } from './fault-reason.js';
import { HttpTransport } from './http/http-transport.js';
import { McpSession, type SessionEvents } from './mcp-session.js';
import type { CloseTimes, ServerTransport } from './server-transport.js';
import { StdioTransport } from './stdio/stdio-transport.js';

export interface OpenSession extends SessionEvents {
  readonly server: McpServerConfig;
  readonly times: CloseTimes;
  /** Is given each line that a server's program writes for people. */
  output(this: void, line: string): void;
}

/**
 * Starts the server, or connects to its address, and shakes hands: as all servers did before
 * 2026-07-28 and most still do; with one that refuses that, as they do since.
 */
export async function openSession(
  { server, times, output, ...events }: OpenSession,
  signal: AbortSignal,
): Promise<McpSession> {
  const transport = () => transportTo(server, times, output);
  try {
    return await McpSession.open(transport(), { events, signal });
  } catch (error) {
    if (!refusesInitialize(error)) throw error;
    return McpSession.open(transport(), { events, signal, version: '2026-07-28' });
  }
}

function transportTo(
  server: McpServerConfig,
  times: CloseTimes,
  output: (line: string) => void,
): ServerTransport {
  const { command, url } = server;
  if (command !== undefined) return new StdioTransport({ ...server, command }, times, output);
  if (url !== undefined) return new HttpTransport({ ...server, url }, times);
  throw new Error('An MCP server has a command or a url.');
}
