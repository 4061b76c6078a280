import { ToolError } from '../tool-error.js';

/** A time as a clock in some zone shows it. */
export interface ZonedTime {
  /** ISO 8601, with the offset of the zone at that time. */
  time: string;
  time_zone: string;
  weekday: string;
}

/** A date and time, with an offset or without one. */
const TIME =
  /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.\d{1,9})?)?)?\s*(Z|[+-]\d\d:?\d\d)?$/i;

/** No zone is further from UTC, in milliseconds. */
const FURTHEST = 15 * 60 * 60 * 1000;

/** The name of a zone as the database has it. @throws ToolError */
export function zoneNamed(name: string): string {
  try {
    return new Intl.DateTimeFormat('en-US', { timeZone: name.trim() }).resolvedOptions().timeZone;
  } catch {
    throw new ToolError(
      `There is no time zone ${JSON.stringify(name)}. Name one of the IANA database, such as UTC, Europe/Berlin or America/New_York.`,
    );
  }
}

/** What a clock in a zone shows at an instant. */
export function inZone(instant: number, zone: string): ZonedTime {
  const offset = offsetAt(instant, zone);
  const shown = new Date(instant + offset).toISOString().slice(0, 19);
  const weekday = new Intl.DateTimeFormat('en-US', { timeZone: zone, weekday: 'long' });
  return { time: shown + offsetText(offset), time_zone: zone, weekday: weekday.format(instant) };
}

/**
 * The instant at which a clock shows a time.
 * @returns with a note where the clock shows it twice: the first time is taken
 * @throws ToolError where it is no time, or the clock never shows it
 */
export function instantOf(time: string, zone: string): { instant: number; note?: string } {
  const match = TIME.exec(time.trim());
  const shown = match === null ? undefined : shownAt(match);
  if (shown === undefined) {
    throw new ToolError(
      `${JSON.stringify(time)} is no date and time such as 2026-11-23T09:30 or 2026-11-23T09:30:00+01:00.`,
    );
  }
  const given = match![7];
  if (given !== undefined) return { instant: shown - offsetOf(given) };
  const instants = instantsOf(shown, zone);
  const [first] = instants;
  if (first === undefined) {
    const next = inZone(shown - offsetAt(shown - FURTHEST, zone), zone);
    throw new ToolError(
      `There is no ${time} in ${zone}: the clocks are set forward then. An hour later it is ${next.time}.`,
    );
  }
  if (instants.length === 1) return { instant: first };
  const both = instants.map((instant) => inZone(instant, zone).time).join(' and ');
  return {
    instant: first,
    note: `The clocks are set back then: it is that time twice, at ${both}. The first is taken.`,
  };
}

/** The instants at which a clock shows a time: none, one or two. */
function instantsOf(shown: number, zone: string): number[] {
  // The offsets that are in force shortly before and after.
  const offsets = [offsetAt(shown - FURTHEST, zone), offsetAt(shown + FURTHEST, zone)];
  const instants = [...new Set(offsets)].map((offset) => shown - offset);
  return instants
    .filter((instant) => instant + offsetAt(instant, zone) === shown)
    .sort((one, other) => one - other);
}

/** The milliseconds of a time as if it were UTC; undefined where there is no such day or hour. */
function shownAt([, ...parts]: RegExpExecArray): number | undefined {
  const [year, month, day, hour, minute, second] = parts
    .slice(0, 6)
    .map((part) => Number(part ?? 0));
  const at = Date.UTC(year!, month! - 1, day, hour, minute, second);
  const date = new Date(at);
  const isSame = date.getUTCMonth() === month! - 1 && date.getUTCDate() === day;
  return isSame && hour! < 24 && minute! < 60 && second! < 60 ? at : undefined;
}

/** How far a zone is ahead of UTC at an instant, in milliseconds. */
function offsetAt(instant: number, zone: string): number {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  const parts = new Map(
    format.formatToParts(instant).map(({ type, value }) => [type, Number(value)]),
  );
  const part = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type)!;
  const shown = Date.UTC(
    part('year'),
    part('month') - 1,
    part('day'),
    part('hour'),
    part('minute'),
    part('second'),
  );
  return shown - Math.floor(instant / 1000) * 1000;
}

function offsetOf(text: string): number {
  if (text.toUpperCase() === 'Z') return 0;
  const [hours, minutes] = [text.slice(1, 3), text.slice(-2)].map(Number);
  return (text.startsWith('-') ? -1 : 1) * (hours! * 60 + minutes!) * 60_000;
}

function offsetText(offset: number): string {
  const minutes = Math.abs(Math.round(offset / 60_000));
  const two = (number: number): string => String(number).padStart(2, '0');
  return `${offset < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}
