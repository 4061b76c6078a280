import 'reflect-metadata';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { createApp } from './app.factory.js';
import { ConfigError } from './config/config-error.js';
import type { LoadedConfig } from './config/load-config.js';
import { loadConfigOrExit } from './load-config-or-exit.js';
import { Logger } from './logging/logger.js';
import { StandardOutput } from './logging/standard-output.js';
import { ModelRegistry } from './models/model-registry.js';
import { DataDirectory } from './storage/sqlite/data-directory.js';
import { toOpenError } from './storage/sqlite/open-fault.js';
import { StorageOpenError, StorageUnavailableError } from './storage/storage-errors.js';

/** What a stop may take beyond the grace time before it is ended the hard way, in milliseconds. */
const STOP_MARGIN_MS = 5_000;

/** What an operator is told of why the service cannot start; undefined where it is not theirs to mend. */
function startFault(error: unknown, dataDir: string): string | undefined {
  // The storage can open and fail all the same: what the last process has left is taken over next.
  const fault =
    error instanceof StorageUnavailableError
      ? toOpenError(new DataDirectory(dataDir).database, error.cause)
      : error;
  // Which tools there are is known once the application is made.
  const isOperators = fault instanceof StorageOpenError || fault instanceof ConfigError;
  return isOperators ? fault.message : undefined;
}

/** The application with its storage open, or the end of the process with one line that says why. */
async function createAppOrExit(
  config: LoadedConfig,
  output: StandardOutput,
): Promise<NestExpressApplication> {
  try {
    return await createApp(config, { logDestination: output });
  } catch (error) {
    const fault = startFault(error, config.settings.dataDir);
    if (fault === undefined) throw error;
    process.stderr.write(`${fault}\n`);
    await output.written();
    process.exit(1);
  }
}

/**
 * Stops on SIGTERM and SIGINT: drains, then ends with 0. A second signal does not wait.
 * @param started the application once it serves: a stop in between would leave half of a take-over
 */
function stopOnSignals(
  started: Promise<NestExpressApplication>,
  graceMs: number,
  output: StandardOutput,
): void {
  let stopping = false;
  const stop = async (signal: NodeJS.Signals): Promise<void> => {
    if (stopping) process.exit(1);
    stopping = true;
    const app = await started;
    const logger = app.get(Logger);
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
  const output = new StandardOutput();
  const started = start(config, output);
  stopOnSignals(started, config.settings.shutdownGraceMs, output);
  await started;
}

/** The application, listening; or the end of the process with one line that says why not. */
async function start(
  config: LoadedConfig,
  output: StandardOutput,
): Promise<NestExpressApplication> {
  const { host, port } = config.settings;
  const app = await createAppOrExit(config, output);
  const logger = app.get(Logger);
  for (const warning of config.warnings) logger.warn({}, warning);
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
  return app;
}
