import { isId } from './id.js';

/** Where a list goes on: the last id of the page before, packed so that nobody reads it. */
export function cursorAfter(id: string): string {
  return Buffer.from(id.replaceAll('-', ''), 'hex').toString('base64url');
}

/** The id that a cursor stands behind; undefined for one that is not ours. */
export function idBefore(cursor: string): string | undefined {
  const bytes = Buffer.from(cursor, 'base64url');
  // Decoding passes over what it does not know: only what it would write itself is ours.
  if (bytes.length !== 16 || bytes.toString('base64url') !== cursor) return undefined;
  const id = bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
  return isId(id) ? id : undefined;
}
