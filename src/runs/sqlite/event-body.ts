import { EVENT_VERSION } from '../../storage/sqlite/event-version.js';
import type { RunEvent, RunEventBody } from '../run-event.js';

/** An event as it stands in the journal. */
export interface EventRow {
  seq: number;
  version: number;
  body: string;
}

/** Events that follow one another, as they stand in the database. */
export interface PageRow {
  first_seq: number;
  version: number;
  /** A JSON array. */
  bodies: string;
}

/** The JSON text of an event, without its number. */
export function encodeBody(event: RunEvent): string {
  if (event.type === 'text' && event.firstTokenMs === undefined) {
    // By far the most frequent: without a copy of the object.
    return `{"type":"text","text":${JSON.stringify(event.text)}}`;
  }
  return JSON.stringify({ ...event, seq: undefined });
}

/** The JSON text of a page. */
export function encodePage(events: readonly RunEvent[]): string {
  return `[${events.map(encodeBody).join(',')}]`;
}

/** An event out of the journal, whichever release wrote it. */
export function decodeEvent({ seq, version, body }: EventRow): RunEvent {
  requireKnown(version, seq);
  return { ...(JSON.parse(body) as RunEventBody), seq };
}

/** The events of a page, whichever release wrote it. */
export function decodePage({ first_seq, version, bodies }: PageRow): RunEvent[] {
  requireKnown(version, first_seq);
  const events = JSON.parse(bodies) as RunEvent[];
  events.forEach((event, index) => Object.assign(event, { seq: first_seq + index }));
  return events;
}

/**
 * A release that changes what is written raises EVENT_VERSION and brings older bodies up here. Those
 * of version 1 are all events of version 2, which has more of them.
 */
function requireKnown(version: number, seq: number): void {
  if (version < 1 || version > EVENT_VERSION)
    throw new Error(`Event ${seq} is of the version ${version}.`);
}
