import { fork } from 'node:child_process';
import { once } from 'node:events';

/** The module that a process runs: it gets the task as a message and answers with one. */
export interface LimitedWorker {
  path: string;
  args?: readonly string[];
}

/** What a task may take. */
export interface TaskLimits {
  /** Longest time, in milliseconds. */
  timeMs: number;
  memoryMb: number;
}

/** A task that took longer, or more memory, than it may. */
export class TaskLimitError extends Error {
  override readonly name = 'TaskLimitError';
  constructor(readonly isLate: boolean) {
    super(isLate ? 'It takes too long.' : 'It takes too much.');
  }
}

/** One at a time: whoever sends hard tasks waits for them, and nobody else's cores do. */
let last: Promise<unknown> = Promise.resolve();
let waiting = 0;

/** Most tasks that wait for others. */
const MOST_WAITING = 50;

/**
 * Lets a process of its own do a task: what a caller has sent may ask for more than any memory holds, or
 * for a regular expression that takes for ever, and takes nothing down but that process.
 *
 * @throws TaskLimitError where it takes too long, takes too much, or too many others are waiting
 */
export async function runLimited<Report>(
  worker: LimitedWorker,
  task: object,
  limits: TaskLimits,
): Promise<Report> {
  if (waiting >= MOST_WAITING) throw new TaskLimitError(true);
  waiting += 1;
  const report = last.then(() => run<Report>(worker, task, limits));
  last = report.catch(() => undefined).then(() => (waiting -= 1));
  return report;
}

async function run<Report>(
  { path, args = [] }: LimitedWorker,
  task: object,
  { timeMs, memoryMb }: TaskLimits,
): Promise<Report> {
  const child = fork(path, args, {
    execArgv: [`--max-old-space-size=${memoryMb}`],
    // Nothing of ours is its business.
    env: {},
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  const timeout = AbortSignal.timeout(timeMs);
  const ended = new AbortController();
  const signal = AbortSignal.any([timeout, ended.signal]);
  try {
    const report = Promise.race([
      once(child, 'message', { signal }),
      once(child, 'exit', { signal }).then(() => undefined),
    ]);
    child.send(task);
    const [said] = ((await report) ?? []) as [Report?];
    if (said === undefined) throw new TaskLimitError(false);
    return said;
  } catch (error) {
    throw error instanceof TaskLimitError ? error : new TaskLimitError(timeout.aborted);
  } finally {
    ended.abort();
    child.on('error', () => undefined);
    child.kill('SIGKILL');
  }
}
