/**
 * Most of a text that one event holds, in UTF-16 units. An event is one line on the wire, with up to
 * six bytes a unit, and some clients refuse a line of more than 64 KB.
 */
const LONGEST = 8_192;

/** Cuts a text into pieces for one event each; a short one, an empty one too, is one piece. */
export function textPieces(text: string): string[] {
  const pieces: string[] = [];
  let start = 0;
  while (text.length - start > LONGEST) {
    const end = start + LONGEST;
    const whole = tearsPair(text, end) ? end - 1 : end;
    pieces.push(text.slice(start, whole));
    start = whole;
  }
  pieces.push(text.slice(start));
  return pieces;
}

/** Whether a cut at a place would part the two halves of a surrogate pair. */
export function tearsPair(text: string, at: number): boolean {
  const before = text.charCodeAt(at - 1);
  const after = text.charCodeAt(at);
  return before >= 0xd800 && before <= 0xdbff && after >= 0xdc00 && after <= 0xdfff;
}
