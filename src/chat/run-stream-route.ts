import type { Request } from 'express';

/** Where runs are. */
export const RUNS_PATH = 'api/v1/runs';

/** The path of a run's stream, as the router takes it. */
const RUN_STREAM = new RegExp(`^/${RUNS_PATH}/[^/]+/stream/?$`, 'i');

/** Whether a request follows a run, whichever. */
export function isRunStream({ method, path }: Request): boolean {
  return (method === 'GET' || method === 'HEAD') && RUN_STREAM.test(path);
}
