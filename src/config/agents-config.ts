import { frozenMap } from './frozen-map.js';

/** How far an agent may go in one run. */
export interface AgentLimits {
  /** Most model calls that answer the results of tools, the first one included. @default 10 */
  readonly turns: number;
  /** Most tool calls. @default 50 */
  readonly toolCalls: number;
  /** Most tool calls at the same time. @default 4 */
  readonly parallelToolCalls: number;
  /** Most tokens of all model calls together. Undefined: no limit. */
  readonly tokens?: number;
  /** Longest time, waiting for approvals left out, in milliseconds. Undefined: no limit. */
  readonly timeMs?: number;
}

/** How much of a session goes to the model. It always has to fit into the context window, too. */
export interface HistoryPolicy {
  /** Most tokens of earlier messages. Undefined: what the context window takes. */
  readonly tokens?: number;
  /** Most earlier turns: a user's message and all that answered it. Undefined: no limit. */
  readonly turns?: number;
  /** The model that sums up what is left out. Undefined: it is left out without a word. */
  readonly summaryModel?: string;
}

/** What becomes of tool calls that nobody has decided on in time. */
export const APPROVAL_TIMEOUTS = ['reject', 'approve', 'fail'] as const;
export type ApprovalTimeout = (typeof APPROVAL_TIMEOUTS)[number];

/** Which tool calls a caller has to approve. */
export interface ApprovalPolicy {
  /** Names of tools, or patterns with `*`, which need approval beside those that say so themselves. */
  readonly required: readonly string[];
  /** Names of tools, or patterns, which need none whatever they say; stronger than `required`. */
  readonly exempt: readonly string[];
  /** Longest wait for a decision, in milliseconds. @default 24 h */
  readonly timeoutMs: number;
  /** What becomes of the calls after it. @default 'reject' */
  readonly onTimeout: ApprovalTimeout;
}

/** An MCP server: a program that is started, or an address. */
export interface McpServerConfig {
  /** Its key in the agent's entry: the part of `server__tool` before the underscores. */
  readonly id: string;
  /** The program of a server that is spoken to over stdio; exactly one of `command` and `url`. */
  readonly command?: string;
  readonly args: readonly string[];
  /** What its environment has beside PATH, HOME and the like. */
  readonly env: Readonly<Record<string, string>>;
  /** The folder in which it is started. @default that of the process */
  readonly cwd?: string;
  /** The address of a server that is spoken to over streamable HTTP. */
  readonly url?: string;
  /** Sent with each request to `url`. */
  readonly headers: Readonly<Record<string, string>>;
  /** Names of its tools, or patterns with `*`, that the agent has. @default all */
  readonly allow: readonly string[];
  /** Those that it has not; stronger than `allow`. */
  readonly deny: readonly string[];
  /** Names or patterns of tools that may run twice where it is not known whether they have run. */
  readonly idempotent: readonly string[];
  /** Longest time of a tool call, in milliseconds. @default the service's */
  readonly timeoutMs?: number;
  /** Why it cannot be used, such as `TOKEN is not set`: the agent is without its tools. */
  readonly unavailable?: string;
}

/** The value that an agent answers with, unless the request asks for another. */
export interface OutputSchema {
  readonly name: string;
  readonly schema: Readonly<Record<string, unknown>>;
}

/** An agent: instructions, the model that follows them, and the tools that it may call. */
export interface AgentConfig {
  /** Its key in `agents.yaml`, and what a request's `agent` names. */
  readonly id: string;
  /** What people call it. @default id */
  readonly name: string;
  /** What it is for, in a sentence. @default '' */
  readonly description: string;
  /** Its system message, with `{{date}}`, `{{user}}` and `{{metadata.key}}`. */
  readonly instructions: string;
  /** The model of requests that name none. Undefined: the service's default. */
  readonly model?: string;
  /** The models to go to when its model fails. Undefined: those that `models.yaml` names. */
  readonly fallbacks?: readonly string[];
  /** The models that a request may ask it for beside its own. Undefined: any. */
  readonly models?: readonly string[];
  /** The names of its tools, those of its MCP servers left out. */
  readonly tools: readonly string[];
  readonly mcpServers: readonly McpServerConfig[];
  readonly limits: AgentLimits;
  readonly history: HistoryPolicy;
  readonly approval: ApprovalPolicy;
  readonly output?: OutputSchema;
  /**
   * The folder of Markdown that `search_documents` looks into, absolute. Undefined: the service's own
   * documentation.
   */
  readonly documents?: string;
  /** The folder of CSV files that `query_table` reads, absolute. */
  readonly tables?: string;
  /** The hosts that `http_fetch` may ask: `example.org`, or `*.example.org` for those below it. */
  readonly fetchHosts: readonly string[];
}

/** What an agent has that says nothing else. */
export const AGENT_DEFAULTS = {
  description: '',
  instructions: '',
  tools: [],
  mcpServers: [],
  limits: { turns: 10, toolCalls: 50, parallelToolCalls: 4 },
  history: {},
  approval: { required: [], exempt: [], timeoutMs: 24 * 60 * 60 * 1000, onTimeout: 'reject' },
  fetchHosts: [],
} as const satisfies Partial<AgentConfig>;

/** What `config/agents.yaml` says, in the order of the file. */
export class AgentsConfig {
  readonly agents: ReadonlyMap<string, AgentConfig>;
  /** The `id` of the agent that answers requests which name none; always in `agents`. */
  readonly defaultAgent: string;

  constructor(agents: Iterable<AgentConfig>, defaultAgent: string) {
    this.agents = frozenMap([...agents].map((one) => [one.id, Object.freeze(one)]));
    this.defaultAgent = defaultAgent;
    Object.freeze(this);
  }
}
