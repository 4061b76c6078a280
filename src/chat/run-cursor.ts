import { isId } from '../http/id.js';

/** Where a list of runs goes on: the last run of the page before, packed so that nobody reads it. */
export function cursorAfter(runId: string): string {
  return Buffer.from(runId.replaceAll('-', ''), 'hex').toString('base64url');
}

/** The run that a cursor stands behind; undefined for one that is not ours. */
export function runBefore(cursor: string): string | undefined {
  const bytes = Buffer.from(cursor, 'base64url');
  // Decoding passes over what it does not know: only what it would write itself is ours.
  if (bytes.length !== 16 || bytes.toString('base64url') !== cursor) return undefined;
  const id = bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
  return isId(id) ? id : undefined;
}
