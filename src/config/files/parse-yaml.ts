import { LineCounter, parseDocument } from 'yaml';
import { shown, type Faults } from '../faults/faults.js';

/** What the parser says in words of its own programming interface. */
const PROBLEMS: Readonly<Record<string, string>> = {
  DUPLICATE_KEY: 'a second entry for the key ',
  MULTIPLE_DOCS: 'a second document begins; the file may have only one',
  NON_STRING_KEY: 'a key must be a text',
};

/**
 * The content of a YAML 1.2 document. What is wrong with it is added to the faults, with line and
 * column.
 *
 * @returns undefined where the text is no YAML.
 */
export function parseYaml(source: string, place: string, faults: Faults): unknown {
  const lineCounter = new LineCounter();
  const document = parseDocument(source, {
    lineCounter,
    merge: true,
    // A key is a name, even where it looks like a number: 4.10 is not 4.1.
    stringKeys: true,
    // The parser's own account quotes the lines around an error, keys and all.
    prettyErrors: false,
  });
  for (const { code, message, pos } of [...document.errors, ...document.warnings]) {
    const { line, col } = lineCounter.linePos(pos[0]);
    // After a colon, the parser's messages quote the text, which may be a secret.
    const problem = PROBLEMS[code] ?? message.split(': ')[0]!;
    const key = code === 'DUPLICATE_KEY' ? shown(keyAt(source, pos[0])) : '';
    faults.add(`${place}:${line}:${col}`, '', problem + key);
  }
  if (document.errors.length > 0) return undefined;
  try {
    return document.toJS() as unknown;
  } catch (error) {
    // Aliases are resolved last, and without a position.
    const unresolved = error instanceof Error && error.message.startsWith('Unresolved alias');
    const problem = unresolved
      ? 'an alias (*name) has no anchor (&name) before it'
      : 'too many aliases';
    faults.add(place, '', problem);
    return undefined;
  }
}

function keyAt(source: string, offset: number): string {
  return source.slice(offset).split(/[:\n]/, 1)[0]!.trim();
}
