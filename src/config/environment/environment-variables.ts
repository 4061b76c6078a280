import { IsOptional } from 'class-validator';
import { Takes } from '../files/entry.js';
import { LOG_SYNCS } from '../settings.js';
import { originList, proxyAddress } from '../values/addresses.js';
import { logLevel } from '../values/log-level.js';
import { byteSize, duration } from '../values/measures.js';
import { wholeNumber } from '../values/numbers.js';
import { flag, oneOf, text, textOf } from '../values/text.js';
import { trustProxy } from '../values/trust-proxy.js';

export const port = wholeNumber({ min: 0, max: 65_535 });
export const host = textOf('a host name or an IP address', /^[\w.:%-]+$/);
export const modelName = textOf('the name of a model', /^[^\s\p{C}]+$/u);
export const wait = duration({ min: 0 });
/** More would be taken for silence. */
export const wordDelay = duration({ min: 0, max: 10_000 });
export const interval = duration();
/** Nothing waits so long on one timer: ended runs are swept now and then. */
export const retention = duration({ max: 3650 * 24 * 60 * 60 * 1000 });
export const retentionOrNone = duration({ min: 0, max: 3650 * 24 * 60 * 60 * 1000 });
export const logSync = oneOf(LOG_SYNCS);
export const count = wholeNumber({ min: 1 });
export const countOrNone = wholeNumber({ min: 0 });

/**
 * The environment variables that are settings, as they stand there. All may be unset.
 *
 * What is written here in Markdown is the table of `docs/configuration.md`: `npm run docs:settings`.
 */
export class EnvironmentVariables {
  /**
   * TCP port to listen on; 0 lets the system choose
   *
   * @default 8000
   */
  @IsOptional() @Takes(port) PORT?: string;

  /**
   * address to listen on. There is no access control yet, so an address that other machines can
   * reach is warned of at the start. In a container it must be `0.0.0.0`
   *
   * @default 127.0.0.1
   */
  @IsOptional() @Takes(host) HOST?: string;

  /**
   * model of requests that name none; see [the default model](models.md#the-default-model)
   *
   * @default none
   */
  @IsOptional() @Takes(modelName) MODEL_NAME?: string;

  /**
   * least important messages that are logged. The names of pino and of Python are understood, in
   * any case; `silent` logs nothing
   *
   * @default info
   */
  @IsOptional() @Takes(logLevel) LOG_LEVEL?: string;

  /**
   * whether the text of messages and answers may stand in the log
   *
   * @default false
   */
  @IsOptional() @Takes(flag) LOG_CONTENT?: string;

  /**
   * origins whose pages may call the service from a browser, as a comma list:
   * `https://app.example.com,http://localhost:3000`; `*` is any. None: no CORS headers, so only
   * pages of the service's own origin can
   *
   * @default none
   */
  @IsOptional() @Takes(originList) CORS_ORIGINS?: string;

  /**
   * largest request body; a larger one is answered with 413
   *
   * @default 1mb
   */
  @IsOptional() @Takes(byteSize) BODY_LIMIT?: string;

  /**
   * folder of `models.yaml` and `agents.yaml`
   *
   * @default the package's `config/`
   */
  @IsOptional() @Takes(text) CONFIG_DIR?: string;

  /**
   * folder of the database with runs, their events, sessions and idempotency keys; made with mode
   * 0700. On a local disk, one process a folder: [The data
   * directory](deployment.md#the-data-directory)
   *
   * @default ./data
   */
  @IsOptional() @Takes(text) DATA_DIR?: string;

  /**
   * `normal`: what a reader has seen survives any death of the process; `full`: the death of the
   * machine too, at the cost of a wait for the disk at each commit; see [When the machine
   * dies](deployment.md#when-the-machine-dies)
   *
   * @default normal
   */
  @IsOptional() @Takes(logSync) LOG_SYNC?: string;

  /**
   * whose `X-Forwarded-*` headers are believed: `true` (everybody's), the number of proxies in
   * front, or a comma list of addresses, CIDR ranges, `loopback`, `linklocal` and `uniquelocal`
   *
   * @default false
   */
  @IsOptional() @Takes(trustProxy) TRUST_PROXY?: string;

  /**
   * proxy for providers at `https:` addresses, such as `http://proxy.example:3128`; `https_proxy`
   * wins where both are set
   *
   * @default none
   */
  @IsOptional() @Takes(proxyAddress) HTTPS_PROXY?: string;

  /**
   * proxy for providers at `http:` addresses, which is asked for the whole address (no tunnel);
   * `http_proxy` wins
   *
   * @default none
   */
  @IsOptional() @Takes(proxyAddress) HTTP_PROXY?: string;

  /**
   * hosts that are asked without a proxy, as a comma list: `localhost,.internal`; `no_proxy` wins
   *
   * @default none
   */
  @IsOptional() @Takes(text) NO_PROXY?: string;

  /**
   * PEM file of further certificate authorities to trust, such as that of a company's proxy. A
   * certificate in it that cannot be read is a fault
   *
   * @default none
   */
  @IsOptional() @Takes(text) NODE_EXTRA_CA_CERTS?: string;

  /**
   * how long running answers may go on once the process is told to end (`SIGTERM`); what is left
   * then is handed to the next start
   *
   * @default 20s
   */
  @IsOptional() @Takes(wait) SHUTDOWN_GRACE?: string;

  /**
   * how long a run with `on_disconnect: cancel` goes on when nobody watches it
   *
   * @default 20s
   */
  @IsOptional() @Takes(wait) DISCONNECT_GRACE?: string;

  /**
   * silence after which a stream gets a heartbeat, so that proxies keep it open
   *
   * @default 15s
   */
  @IsOptional() @Takes(interval) HEARTBEAT_INTERVAL?: string;

  /**
   * how long a reader may take nothing at all before its connection is closed, which is noticed
   * after one to two times the limit; it can resume
   *
   * @default 15m
   */
  @IsOptional() @Takes(interval) STALL_LIMIT?: string;

  /**
   * how long the headers of a stream wait for the provider's first event, so that an early failure
   * is a real HTTP status; 0 sends them at once
   *
   * @default 20s
   */
  @IsOptional() @Takes(wait) HEADERS_WAIT?: string;

  /**
   * how long a model is tried again when its provider fails before it has said anything, and again
   * when it is to go on with an answer that was cut; then its fallbacks are called. 0: each is
   * called once. See [When a provider fails](models.md#when-a-provider-fails)
   *
   * @default 15s
   */
  @IsOptional() @Takes(wait) RETRY_BUDGET?: string;

  /**
   * how often an answer that was cut is gone on with. A death of the service counts, but is always
   * gone on from. 0: a provider that breaks off ends the run, with its partial text
   *
   * @default 5
   */
  @IsOptional() @Takes(countOrNone) MAX_CONTINUATIONS?: string;

  /**
   * how long a tool call may take, unless its tool says otherwise; the model is told of one that
   * took longer
   *
   * @default 60s
   */
  @IsOptional() @Takes(interval) TOOL_TIMEOUT?: string;

  /**
   * most characters of a tool's result; the rest is cut off, and the model is told so
   *
   * @default 32768
   */
  @IsOptional() @Takes(count) TOOL_RESULT_LIMIT?: string;

  /**
   * how long the [offline assistant](offline-assistant.md) pauses before each word. 0: not at all
   *
   * @default 20ms
   */
  @IsOptional() @Takes(wordDelay) OFFLINE_WORD_DELAY?: string;

  /**
   * how often Ollama, LM Studio and llama.cpp's server are asked for their models, and looked for
   * on the machine itself where they have no address. 0: never. See [Models on your own
   * machine](models.md#models-on-your-own-machine)
   *
   * @default 10s
   */
  @IsOptional() @Takes(wait) LOCAL_PROBE_INTERVAL?: string;

  /**
   * how long a run waits for an [MCP server](mcp.md) that is being started, before it goes on
   * without its tools; 0: not at all
   *
   * @default 10s
   */
  @IsOptional() @Takes(wait) MCP_START_TIMEOUT?: string;

  /**
   * how long an ended run, its events and its idempotency key are kept; sessions and their messages
   * stay
   *
   * @default 24h
   */
  @IsOptional() @Takes(retention) RUN_RETENTION?: string;

  /**
   * how long a session is kept after its last message, its runs with it. 0: for ever
   *
   * @default 0
   */
  @IsOptional() @Takes(retentionOrNone) SESSION_RETENTION?: string;

  /**
   * how many runs may be under way, queued ones included, before new ones are refused with 503
   *
   * @default 1000
   */
  @IsOptional() @Takes(count) MAX_ACTIVE_RUNS?: string;
}
