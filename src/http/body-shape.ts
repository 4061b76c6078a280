import type { RequestFault } from './problem.js';

/** How deep a body may be nested: far more than any JSON schema needs. */
const DEEPEST = 100;

/** How many members and elements a body may have in all: a conversation of 3,000 messages. */
const MOST_MEMBERS = 10_000;

/** How many faults are told: one a member would make the refusal longer than the request. */
export const MOST_FAULTS = 20;

/**
 * Names that every object has already. JSON.parse makes them ordinary members, but validation looks
 * members up by name and finds the inherited ones, and copying `__proto__` sets the prototype.
 */
const INHERITED: ReadonlySet<string> = new Set(Object.getOwnPropertyNames(Object.prototype));

/**
 * What is wrong with the shape of a parsed body, whatever it is meant to say. Looked at before
 * validation, whose time and stack grow with what it is given.
 */
export function shapeFaults(body: object): RequestFault[] {
  const faults: RequestFault[] = [];
  let members = 0;
  const walk = (value: object, pointer: string, depth: number): void => {
    if (depth > DEEPEST) {
      faults.push({ pointer, detail: `The body is nested more than ${DEEPEST} levels deep.` });
      return;
    }
    for (const [name, member] of Object.entries(value) as [string, unknown][]) {
      members += 1;
      if (members > MOST_MEMBERS || faults.length >= MOST_FAULTS) return;
      const place = `${pointer}/${pointerPart(name)}`;
      if (INHERITED.has(name)) faults.push({ pointer: place, detail: notAField(name) });
      if (typeof member === 'object' && member !== null) walk(member, place, depth + 1);
    }
  };
  walk(body, '#', 1);
  if (members > MOST_MEMBERS) {
    faults.push({ pointer: '#', detail: `The body has more than ${MOST_MEMBERS} members.` });
  }
  return faults;
}

/** What callers fill with JSON of their own: a null in it is a value. */
const OF_THE_CALLER: ReadonlySet<string> = new Set(['schema', 'arguments']);

/** Members that are `null` count as absent, but in JSON that is the caller's own. */
export function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => member !== null)
      .map(([name, member]) => [name, OF_THE_CALLER.has(name) ? member : withoutNulls(member)]),
  );
}

/** One step of a JSON Pointer (RFC 6901, section 3). */
export function pointerPart(name: string): string {
  return name.slice(0, 100).replaceAll('~', '~0').replaceAll('/', '~1');
}

export function notAField(name: string): string {
  return `${name.slice(0, 100)} is not a field of this request.`;
}
