import { randomUUID } from 'node:crypto';
import { validate, version } from 'uuid';

/** How many ids a millisecond has. */
const MOST_IN_A_MILLISECOND = 4096;

/** The last id's place: ids of this process keep their order although its clock is set back. */
const last = { millisecond: 0, count: 0 };

/**
 * A new id: UUIDv7 (RFC 9562), so that ids sort by the time they were made, those of one millisecond
 * by a counter (section 6.2, method 1). The random part is that of Node's own UUIDs, which come out
 * of a pool: to ask the system each time costs ten times as much as all else.
 */
export function newId(): string {
  const now = Date.now();
  if (now > last.millisecond) Object.assign(last, { millisecond: now, count: 0 });
  else if (last.count + 1 < MOST_IN_A_MILLISECOND) last.count += 1;
  else Object.assign(last, { millisecond: last.millisecond + 1, count: 0 });
  const time = last.millisecond.toString(16).padStart(12, '0');
  const count = last.count.toString(16).padStart(3, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${count}${randomUUID().slice(18)}`;
}

/** Whether it can be one of our ids: they are written in lower case only. */
export function isId(value: string): boolean {
  return validate(value) && version(value) === 7 && value === value.toLowerCase();
}

/** When a UUIDv7 was made, in milliseconds since the epoch (RFC 9562, section 5.7). */
export function idTime(id: string): number {
  return Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16);
}
