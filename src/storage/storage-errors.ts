import { ProblemError } from '../http/problem.js';

/** What is kept cannot be written, or not be read. Passes when the disk has room again. */
export class StorageUnavailableError extends ProblemError {
  constructor(cause?: unknown) {
    super('storage_unavailable', 'The storage is unavailable. Try again soon.', {
      retryable: true,
      retryAfter: 5,
      cause,
    });
  }
}

/**
 * The storage cannot be opened, and the process cannot start. The message is for its operator: what
 * is wrong, with which file, and what to do.
 */
export class StorageOpenError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'StorageOpenError';
    // Where in the code it was thrown says nothing to them.
    this.stack = `${this.name}: ${message}`;
  }
}

/** There is no copy of the storage. The message is for its operator, as with `StorageOpenError`. */
export class StorageCopyError extends Error {
  override readonly name = 'StorageCopyError';
}
