import { existsSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { loadConfig } from '../../src/config/load-config.js';
import { writeConfigDir } from './config-dir.js';
import { request } from './http-client.js';
import { startProcess } from './process.js';
import { startService } from './service.js';

const LIVE = '/health/live';

describe('writeConfigDir', () => {
  it('writes a configuration that the service takes, with one provider whose key is missing', async () => {
    const directory = await writeConfigDir({ provider: { baseUrl: 'http://127.0.0.1:1/v1' } });
    const { models, agents } = loadConfig(directory.env, { cwd: directory.configDir });
    await directory.remove();
    expect([...models.models.keys()]).toEqual(['test-model', 'other-model', 'keyless-model']);
    expect(models.providers.get('scripted')).toMatchObject({
      baseUrl: 'http://127.0.0.1:1/v1',
      apiKey: 'test-key',
      unavailable: undefined,
    });
    expect(models.providers.get('keyless')?.unavailable).toContain('KEYLESS_API_KEY');
    expect(agents.defaultAgent).toBe('assistant');
    expect(existsSync(directory.configDir)).toBe(false);
  });

  it('takes files as their text or as what they hold, and variables that win', async () => {
    const directory = await writeConfigDir({
      modelsYaml: 'providers: {}\nmodels: {}\n',
      agentsYaml: { agents: { poet: { instructions: 'Rhyme.' } } },
      env: { LOG_LEVEL: 'debug' },
    });
    const { settings, models, agents } = loadConfig(directory.env, { cwd: directory.configDir });
    await directory.remove();
    expect(models.models.size).toBe(0);
    expect(agents.defaultAgent).toBe('poet');
    expect(settings).toMatchObject({ logLevel: 'debug', dataDir: directory.dataDir });
  });
});

describe('startService', () => {
  it('serves on a free port, captures the log, and leaves nothing behind', async () => {
    const service = await startService({ env: { LOG_LEVEL: 'debug' } });
    expect((await request(`${service.url}${LIVE}`)).status).toBe(200);
    expect(service.logs).not.toHaveLength(0);
    await service.close();
    await expect(request(`${service.url}${LIVE}`)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    expect(existsSync(service.configDir)).toBe(false);
  });

  it('fails where the configuration is refused', async () => {
    await expect(startService({ env: { LOG_LEVEL: 'loud' } })).rejects.toThrow('LOG_LEVEL');
  });
});

describe('startProcess', () => {
  it('starts the built service and ends it with a signal', async () => {
    const directory = await writeConfigDir();
    const service = await startProcess(directory.env);
    expect((await request(`${service.url}${LIVE}`)).status).toBe(200);
    expect(await service.stop('SIGKILL')).toEqual({ code: null, signal: 'SIGKILL' });
    await expect(request(`${service.url}${LIVE}`)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await directory.remove();
  });

  it('lets the service end by itself when it is told to', async () => {
    const directory = await writeConfigDir();
    const service = await startProcess(directory.env);
    expect(await service.stop()).toEqual({ code: 0, signal: null });
    expect(await service.exited).toEqual({ code: 0, signal: null });
    await directory.remove();
  });

  it('fails with what the process said where it does not start', async () => {
    const directory = await writeConfigDir({ env: { LOG_LEVEL: 'loud' } });
    await expect(startProcess(directory.env)).rejects.toThrow(/LOG_LEVEL/);
    await directory.remove();
  });
});
