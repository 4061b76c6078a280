import { StorageOpenError } from '../storage-errors.js';
import { storageFailureOf, type StorageFailure } from './sqlite-failures.js';

/** What is wrong with a file or a folder, and what its operator may do. */
interface Fault {
  reason: string;
  advice: string;
}

const ELSEWHERE = 'set DATA_DIR to another folder';
const NOT_WRITABLE: Fault = {
  reason: 'it cannot be written',
  advice: `let the user who runs the service write there, or ${ELSEWHERE}`,
};
const NO_FOLDER: Fault = {
  reason: 'there is a file where a folder should be',
  advice: `move the file away, or ${ELSEWHERE}`,
};
const FULL: Fault = { reason: 'the disk is full', advice: 'make room, and start again' };
const LOCKED: Fault = {
  reason: 'another program has locked it',
  advice: 'end that, and start again',
};
const REPLACE = 'put a backup in its place, or move it away to start anew';

const SYSTEM_FAULTS: Readonly<Record<string, Fault>> = {
  EACCES: NOT_WRITABLE,
  EPERM: NOT_WRITABLE,
  EROFS: NOT_WRITABLE,
  // What Node says of a folder that cannot be made, where the file system is read-only.
  ENOENT: { reason: 'it cannot be made there', advice: ELSEWHERE },
  EEXIST: NO_FOLDER,
  ENOTDIR: NO_FOLDER,
  ENOSPC: FULL,
  EDQUOT: FULL,
};
const OTHER_SYSTEM_FAULT: Fault = { reason: 'the system refuses', advice: ELSEWHERE };

const DATABASE_FAULTS: Readonly<Record<StorageFailure, Fault>> = {
  SQLITE_BUSY: LOCKED,
  SQLITE_LOCKED: LOCKED,
  SQLITE_PROTOCOL: LOCKED,
  SQLITE_CANTOPEN: {
    reason: 'it cannot be opened',
    advice: `see that it is a file, and that the user who runs the service may write it and its folder`,
  },
  SQLITE_PERM: NOT_WRITABLE,
  SQLITE_READONLY: NOT_WRITABLE,
  SQLITE_FULL: FULL,
  SQLITE_IOERR: {
    reason: 'it cannot be read or written',
    advice: 'see whether the disk is sound and has room',
  },
  SQLITE_CORRUPT: { reason: 'it is damaged', advice: REPLACE },
  SQLITE_NOTADB: { reason: 'it is not a database', advice: REPLACE },
};

/** What is wrong, where an error stands for a fault of a file, the disk or another program. */
export function faultOf(error: unknown): Fault | undefined {
  const { code = '', syscall } = error as NodeJS.ErrnoException;
  const failure = storageFailureOf(error);
  const fault = failure === undefined ? SYSTEM_FAULTS[code] : DATABASE_FAULTS[failure];
  if (fault === undefined && syscall === undefined) return undefined;
  const { reason, advice } = fault ?? OTHER_SYSTEM_FAULT;
  return { reason: `${reason} (${code})`, advice };
}

/** What the operator is told of an error. One that stands for no fault comes back as it is. */
export function toOpenError(path: string, error: unknown): unknown {
  const fault = faultOf(error);
  if (fault === undefined) return error;
  return new StorageOpenError(`Cannot open ${path}: ${fault.reason}; ${fault.advice}`);
}

/** Does a step of opening the storage. @throws StorageOpenError where there is a fault */
export function opening<T>(path: string, step: () => T): T {
  try {
    return step();
  } catch (error) {
    throw toOpenError(path, error);
  }
}
