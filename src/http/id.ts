import { randomUUID } from 'node:crypto';
import { validate, version } from 'uuid';

/** How many ids a millisecond has. */
const MOST_IN_A_MILLISECOND = 4096;

/** Where the last id stands: those of this process keep their order although its clock is set back. */
let lastMillisecond = 0;
let countInMillisecond = 0;
/** What all ids of that millisecond begin with. */
let prefix = '';

/**
 * A new id: UUIDv7 (RFC 9562), so that ids sort by the time they were made, those of one millisecond
 * by a counter (section 6.2, method 1). The random part is that of Node's own UUIDs, which come out
 * of a pool: to ask the system for each costs ten times as much.
 */
export function newId(): string {
  const now = Date.now();
  countInMillisecond += 1;
  if (now > lastMillisecond) beginMillisecond(now);
  else if (countInMillisecond === MOST_IN_A_MILLISECOND) beginMillisecond(lastMillisecond + 1);
  const count = countInMillisecond.toString(16).padStart(3, '0');
  return `${prefix}${count}${randomUUID().slice(18)}`;
}

function beginMillisecond(millisecond: number): void {
  lastMillisecond = millisecond;
  countInMillisecond = 0;
  const time = millisecond.toString(16).padStart(12, '0');
  prefix = `${time.slice(0, 8)}-${time.slice(8)}-7`;
}

/** Whether it can be one of our ids: they are written in lower case only. */
export function isId(value: string): boolean {
  return validate(value) && version(value) === 7 && value === value.toLowerCase();
}

/** When a UUIDv7 was made, in milliseconds since the epoch (RFC 9562, section 5.7). */
export function idTime(id: string): number {
  return Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16);
}
