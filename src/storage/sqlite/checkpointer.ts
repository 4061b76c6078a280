import { once } from 'node:events';
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { CheckpointDone, CheckpointReport } from './checkpoint-worker.js';

/** Beside this file, as TypeScript or as what was built of it. */
const WORKER = new URL(`./checkpoint-worker${extname(import.meta.url)}`, import.meta.url);

/** Copies the write-ahead log into the database, in a thread of its own. */
export class Checkpointer {
  #worker: Worker | undefined;

  /** @param file the path of the database */
  constructor(private readonly file: string) {}

  /**
   * As much as can be copied without keeping anybody waiting. One at a time.
   * @throws Error where it fails
   */
  async checkpoint(): Promise<CheckpointDone> {
    const worker = (this.#worker ??= this.#start());
    const ended = new AbortController();
    const report = new Promise<CheckpointReport>((resolve, reject) => {
      const { signal } = ended;
      once(worker, 'message', { signal }).then(
        ([value]) => resolve(value as CheckpointReport),
        reject,
      );
      once(worker, 'exit', { signal }).then(
        () => reject(new Error('The thread has ended.')),
        reject,
      );
    });
    worker.postMessage('checkpoint');
    try {
      const done = await report;
      if ('failure' in done) throw new Error(done.failure);
      return done;
    } finally {
      ended.abort();
    }
  }

  /** Waits for a checkpoint that is under way. */
  async close(): Promise<void> {
    const worker = this.#worker;
    if (worker === undefined) return;
    // Else a process that has nothing left to do but this ends before it is done.
    worker.ref();
    const ended = new Promise((resolve) => worker.once('exit', resolve));
    worker.postMessage('close');
    await ended;
  }

  #start(): Worker {
    const worker = new Worker(WORKER, { workerData: this.file });
    worker.unref();
    // The end of the thread tells it as well; nobody listening would be the end of the process.
    worker.on('error', () => undefined);
    worker.once('exit', () => (this.#worker = undefined));
    return worker;
  }
}
