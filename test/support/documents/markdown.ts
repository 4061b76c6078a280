/** A fenced block of code. */
export interface CodeBlock {
  /** What stands behind the opening fence, such as `bash`. */
  language: string;
  code: string;
  /** The HTML comment right above it: `<!-- run -->` marks an example that is run. */
  mark: string | undefined;
  /** The line of the opening fence, from 1. */
  line: number;
}

/** A link to another place, as it is written: `models.md#fields`. */
export interface Link {
  target: string;
  line: number;
}

/** A table: the cells of its head, and of each row. */
export interface Table {
  head: readonly string[];
  rows: readonly (readonly string[])[];
}

/** What the tests look at of a Markdown document. */
export interface MarkdownDocument {
  blocks: readonly CodeBlock[];
  /** Headings in order, without their `#`. */
  headings: readonly string[];
  /** What a link to this document may have behind its `#`. */
  anchors: ReadonlySet<string>;
  links: readonly Link[];
  tables: readonly Table[];
}

const FENCE = /^\s*```(.*)$/;
const MARK = /^<!--\s*(.*?)\s*-->$/;
const HEADING = /^#{1,6}\s+(.*)$/;
const LINK = /\[[^\]]*\]\(([^)\s]+)\)/g;

/** Reads a Markdown document as far as the tests need it. */
export function parseMarkdown(text: string): MarkdownDocument {
  const blocks: CodeBlock[] = [];
  const headings: string[] = [];
  const links: Link[] = [];
  const tables: { head: string[]; rows: string[][] }[] = [];
  let open: (CodeBlock & { lines: string[] }) | undefined;
  let previous = '';
  let above = '';
  text.split('\n').forEach((content, index) => {
    const line = index + 1;
    const fence = FENCE.exec(content);
    if (open !== undefined) {
      if (fence === null) open.lines.push(content);
      else {
        blocks.push({ ...open, code: open.lines.join('\n') });
        open = undefined;
      }
      return;
    }
    if (fence !== null) {
      const [language = ''] = fence[1]!.trim().split(/\s/);
      open = { language, code: '', mark: MARK.exec(above)?.[1], line, lines: [] };
    } else {
      const heading = HEADING.exec(content)?.[1];
      if (heading !== undefined) headings.push(heading);
      if (content.startsWith('|')) {
        if (!previous.startsWith('|')) tables.push({ head: cellsOf(content), rows: [] });
        else if (!/^[|\s:-]+$/.test(content)) tables.at(-1)!.rows.push(cellsOf(content));
      }
      // What looks like a link within code is none.
      const prose = content.replace(/`[^`]*`/g, '');
      for (const [, target] of prose.matchAll(LINK)) links.push({ target: target!, line });
    }
    previous = content;
    if (content.trim() !== '') above = content.trim();
  });
  return { blocks, headings, anchors: anchorsOf(headings), links, tables };
}

function cellsOf(row: string): string[] {
  const cells = row.replaceAll('\\|', '\u0000').split('|').slice(1, -1);
  return cells.map((cell) => cell.replaceAll('\u0000', '|').trim());
}

/** The anchors that a forge gives to headings; a repeated one gets a number. */
function anchorsOf(headings: readonly string[]): ReadonlySet<string> {
  const anchors = new Set<string>();
  for (const heading of headings) {
    const words = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
    const anchor = words.replace(/[^\p{L}\p{N}\s_-]/gu, '').replace(/\s/g, '-');
    let unique = anchor;
    for (let count = 1; anchors.has(unique); count += 1) unique = `${anchor}-${count}`;
    anchors.add(unique);
  }
  return anchors;
}
