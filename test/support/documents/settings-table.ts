/** A setting as its declaration describes it. */
interface Declared {
  name: string;
  /** Markdown. */
  meaning: string;
  /** A value as it would stand in the environment, or words. */
  initial: string;
}

const DECLARATION =
  /\/\*\*((?:[^*]|\*(?!\/))*)\*\/\s*@IsOptional\(\) @Takes\(\w+\) ([A-Z_]+)\?: string;/g;

/** A value and not words: those have spaces. */
const VALUE = /^(?!none$)\S+$/;

/** Said of times and sizes once, above the table. */
const EXAMPLES = / such as (?:500ms|512kb).*?(?:\(a plain number is seconds\)|1048576)/;

const BEGIN = '<!-- settings: written by npm run docs:settings -->';
const END = '<!-- end of settings -->';

/** The settings that the source of a class declares, in its order. */
function declaredIn(source: string): Declared[] {
  return [...source.matchAll(DECLARATION)].map(([, comment, name]) => {
    const text = comment!.replace(/^\s*\* ?/gm, '');
    const [meaning, initial] = text.split('@default').map((part) => part.trim());
    if (!meaning || !initial) throw new Error(`${name} wants a meaning and a @default.`);
    return { name: name!, meaning: meaning.replace(/\s+/g, ' '), initial };
  });
}

/**
 * The table of all settings, in Markdown.
 *
 * @param source the TypeScript of `EnvironmentVariables`
 * @param allowed which values a setting takes, as a fault would say it
 */
export function settingsTable(source: string, allowed: (name: string) => string): string {
  const rows = declaredIn(source).map(({ name, meaning, initial }) => [
    `\`${name}\``,
    VALUE.test(initial) ? `\`${initial}\`` : initial,
    allowed(name).replace(EXAMPLES, '').replaceAll('*', '\\*'),
    meaning,
  ]);
  const lines = [['variable', 'default', 'values', 'meaning'], ...rows];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...lines.map((row) => row[column]!.length)));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column]!)).join(' | ')} |`;
  const [head, ...body] = lines.map(line);
  return [head, line(widths.map((width) => '-'.repeat(width))), ...body].join('\n');
}

/** A page with the table between its marks. */
export function withSettings(page: string, table: string): string {
  const [before, rest] = page.split(BEGIN);
  const after = rest?.split(END)[1];
  if (after === undefined) throw new Error(`The page lacks "${BEGIN}" or "${END}".`);
  return `${before}${BEGIN}\n\n${table}\n\n${END}${after}`;
}
