/** Ways to set a text apart (ECMA-48, SGR). */
const CODES = {
  bold: [1, 22],
  dim: [2, 22],
  italic: [3, 23],
  underline: [4, 24],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  cyan: [36, 39],
} as const;

export type StyleName = keyof typeof CODES;

/** Sets a text apart, where the terminal takes colours. */
export type Style = (name: StyleName, text: string) => string;

/** Colours for a terminal that takes them and a user who has not set `NO_COLOR`. @see https://no-color.org */
export function styleFor(
  stream: { isTTY?: boolean },
  { NO_COLOR, TERM }: Readonly<NodeJS.ProcessEnv>,
): Style {
  const takesColours = stream.isTTY === true && !NO_COLOR && TERM !== 'dumb';
  return takesColours ? styled : (_name, text) => text;
}

export const plain: Style = (_name, text) => text;

export function styled(name: StyleName, text: string): string {
  const [on, off] = CODES[name];
  return text === '' ? '' : `\x1b[${on}m${text}\x1b[${off}m`;
}
