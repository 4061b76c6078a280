import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const DOCS = join(import.meta.dirname, '../../docs');

/** What an answer may look like: each stresses another part of the page. */
export const SHAPES = ['document', 'paragraph', 'code', 'list', 'table'] as const;
export type Shape = (typeof SHAPES)[number];

/** The pieces of an answer of so many tokens, as a model says them: words, with what stands before. */
export function piecesOf(shape: Shape, tokens: number): string[] {
  const pieces: string[] = [];
  for (let at = 0; pieces.length < tokens; at++) {
    for (const piece of TEXTS[shape](at).match(
      /\s*[\p{L}\p{N}]{1,8}|\s*[^\s\p{L}\p{N}]{1,3}|\s+/gu,
    ) ?? []) {
      pieces.push(piece);
    }
  }
  return pieces.slice(0, tokens);
}

/** The text of an answer, part after part. */
const TEXTS: Record<Shape, (at: number) => string> = {
  document: (at) => `${pages()[at % pages().length]}\n\n`,
  paragraph: (at) =>
    `Sentence ${at} has *some* emphasis, \`code\` and [a link](https://example.org/${at}). `,
  code: (at) =>
    `${at === 0 ? '```js\n' : ''}const value${at} = compute(${at}, { depth: ${at % 7} });\n`,
  list: (at) => `- Item ${at}, which is **important**, with \`code\` of its own\n`,
  table: (at) =>
    `${at === 0 ? '| n | name | value |\n| - | - | - |\n' : ''}| ${at} | **row** ${at} | \`${at * at}\` |\n`,
};

let read: readonly string[] | undefined;

/** The documentation: prose, lists, tables and code, as answers have them. */
function pages(): readonly string[] {
  read ??= readdirSync(DOCS)
    .filter((name) => name.endsWith('.md'))
    .sort()
    .map((name) => readFileSync(join(DOCS, name), 'utf8'));
  return read;
}
