import {
  accessSync,
  closeSync,
  constants,
  fsyncSync,
  mkdirSync,
  openSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Logger } from '../../logging/logger.js';
import { StorageOpenError } from '../storage-errors.js';
import { opening } from './open-fault.js';

const { R_OK, W_OK, X_OK } = constants;

/** The folder that holds a database and its lock. */
export class DataDirectory {
  readonly database: string;
  readonly lock: string;

  /** @param path absolute */
  constructor(readonly path: string) {
    this.database = join(path, 'agno.db');
    this.lock = join(path, 'lock.db');
  }

  /** Makes the folder where there is none. @throws StorageOpenError */
  prepare(logger: Logger): void {
    opening(this.path, () => mkdirSync(this.path, { recursive: true, mode: 0o700 }));
    opening(this.path, () => accessSync(this.path, R_OK | W_OK | X_OK));
    const mode = statSync(this.path).mode & 0o777;
    if ((mode & 0o077) === 0 || process.platform === 'win32') return;
    const text = mode.toString(8).padStart(4, '0');
    logger.warn(
      { data_dir: this.path, mode: text },
      `DATA_DIR: other users of this machine can enter ${this.path} (mode ${text}), and read there ` +
        'what was said; chmod 700 keeps them out',
    );
  }

  /** Makes the file of the lock where there is none. @throws StorageOpenError */
  prepareLock(): void {
    this.#makeFile(this.lock);
  }

  /** Makes the file of the database where there is none. @throws StorageOpenError */
  prepareDatabase(): void {
    const there = statSync(this.database, { throwIfNoEntry: false });
    if (there !== undefined && !there.isFile()) {
      throw new StorageOpenError(
        `Cannot open ${this.database}: it is not a file; move it away, or set DATA_DIR to another folder`,
      );
    }
    const log = `${this.database}-wal`;
    if (sizeOf(this.database) === 0 && sizeOf(log) > 0) {
      // SQLite would take the log for a left-over of the empty file, and delete it.
      throw new StorageOpenError(
        `Cannot open ${this.database}: it is missing or empty, but its log ${log} is there; put the ` +
          'file back where it was, or move the log away to start anew',
      );
    }
    this.#makeFile(this.database);
    opening(this.database, () => accessSync(this.database, R_OK | W_OK));
  }

  /**
   * Only ever makes a file: to open and close one that is there would give up all locks that this
   * process has on it, as POSIX wants it. SQLite gives `-wal` and `-shm` the mode of the database.
   */
  #makeFile(path: string): void {
    opening(path, () => {
      try {
        closeSync(openSync(path, 'wx', 0o600));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'EEXIST') return;
        throw error;
      }
      syncDirectory(this.path);
    });
  }
}

/** In bytes; 0 where there is nothing. */
function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

/** Has the disk know of a new name. */
export function syncDirectory(path: string): void {
  // Windows has no such thing.
  if (process.platform === 'win32') return;
  const directory = openSync(path, 'r');
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}
