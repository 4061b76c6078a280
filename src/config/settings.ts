/** How much is logged: pino's levels, from everything to nothing. */
export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';

/** When a commit counts: once the system has it, or once the disk has it. */
export const LOG_SYNCS = ['normal', 'full'] as const;
export type LogSync = (typeof LOG_SYNCS)[number];

/** Where outgoing requests go through, as the `*_PROXY` variables say. */
export interface ProxySettings {
  /** The proxy of `https:` addresses, as an `http:` or `https:` address. */
  readonly httpsProxy?: string;
  /** The proxy of `http:` addresses, as an `http:` or `https:` address. */
  readonly httpProxy?: string;
  /** Hosts that are asked without a proxy: a comma list as curl takes it. */
  readonly noProxy?: string;
}

/**
 * What the environment says of the process. Read-only, complete and valid: whoever holds one need
 * not check it again. The field's initial value is the setting's default.
 */
export class Settings {
  /** `PORT`: the TCP port to listen on; 0 lets the system choose. */
  readonly port: number = 8000;

  /** `HOST`: the address to listen on. */
  readonly host: string = '127.0.0.1';

  /** `MODEL_NAME`: the model of requests that name none. Unset: the first usable one. */
  readonly modelName?: string;

  /** `LOG_LEVEL`: the least important messages that are still logged. */
  readonly logLevel: LogLevel = 'info';

  /** `LOG_CONTENT`: whether the text of messages may stand in the log. */
  readonly logContent: boolean = false;

  /** `CORS_ORIGINS`: origins whose pages may call the service; `*` is any. Empty: no CORS headers. */
  readonly corsOrigins: readonly string[] = [];

  /** `BODY_LIMIT`: the largest request body, in bytes. */
  readonly bodyLimit: number = 1024 * 1024;

  /** `CONFIG_DIR`: the folder of `models.yaml` and `agents.yaml`, absolute once loaded. */
  readonly configDir: string = './config';

  /** `DATA_DIR`: the folder of everything the service keeps, absolute once loaded. */
  readonly dataDir: string = './data';

  /**
   * `LOG_SYNC`: whether each commit is forced to the disk (`full`), so that it survives the death of
   * the host too, or left to the system (`normal`), which survives any death of the process.
   */
  readonly logSync: LogSync = 'normal';

  /** `TRUST_PROXY`: whose `X-Forwarded-*` headers are believed, as Express' `trust proxy` takes it. */
  readonly trustProxy: boolean | number | string = false;

  /** `HTTPS_PROXY`, `HTTP_PROXY`, `NO_PROXY`, in capitals or not. */
  readonly proxy: ProxySettings = {};

  /**
   * `NODE_EXTRA_CA_CERTS`: a PEM file of further authorities to trust. Node reads the real
   * environment only, and only while it starts: a path from `.env` must be applied by us.
   */
  readonly extraCaCerts?: string;

  /** `SHUTDOWN_GRACE`: how long running answers may go on once the process is told to end, in ms. */
  readonly shutdownGraceMs: number = 20_000;

  /** `DISCONNECT_GRACE`: how long a run with `on_disconnect: cancel` goes on unwatched, in ms. */
  readonly disconnectGraceMs: number = 20_000;

  /** `HEARTBEAT_INTERVAL`: the silence after which a stream gets a heartbeat, in ms. */
  readonly heartbeatMs: number = 15_000;

  /** `STALL_LIMIT`: how long a reader may take nothing before it is closed, in ms. */
  readonly stallLimitMs: number = 15 * 60 * 1000;

  /** `HEADERS_WAIT`: how long a stream's headers wait for the provider's first event, in ms. */
  readonly headersWaitMs: number = 20_000;

  /** `RETRY_BUDGET`: how long one model is tried again before its answer has begun, in ms. */
  readonly retryBudgetMs: number = 15_000;

  /** `MAX_CONTINUATIONS`: how often an answer that was cut is gone on with. */
  readonly maxContinuations: number = 5;

  /** `TOOL_TIMEOUT`: how long a tool call may take, unless its tool says otherwise, in ms. */
  readonly toolTimeoutMs: number = 60_000;

  /** `TOOL_RESULT_LIMIT`: most characters of a tool's result (UTF-16 units); the rest is cut off. */
  readonly toolResultLimit: number = 32 * 1024;

  /** `OFFLINE_WORD_DELAY`: how long the offline assistant pauses before each word, in ms. */
  readonly offlineWordDelayMs: number = 20;

  /** `MCP_START_TIMEOUT`: how long a run waits for a tool server that is being started, in ms. */
  readonly mcpStartTimeoutMs: number = 10_000;

  /** `RUN_RETENTION`: how long an ended run, its log and its key are kept, in ms. */
  readonly runRetentionMs: number = 24 * 60 * 60 * 1000;

  /**
   * `SESSION_RETENTION`: how long a session is kept after its last message, in ms. 0: for ever.
   */
  readonly sessionRetentionMs: number = 0;

  /**
   * `LOCAL_PROBE_INTERVAL`: how often model servers are looked for on the machine itself, in ms. 0:
   * never.
   */
  readonly localProbeMs: number = 10_000;

  /** `MAX_ACTIVE_RUNS`: how many runs may be under way before new ones are refused. */
  readonly maxActiveRuns: number = 1000;

  /** @param values the settings that differ from their defaults; `undefined` counts as absent. */
  constructor(values: Partial<Settings> = {}) {
    const given = Object.entries(values).filter(([, value]) => value !== undefined);
    Object.assign(this, Object.fromEntries(given));
    Object.freeze(this.corsOrigins);
    Object.freeze(this.proxy);
    Object.freeze(this);
  }
}
