import 'reflect-metadata';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { createApp } from './app.factory.js';
import type { LoadedConfig } from './config/load-config.js';
import { loadConfigOrExit } from './load-config-or-exit.js';
import { Logger } from './logging/logger.js';
import { StandardOutput } from './logging/standard-output.js';
import { ModelRegistry } from './models/model-registry.js';
import { StorageOpenError } from './storage/storage-errors.js';

/** What a stop may take beyond the grace time before it is ended the hard way, in milliseconds. */
const STOP_MARGIN_MS = 5_000;

/** The application with its storage open, or the end of the process with one line that says why. */
async function createAppOrExit(
  config: LoadedConfig,
  output: StandardOutput,
): Promise<NestExpressApplication> {
  try {
    return await createApp(config, { logDestination: output });
  } catch (error) {
    if (!(error instanceof StorageOpenError)) throw error;
    process.stderr.write(`${error.message}\n`);
    await output.written();
    process.exit(1);
  }
}

/** Stops on SIGTERM and SIGINT: drains, then ends with 0. A second signal does not wait. */
function stopOnSignals(app: NestExpressApplication, graceMs: number, output: StandardOutput): void {
  const logger = app.get(Logger);
  let stopping = false;
  const stop = async (signal: NodeJS.Signals): Promise<void> => {
    if (stopping) process.exit(1);
    stopping = true;
    logger.info({ signal, grace_ms: graceMs }, 'stopping');
    // Readers that have stopped reading hold their connections, and those hold the server open.
    const cut = () => app.getHttpServer().closeAllConnections();
    setTimeout(cut, graceMs + STOP_MARGIN_MS).unref();
    await app.close();
    logger.info({}, 'stopped');
    await output.written();
    process.exit(0);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void stop(signal));
}

/** Serves until a signal ends the process. */
export async function serve(env: NodeJS.ProcessEnv): Promise<void> {
  const config = loadConfigOrExit(env);
  const { host, port, shutdownGraceMs } = config.settings;
  const output = new StandardOutput();
  const app = await createAppOrExit(config, output);
  const logger = app.get(Logger);
  for (const warning of config.warnings) logger.warn({}, warning);
  stopOnSignals(app, shutdownGraceMs, output);
  try {
    await app.listen(port, host);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    const why = code === 'EADDRINUSE' ? 'the port is taken; set PORT to another one' : code;
    process.stderr.write(`Cannot listen on ${host}:${port}: ${why}\n`);
    await output.written();
    process.exit(1);
  }
  const model = app
    .get(ModelRegistry)
    .list()
    .find((listed) => listed.default);
  logger.info({ url: await app.getUrl(), default_model: model?.id }, 'listening');
}
