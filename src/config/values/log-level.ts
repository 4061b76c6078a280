import type { LogLevel } from '../settings.js';
import { oneOf } from './text.js';
import type { ValueType } from './value-type.js';

/** pino's levels, and the names that Python's `logging` has for them. */
const LEVELS: Readonly<Record<string, LogLevel>> = {
  silent: 'silent',
  fatal: 'fatal',
  critical: 'fatal',
  error: 'error',
  warning: 'warn',
  warn: 'warn',
  info: 'info',
  debug: 'debug',
  trace: 'trace',
  notset: 'trace',
};

const names = oneOf(Object.keys(LEVELS));

/** How much is logged, in any case. */
export const logLevel: ValueType<LogLevel> = {
  allowed: names.allowed,
  parse: (value) => LEVELS[names.parse(value) ?? ''],
};
