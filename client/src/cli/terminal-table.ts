import type { Style } from './style.js';

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** Scripts and signs that take two columns (Unicode Standard Annex 11), as far as terminals agree. */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}|\ufe0f/u;

/** How many columns of a terminal a text takes. */
export function columns(text: string): number {
  let width = 0;
  for (const { segment } of graphemes.segment(text)) width += WIDE.test(segment) ? 2 : 1;
  return width;
}

/** A table of Markdown as lines with aligned columns. */
export function tableLines(rows: readonly string[], style: Style): string[] {
  const cells = rows.map(cellsOf);
  const isRule = (row: readonly string[]): boolean => row.every((cell) => /^:?-+:?$/.test(cell));
  const head = cells.length > 1 && isRule(cells[1]!) ? 0 : undefined;
  const shown = cells.filter((row, index) => index !== 1 || !isRule(row));
  const widths: number[] = [];
  for (const row of shown) {
    row.forEach((cell, at) => (widths[at] = Math.max(widths[at] ?? 0, columns(cell))));
  }
  const lines = shown.map((row, index) => {
    const padded = row.map((cell, at) => cell + ' '.repeat(widths[at]! - columns(cell)));
    const line = padded.join('  ').trimEnd();
    return index === head ? style('bold', line) : line;
  });
  if (head === undefined) return lines;
  const rule = style('dim', widths.map((width) => '─'.repeat(width)).join('  '));
  return [lines[0]!, rule, ...lines.slice(1)];
}

/** The cells of a row, without the marks of emphasis and code in them. */
function cellsOf(row: string): string[] {
  const inner = row.trim().replace(/^\||(?<!\\)\|$/g, '');
  return inner.split(/(?<!\\)\|/).map((cell) =>
    cell
      .trim()
      .replaceAll('\\|', '|')
      .replace(/\*\*|`/g, ''),
  );
}
