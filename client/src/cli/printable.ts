/**
 * Controls of terminals, of both sets, without the tabulator and the line feed; and what turns the
 * direction of the text around.
 */
// eslint-disable-next-line no-control-regex
const CONTROLS = /\r\n|[\0-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/g;

/**
 * A text as a terminal may show it. What a model says must not move the cursor, change the title or
 * write to the clipboard; what would is shown as the replacement character.
 */
export function printable(text: string): string {
  return text.replace(CONTROLS, (control) => (control === '\r\n' ? '\n' : '\ufffd'));
}
