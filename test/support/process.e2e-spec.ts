import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { writeConfigDir, type ConfigDir } from './config-dir.js';
import { openStream, request } from './http-client.js';
import { startProcess, type ServiceProcess } from './process.js';
import { stall } from './provider/faults.js';
import { role, text } from './provider/steps.js';
import { ScriptedProvider } from './scripted-provider.js';

describe('a process that is killed', () => {
  let provider: ScriptedProvider;
  let directory: ConfigDir;
  let service: ServiceProcess;

  beforeEach(async () => {
    provider = await ScriptedProvider.start();
    provider.always([role(), text('a'), stall()]);
    directory = await writeConfigDir({ provider });
    service = await startProcess(directory.env);
  });
  afterEach(async () => {
    await service.kill();
    await directory.remove();
    await provider.close();
  });

  it('cuts its readers, and comes back at once on the same port and directories', async () => {
    const { url } = service;
    for (let round = 0; round < 3; round += 1) {
      const reader = await openStream(`${url}/api/v1/chat`, {
        body: { message: 'Hi', stream: true },
      });
      await reader.event(0);
      expect(await service.kill()).toEqual({ code: null, signal: 'SIGKILL' });
      expect(await reader.ended).toBe('cut');
      await expect(request(`${url}/health/live`)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
      service = await service.restart();
      expect(service.url).toBe(url);
      expect((await request(`${url}/health/live`)).status).toBe(200);
    }
  });

  it('comes back with another environment where that is wanted', async () => {
    await service.kill();
    service = await service.restart({ LOG_LEVEL: 'debug' });
    await request(`${service.url}/health/live`);
    await service.log.until(({ path }) => path === '/health/live');
  });
});
