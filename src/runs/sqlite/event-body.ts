import { EVENT_VERSION } from '../../storage/sqlite/event-version.js';
import type { RunEvent, RunEventBody } from '../run-event.js';

/** An event as it stands in the database. */
export interface EventRow {
  seq: number;
  version: number;
  body: string;
}

/** The JSON text of an event, without its number. */
export function encodeBody(event: RunEvent): string {
  if (event.type === 'text' && event.firstTokenMs === undefined) {
    // By far the most frequent: without a copy of the object.
    return `{"type":"text","text":${JSON.stringify(event.text)}}`;
  }
  return JSON.stringify({ ...event, seq: undefined });
}

/** An event out of the database, whichever release wrote it. */
export function decodeEvent({ seq, version, body }: EventRow): RunEvent {
  // A release that changes what is written raises EVENT_VERSION and brings older bodies up here.
  if (version !== EVENT_VERSION) throw new Error(`Event ${seq} is of the version ${version}.`);
  return { ...(JSON.parse(body) as RunEventBody), seq };
}
