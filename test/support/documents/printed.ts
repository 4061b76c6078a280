const ID = /[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/g;
const TIME = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g;
const DURATION = /("\w+_ms": ?)\d+/g;

/** White space outside of JSON's strings: documents set JSON in lines, the service does not. */
const OUTSIDE_STRINGS = /("(?:[^"\\]|\\.)*")|\s+/g;

/**
 * What a command printed, in the form in which it is compared: without what differs each time (ids,
 * times, durations), and JSON without the white space between its parts.
 */
export function comparable(printed: string, language: string): string {
  const text = printed.replaceAll('\r', '').trim();
  const layout = language === 'json' ? text.replace(OUTSIDE_STRINGS, '$1') : text;
  return layout.replace(ID, '<id>').replace(TIME, '<time>').replace(DURATION, '$1<ms>');
}

/** Fits what a document says is printed. There `…` stands for anything that is left out. */
export function patternOf(documented: string, language: string): RegExp {
  const parts = comparable(documented, language).split('…');
  return new RegExp(`^${parts.map(escaped).join('[^]*?')}$`);
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
