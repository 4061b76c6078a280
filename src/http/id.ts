import { v7, validate, version } from 'uuid';

/**
 * A new id: UUIDv7 (RFC 9562), so that ids sort by the time they were made; those of this process also
 * where its clock is set back.
 */
export function newId(): string {
  return v7();
}

/** Whether it can be one of our ids: they are written in lower case only. */
export function isId(value: string): boolean {
  return validate(value) && version(value) === 7 && value === value.toLowerCase();
}

/** When a UUIDv7 was made, in milliseconds since the epoch (RFC 9562, section 5.7). */
export function idTime(id: string): number {
  return Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16);
}
