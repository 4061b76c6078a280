/** What SQLite says where the file, the disk or another program is at fault, and not the statement. */
const FAILURES = [
  'SQLITE_BUSY',
  'SQLITE_CANTOPEN',
  'SQLITE_CORRUPT',
  'SQLITE_FULL',
  'SQLITE_IOERR',
  'SQLITE_LOCKED',
  'SQLITE_NOTADB',
  'SQLITE_PERM',
  'SQLITE_PROTOCOL',
  'SQLITE_READONLY',
] as const;

export type StorageFailure = (typeof FAILURES)[number];

/** The failure of the storage that an error stands for, if any; extended codes count as their kind. */
export function storageFailureOf(error: unknown): StorageFailure | undefined {
  // By its code: the class of the error is another one in each registry of modules.
  const code: unknown = (error as { code?: unknown } | null | undefined)?.code;
  if (typeof code !== 'string') return undefined;
  return FAILURES.find((failure) => code === failure || code.startsWith(`${failure}_`));
}
