import type { Transport } from '@modelcontextprotocol/client';

/** How long the parts of an orderly end may take. */
export interface CloseTimes {
  /** For the server to end by itself once nothing more comes, in milliseconds. */
  readonly byItselfMs: number;
  /** For it to end once it was told to, in milliseconds. */
  readonly whenToldMs: number;
}

/** A connection to an MCP server. */
export interface ServerTransport extends Transport {
  /** Resolves with the reason once the connection has ended and nothing of it is left. */
  readonly ended: Promise<string>;
  /** Ends the connection; resolves once nothing of it is left. */
  close(): Promise<void>;
  /** Ends the connection because of what was seen of it. */
  lose(reason: string): void;
}
