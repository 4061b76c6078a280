import { Test } from '@nestjs/testing';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { createApp, prepareApp } from '../../src/app.factory.js';
import { AppModule } from '../../src/app.module.js';
import { loadConfig, type LoadedConfig } from '../../src/config/load-config.js';
import { PairedRouteAdapter } from '../../src/http/paired-route.js';
import { createLogger, Logger } from '../../src/logging/logger.js';
import { NestLogger } from '../../src/logging/nest-logger.js';
import { RunLog } from '../../src/runs/run-log.js';
import { RunStore } from '../../src/runs/run-store.js';
import { slowRunLog } from '../../src/runs/slow-run-log.contract.js';
import { slowly } from '../../src/runs/slowly.contract.js';
import { SqlRunStore } from '../../src/runs/sql/sql-run-store.js';
import { SqliteRunLog } from '../../src/runs/sqlite/sqlite-run-log.js';
import { SessionStore } from '../../src/sessions/session-store.js';
import { SqlSessionStore } from '../../src/sessions/sql/sql-session-store.js';
import { SqlDatabase } from '../../src/storage/sql/sql-database.js';
import { SqliteDatabase } from '../../src/storage/sqlite/sqlite-database.js';
import { Storage } from '../../src/storage/storage.js';
import { writeConfigDir, type TestConfiguration } from './config-dir.js';
import { lookingFor } from './looking-for.js';
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
    const loaded = loadConfig(directory.env, { cwd: directory.configDir });
    const config = lookingFor(configuration.lookFor ?? {}, loaded);
    const app = await (configuration.slowStores
      ? createSlowApp(config, createLogger(config.settings, log))
      : createApp(config, { logDestination: log, modules: configuration.modules ?? [] }));
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

/** The application over stores that answer late and in batches, as ones across a network do. */
async function createSlowApp(
  config: LoadedConfig,
  logger: Logger,
): Promise<NestExpressApplication> {
  const module = await Test.createTestingModule({ imports: [AppModule.register(config, logger)] })
    .overrideProvider(RunLog)
    .useFactory({
      inject: [SqliteDatabase, Storage, Logger],
      factory: (database: SqliteDatabase, storage: Storage, logger: Logger) =>
        slowRunLog(new SqliteRunLog(database, storage, logger)),
    })
    .overrideProvider(RunStore)
    .useFactory({
      inject: [SqlDatabase],
      factory: (database: SqlDatabase) => slowly(new SqlRunStore(database)),
    })
    .overrideProvider(SessionStore)
    .useFactory({
      inject: [SqlDatabase],
      factory: (database: SqlDatabase) => slowly(new SqlSessionStore(database)),
    })
    .compile();
  const app = module.createNestApplication<NestExpressApplication>(new PairedRouteAdapter(), {
    bodyParser: false,
    logger: new NestLogger(logger),
  });
  return prepareApp(app, config, logger);
}
