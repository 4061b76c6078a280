import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { StorageCopyError } from '../storage-errors.js';
import { DataDirectory, syncDirectory } from './data-directory.js';
import { hasFacts, writeFacts } from './facts.js';
import { faultOf } from './open-fault.js';

/** How long to wait for a lock, in milliseconds: the one who writes holds it but for a moment. */
const PATIENCE_MS = 5_000;

/** A copy that was made. */
export interface DatabaseCopy {
  path: string;
  /** In bytes. */
  size: number;
}

/**
 * Copies the database of a data directory, as it is at one moment, into a new file of mode 0600. A
 * service that runs there goes on; the copy appears under its name when it is whole.
 * @param dataDir absolute
 * @param path absolute; nothing may be there yet
 * @throws StorageCopyError
 */
export function copyDatabase(dataDir: string, path: string): DatabaseCopy {
  const { database } = new DataDirectory(dataDir);
  if (!existsSync(database)) {
    throw new StorageCopyError(`Cannot copy ${database}: there is no such file`);
  }
  if (existsSync(path)) {
    throw new StorageCopyError(`Cannot copy to ${path}: there is a file, and it is kept`);
  }
  if (!existsSync(dirname(path))) {
    throw new StorageCopyError(`Cannot copy to ${path}: there is no such folder`);
  }
  const unfinished = `${path}.${process.pid}.part`;
  try {
    closeSync(openSync(unfinished, 'wx', 0o600));
    vacuumInto(database, unfinished);
    publish(unfinished, path);
    return { path, size: statSync(path).size };
  } catch (error) {
    const fault = faultOf(error);
    if (fault === undefined) throw error;
    throw new StorageCopyError(`Cannot copy ${database} to ${path}: ${fault.reason}`);
  } finally {
    rmSync(unfinished, { force: true });
  }
}

function vacuumInto(database: string, path: string): void {
  const source = new Database(database, { readonly: true, timeout: PATIENCE_MS });
  try {
    if (!hasFacts(source)) {
      throw new StorageCopyError(`Cannot copy ${database}: it is not a database of this service`);
    }
    source.prepare('VACUUM INTO ?').run(path);
  } finally {
    source.close();
  }
}

function publish(unfinished: string, path: string): void {
  const copy = new Database(unfinished);
  try {
    // Once it is used, readers may have seen more of a run than it holds: see LastProcess.
    writeFacts(copy, { clean: 'copy' });
  } finally {
    copy.close();
  }
  const file = openSync(unfinished, 'r+');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(unfinished, path);
  syncDirectory(dirname(path));
}
