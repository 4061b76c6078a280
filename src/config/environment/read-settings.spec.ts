import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import type { ConfigError } from '../config-error.js';
import { Faults } from '../faults/faults.js';
import type { Settings } from '../settings.js';
import { readEnvironment } from './environment.js';
import { readSettings } from './read-settings.js';

let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'settings-'));
});
afterEach(() => rmSync(cwd, { recursive: true }));

function read(env: NodeJS.ProcessEnv): Settings {
  const faults = new Faults();
  const settings = readSettings(readEnvironment(env, cwd, faults), cwd, faults);
  faults.throwIfAny();
  return settings;
}

function faultsOf(env: NodeJS.ProcessEnv): readonly string[] {
  try {
    read(env);
    return [];
  } catch (error) {
    return (error as ConfigError).faults;
  }
}

describe('settings', () => {
  it('have defaults for an empty environment', () => {
    const { configDir, ...settings } = read({});
    expect(settings).toEqual({
      port: 8000,
      host: '127.0.0.1',
      modelName: undefined,
      logLevel: 'info',
      logContent: false,
      corsOrigins: [],
      bodyLimit: 1_048_576,
      dataDir: join(cwd, 'data'),
      logSync: 'normal',
      trustProxy: false,
      proxy: {},
      extraCaCerts: undefined,
      shutdownGraceMs: 20_000,
      disconnectGraceMs: 20_000,
      heartbeatMs: 15_000,
      stallLimitMs: 900_000,
      headersWaitMs: 20_000,
      localProbeMs: 10_000,
      mcpStartTimeoutMs: 10_000,
      runRetentionMs: 86_400_000,
      retryBudgetMs: 15_000,
      maxContinuations: 5,
      toolTimeoutMs: 60_000,
      toolResultLimit: 32_768,
      offlineWordDelayMs: 20,
      sessionRetentionMs: 0,
      maxActiveRuns: 1000,
    });
    expect(existsSync(join(configDir, 'models.yaml'))).toBe(true);
  });

  it('are read from the environment', () => {
    writeFileSync(join(cwd, 'ca.pem'), `# A company's own\n${rootCertificates[0]}\n`);
    expect(
      read({
        PORT: '0',
        HOST: '::1',
        MODEL_NAME: 'gpt-4o',
        LOG_LEVEL: 'WARNING',
        LOG_CONTENT: 'true',
        CORS_ORIGINS: 'https://a.example,https://b.example',
        BODY_LIMIT: '512kb',
        CONFIG_DIR: 'conf',
        DATA_DIR: '/var/lib/agno',
        LOG_SYNC: 'FULL',
        TRUST_PROXY: '1',
        HTTPS_PROXY: 'http://proxy.example:3128',
        HTTP_PROXY: 'proxy.example:3128',
        NO_PROXY: 'localhost,.internal',
        NODE_EXTRA_CA_CERTS: 'ca.pem',
        SHUTDOWN_GRACE: '5s',
        DISCONNECT_GRACE: '0',
        HEARTBEAT_INTERVAL: '500ms',
        STALL_LIMIT: '1m',
        HEADERS_WAIT: '0',
        LOCAL_PROBE_INTERVAL: '0',
        MCP_START_TIMEOUT: '2s',
        RUN_RETENTION: '7d',
        RETRY_BUDGET: '3s',
        MAX_CONTINUATIONS: '0',
        TOOL_TIMEOUT: '5s',
        TOOL_RESULT_LIMIT: '1000',
        OFFLINE_WORD_DELAY: '0',
        SESSION_RETENTION: '30d',
        MAX_ACTIVE_RUNS: '5',
      }),
    ).toEqual({
      port: 0,
      host: '::1',
      modelName: 'gpt-4o',
      logLevel: 'warn',
      logContent: true,
      corsOrigins: ['https://a.example', 'https://b.example'],
      bodyLimit: 524_288,
      configDir: join(cwd, 'conf'),
      dataDir: '/var/lib/agno',
      logSync: 'full',
      trustProxy: 1,
      proxy: {
        httpsProxy: 'http://proxy.example:3128',
        httpProxy: 'http://proxy.example:3128',
        noProxy: 'localhost,.internal',
      },
      extraCaCerts: join(cwd, 'ca.pem'),
      shutdownGraceMs: 5000,
      disconnectGraceMs: 0,
      heartbeatMs: 500,
      stallLimitMs: 60_000,
      headersWaitMs: 0,
      localProbeMs: 0,
      mcpStartTimeoutMs: 2000,
      runRetentionMs: 604_800_000,
      retryBudgetMs: 3_000,
      maxContinuations: 0,
      toolTimeoutMs: 5_000,
      toolResultLimit: 1_000,
      offlineWordDelayMs: 0,
      sessionRetentionMs: 2_592_000_000,
      maxActiveRuns: 5,
    });
  });

  it('take the proxy variables in lower case, which win', () => {
    const { proxy } = read({
      https_proxy: 'http://lower.example',
      HTTPS_PROXY: 'http://upper.example',
      no_proxy: '*',
    });
    expect(proxy).toEqual({ httpsProxy: 'http://lower.example', noProxy: '*' });
  });

  it('cannot be changed', () => {
    const settings = read({});
    expect(() => Object.assign(settings, { port: 1 })).toThrow(TypeError);
    expect(() => Object.assign(settings.proxy, { noProxy: '*' })).toThrow(TypeError);
    expect(() => (settings.corsOrigins as string[]).push('*')).toThrow(TypeError);
  });
});

describe('a wrong setting', () => {
  it.each([
    ['PORT', 'abc', 'a whole number from 0 to 65535'],
    ['PORT', '65536', 'a whole number from 0 to 65535'],
    ['HOST', 'http://x', 'a host name or an IP address'],
    ['LOG_LEVEL', 'loud', /^one of silent, fatal, critical, error, warning, warn, info, debug/],
    ['LOG_CONTENT', 'maybe', 'true or false'],
    ['CORS_ORIGINS', 'a.example', /^\* or a comma list of origins/],
    ['BODY_LIMIT', 'big', /^a number of bytes such as 512kb/],
    ['TRUST_PROXY', 'nginx', /^true, false, a number of proxies/],
    ['HTTPS_PROXY', 'socks5://x', /^the address of an HTTP proxy/],
    ['NODE_EXTRA_CA_CERTS', 'nowhere.pem', 'the path of a readable PEM file'],
    ['SHUTDOWN_GRACE', 'soon', /^a time such as 500ms, 20s, 15m or 24h/],
    ['HEARTBEAT_INTERVAL', '0', /more than 0, at most 24d$/],
    ['LOCAL_PROBE_INTERVAL', 'never', /^a time such as 500ms, 20s, 15m or 24h/],
    ['MCP_START_TIMEOUT', '-1', /^a time such as 500ms, 20s, 15m or 24h/],
    ['RUN_RETENTION', '-1', /more than 0, at most 3650d$/],
    ['MAX_CONTINUATIONS', '-1', 'a whole number of at least 0'],
    ['SESSION_RETENTION', '-1', /at most 3650d$/],
    ['TOOL_TIMEOUT', '0', /more than 0, at most 24d$/],
    ['TOOL_RESULT_LIMIT', '0', 'a whole number of at least 1'],
    ['MAX_ACTIVE_RUNS', '0', 'a whole number of at least 1'],
  ])('%s=%s is one line that says what is allowed', (name, value, allowed) => {
    const lines = faultsOf({ [name]: value });
    expect(lines).toHaveLength(1);
    const [where, what] = lines[0]!.split(', allowed: ');
    expect(where).toMatch(new RegExp(`^environment: ${name}: found "${value}"`));
    expect(what).toMatch(typeof allowed === 'string' ? new RegExp(`^${allowed}$`) : allowed);
  });

  it('is told of a file without a certificate', () => {
    writeFileSync(join(cwd, 'ca.pem'), 'MIIB');
    expect(faultsOf({ NODE_EXTRA_CA_CERTS: 'ca.pem' })).toEqual([
      'environment: NODE_EXTRA_CA_CERTS: found "ca.pem" (no certificate in it), ' +
        'allowed: the path of a readable PEM file',
    ]);
  });

  it('does not hide the others', () => {
    expect(faultsOf({ PORT: 'abc', HEADERS_WAIT: 'x', NODE_EXTRA_CA_CERTS: '.' })).toHaveLength(3);
  });

  it.each([
    ['HTTPS_PROXY', 'socks5://user:pass@x', 'socks5://***@x'],
    ['HTTPS_PROXY', 'http://user:pa/ss@proxy:3128', 'http://***@proxy:3128'],
    ['HTTPS_PROXY', 'user:S3cretPw@proxy.example:99999', '***@proxy.example:99999'],
    ['HTTP_PROXY', 'user:S3cretPw@proxy.example/path', '***@proxy.example/path'],
    ['HTTP_PROXY', 'http://user:S3 cretPw@proxy.example:99999', 'http://***@proxy.example:99999'],
    ['CORS_ORIGINS', 'user:S3cretPw@app.example', '***@app.example'],
  ])('does not show the credentials in %s=%s', (name, value, expected) => {
    expect(faultsOf({ [name]: value })).toEqual([
      expect.stringContaining(`environment: ${name}: found "${expected}", allowed: `),
    ]);
  });

  it('does not show what came from a file', () => {
    writeFileSync(join(cwd, 'port'), 'hush');
    expect(faultsOf({ PORT_FILE: 'port' })).toEqual([
      'environment: PORT: found a value that is not shown, ' +
        'allowed: a whole number from 0 to 65535',
    ]);
  });
});
