import { pino, type DestinationStream, type Logger as PinoLogger } from 'pino';
import type { Settings } from '../config/settings.js';

/** The structured log: one JSON object a line, under a level that the settings name. */
export abstract class Logger {
  abstract debug(fields: object, message: string): void;
  abstract info(fields: object, message: string): void;
  abstract warn(fields: object, message: string): void;
  abstract error(fields: object, message: string): void;
}

/**
 * @param destination Where the lines go. @default standard output
 */
export function createLogger(settings: Settings, destination?: DestinationStream): PinoLogger {
  const options = {
    level: settings.logLevel,
    base: undefined,
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  return destination === undefined ? pino(options) : pino(options, destination);
}
