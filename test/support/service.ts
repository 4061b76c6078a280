import type { NestExpressApplication } from '@nestjs/platform-express';
import { createApp } from '../../src/app.factory.js';
import { loadConfig } from '../../src/config/load-config.js';
import { writeConfigDir, type TestConfiguration } from './config-dir.js';
import { LogLines, type LogLine } from './log-lines.js';

/** The service, running in the process of the test. */
export interface RunningService {
  /** Without a slash at its end. */
  url: string;
  app: NestExpressApplication;
  configDir: string;
  dataDir: string;
  /** The log so far. */
  logs: readonly LogLine[];
  log: LogLines;
  /** Shuts the service down and removes its directories. */
  close(): Promise<void>;
}

/** Starts the service on a free port of the loopback, with a configuration of its own. */
export async function startService(configuration: TestConfiguration = {}): Promise<RunningService> {
  const directory = await writeConfigDir(configuration);
  const log = new LogLines();
  try {
    const config = loadConfig(directory.env, { cwd: directory.configDir });
    const app = await createApp(config, { logDestination: log });
    await app.listen(0, '127.0.0.1');
    return {
      url: (await app.getUrl()).replace(/\/$/, ''),
      app,
      configDir: directory.configDir,
      dataDir: directory.dataDir,
      get logs() {
        return log.lines;
      },
      log,
      close: async () => {
        await app.close();
        log.end();
        await directory.remove();
      },
    };
  } catch (error) {
    await directory.remove();
    throw error;
  }
}
