// Loaded by Node itself, as TypeScript too: only types that can be left out, and no imports of ours.
import { parentPort, workerData } from 'node:worker_threads';
import Database from 'better-sqlite3';

/** What came of a checkpoint. */
export type CheckpointReport = CheckpointDone | { failure: string };

export interface CheckpointDone {
  /** Pages in the write-ahead log when it began, and how many of them are in the database now. */
  log: number;
  checkpointed: number;
}

/** How long to wait for another program that holds a lock, in milliseconds. */
const PATIENCE_MS = 1_000;

const port = parentPort!;
const connection = new Database(workerData as string, {
  fileMustExist: true,
  timeout: PATIENCE_MS,
});

port.on('message', (asked: 'checkpoint' | 'close') => {
  if (asked === 'close') {
    connection.close();
    port.close();
    return;
  }
  let report: CheckpointReport;
  try {
    [report] = connection.pragma('wal_checkpoint(PASSIVE)') as [CheckpointDone];
  } catch (error) {
    // An error that goes to another thread leaves its code behind.
    const { code, message } = error as { code: string; message: string };
    report = { failure: `${code}: ${message}` };
  }
  port.postMessage(report);
});
