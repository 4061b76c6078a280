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

/** The environment variables that are settings, as they stand there. All may be unset. */
export class EnvironmentVariables {
  @IsOptional() @Takes(port) PORT?: string;
  @IsOptional() @Takes(host) HOST?: string;
  @IsOptional() @Takes(modelName) MODEL_NAME?: string;
  @IsOptional() @Takes(logLevel) LOG_LEVEL?: string;
  @IsOptional() @Takes(flag) LOG_CONTENT?: string;
  @IsOptional() @Takes(originList) CORS_ORIGINS?: string;
  @IsOptional() @Takes(byteSize) BODY_LIMIT?: string;
  @IsOptional() @Takes(text) CONFIG_DIR?: string;
  @IsOptional() @Takes(text) DATA_DIR?: string;
  @IsOptional() @Takes(logSync) LOG_SYNC?: string;
  @IsOptional() @Takes(trustProxy) TRUST_PROXY?: string;
  @IsOptional() @Takes(proxyAddress) HTTPS_PROXY?: string;
  @IsOptional() @Takes(proxyAddress) HTTP_PROXY?: string;
  @IsOptional() @Takes(text) NO_PROXY?: string;
  @IsOptional() @Takes(text) NODE_EXTRA_CA_CERTS?: string;
  @IsOptional() @Takes(wait) SHUTDOWN_GRACE?: string;
  @IsOptional() @Takes(wait) DISCONNECT_GRACE?: string;
  @IsOptional() @Takes(interval) HEARTBEAT_INTERVAL?: string;
  @IsOptional() @Takes(interval) STALL_LIMIT?: string;
  @IsOptional() @Takes(wait) HEADERS_WAIT?: string;
  @IsOptional() @Takes(wait) RETRY_BUDGET?: string;
  @IsOptional() @Takes(countOrNone) MAX_CONTINUATIONS?: string;
  @IsOptional() @Takes(interval) TOOL_TIMEOUT?: string;
  @IsOptional() @Takes(count) TOOL_RESULT_LIMIT?: string;
  @IsOptional() @Takes(wordDelay) OFFLINE_WORD_DELAY?: string;
  @IsOptional() @Takes(wait) LOCAL_PROBE_INTERVAL?: string;
  @IsOptional() @Takes(wait) MCP_START_TIMEOUT?: string;
  @IsOptional() @Takes(retention) RUN_RETENTION?: string;
  @IsOptional() @Takes(retentionOrNone) SESSION_RETENTION?: string;
  @IsOptional() @Takes(count) MAX_ACTIVE_RUNS?: string;
}
