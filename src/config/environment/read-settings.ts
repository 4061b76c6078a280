import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { notAllowed, shown, type Faults } from '../faults/faults.js';
import { fieldsOf, readEntry } from '../files/entry.js';
import { Settings } from '../settings.js';
import { originList, proxyAddress } from '../values/addresses.js';
import { logLevel } from '../values/log-level.js';
import { byteSize } from '../values/measures.js';
import { flag } from '../values/text.js';
import { trustProxy } from '../values/trust-proxy.js';
import { flawOfCertificates } from './certificates.js';
import {
  count,
  countOrNone,
  EnvironmentVariables,
  host,
  interval,
  logSync,
  modelName,
  port,
  retention,
  retentionOrNone,
  wait,
  wordDelay,
} from './environment-variables.js';
import { ENVIRONMENT, type Environment } from './environment.js';

/** The package's own `config/`: as far up from `src/` as from `dist/`. */
const OWN_CONFIG_DIR = fileURLToPath(new URL('../../../config', import.meta.url));

/** The settings that the environment gives, with the defaults of the rest. */
export function readSettings(environment: Environment, cwd: string, faults: Faults): Settings {
  const names = fieldsOf(EnvironmentVariables);
  const given = Object.fromEntries(names.map((name) => [name, valueOf(name, environment)]));
  const raw = readEntry(EnvironmentVariables, given, {
    path: [],
    source: environment.source,
    faults,
  });
  return new Settings({
    port: port.parse(raw.PORT),
    host: host.parse(raw.HOST),
    modelName: modelName.parse(raw.MODEL_NAME),
    logLevel: logLevel.parse(raw.LOG_LEVEL),
    logContent: flag.parse(raw.LOG_CONTENT),
    corsOrigins: originList.parse(raw.CORS_ORIGINS),
    bodyLimit: byteSize.parse(raw.BODY_LIMIT),
    configDir: raw.CONFIG_DIR === undefined ? OWN_CONFIG_DIR : resolve(cwd, raw.CONFIG_DIR),
    dataDir: resolve(cwd, raw.DATA_DIR ?? new Settings().dataDir),
    logSync: logSync.parse(raw.LOG_SYNC),
    trustProxy: trustProxy.parse(raw.TRUST_PROXY),
    proxy: {
      httpsProxy: proxyAddress.parse(raw.HTTPS_PROXY),
      httpProxy: proxyAddress.parse(raw.HTTP_PROXY),
      noProxy: raw.NO_PROXY,
    },
    extraCaCerts: certificatesFile(raw.NODE_EXTRA_CA_CERTS, cwd, faults),
    shutdownGraceMs: wait.parse(raw.SHUTDOWN_GRACE),
    disconnectGraceMs: wait.parse(raw.DISCONNECT_GRACE),
    heartbeatMs: interval.parse(raw.HEARTBEAT_INTERVAL),
    stallLimitMs: interval.parse(raw.STALL_LIMIT),
    headersWaitMs: wait.parse(raw.HEADERS_WAIT),
    retryBudgetMs: wait.parse(raw.RETRY_BUDGET),
    maxContinuations: countOrNone.parse(raw.MAX_CONTINUATIONS),
    toolTimeoutMs: interval.parse(raw.TOOL_TIMEOUT),
    toolResultLimit: count.parse(raw.TOOL_RESULT_LIMIT),
    offlineWordDelayMs: wordDelay.parse(raw.OFFLINE_WORD_DELAY),
    localProbeMs: wait.parse(raw.LOCAL_PROBE_INTERVAL),
    mcpStartTimeoutMs: wait.parse(raw.MCP_START_TIMEOUT),
    runRetentionMs: retention.parse(raw.RUN_RETENTION),
    sessionRetentionMs: retentionOrNone.parse(raw.SESSION_RETENTION),
    maxActiveRuns: count.parse(raw.MAX_ACTIVE_RUNS),
  });
}

/** As common in lower case, which wins where both are set, as with curl. */
const ANY_CASE = ['HTTPS_PROXY', 'HTTP_PROXY', 'NO_PROXY'];

function valueOf(name: string, environment: Environment): string | undefined {
  const lowerCase = ANY_CASE.includes(name) ? environment.get(name.toLowerCase()) : undefined;
  return lowerCase ?? environment.get(name);
}

/** Node itself passes over a file that it cannot read; every request would then fail later. */
function certificatesFile(path: string | undefined, cwd: string, faults: Faults) {
  if (path === undefined) return undefined;
  const file = resolve(cwd, path);
  const flaw = flawOfCertificates(file);
  if (flaw === undefined) return file;
  const problem = notAllowed(`${shown(path)} (${flaw})`, 'the path of a readable PEM file');
  faults.add(ENVIRONMENT, 'NODE_EXTRA_CA_CERTS', problem);
  return undefined;
}
