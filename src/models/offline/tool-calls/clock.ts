const ASKED = [
  /\btime is it\b/i,
  /\b(?:current|today['’]?s|present|local) (?:date|time|day|year|month|weekday)\b/i,
  /\bwhat(?:['’]?s| is) (?:the )?(?:date|time|day)(?: and (?:the )?time)?(?=\s*(?:now|today|right now|in [A-Z]\w+|here|\?|$))/i,
  /\b(?:what|which) (?:day|date|year|month|weekday)(?: of the week)? (?:is (?:it|today)|do we have)\b/i,
  /\bwhat(?:['’]?s| is) today\b/i,
  /\bthe time in [A-Z]/,
];

/** Whether a message asks for the date or the time of the day. */
export function asksForTheTime(message: string): boolean {
  return ASKED.some((pattern) => pattern.test(message));
}

/** A time zone of the IANA database that a message names, by itself or by its city. */
export interface NamedZone {
  /** As in `Asia/Tokyo`. */
  zone: string;
  /** As in `Tokyo`. */
  city: string;
}

/** The time zone that a message names; undefined where it names none. */
export function timeZoneIn(message: string): NamedZone | undefined {
  if (/\b(?:UTC|GMT)\b/.test(message)) return { zone: 'UTC', city: 'UTC' };
  const words = ` ${message.replace(/[^\p{L}/_]+/gu, ' ')} `.toLowerCase();
  for (const zone of Intl.supportedValuesOf('timeZone')) {
    const city = zone.slice(zone.lastIndexOf('/') + 1).replaceAll('_', ' ');
    const isNamed = [zone, city].some((name) => words.includes(` ${name.toLowerCase()} `));
    if (isNamed) return { zone, city };
  }
  return undefined;
}
