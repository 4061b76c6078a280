import GithubSlugger from 'github-slugger';
import { lexer, type Token, type Tokens } from 'marked';
import type { Passage, Section } from '../section.js';
import { headingText } from './heading-text.js';

/** A list up to so many characters is quoted whole; of a longer one, item by item. */
const SHORT_LIST = 600;

/** A link, and what joins links to a list of them. */
const LINK = /\[[^\]]*\]\([^()\s]*\)/g;

/** A section whose passages are still being gathered. */
interface OpenSection {
  depth: number;
  section: Section & { passages: Passage[] };
}

/**
 * The sections of a Markdown document, with the anchors that GitHub gives their headings.
 *
 * @param path where the document is served, as `/docs/streaming.md`: its links start from there
 */
export function markdownSections(markdown: string, path: string): Section[] {
  const slugger = new GithubSlugger();
  const sections: Section[] = [];
  const open: OpenSection[] = [];
  for (const token of lexer(markdown)) {
    if (isHeading(token)) {
      const title = headingText(token);
      while (open.length > 0 && open.at(-1)!.depth >= token.depth) open.pop();
      const above = open.map(({ section }) => section.title);
      const section = {
        link: `${path}#${slugger.slug(title)}`,
        title,
        above,
        passages: [] as Passage[],
      };
      sections.push(section);
      open.push({ depth: token.depth, section });
      continue;
    }
    // What stands before the title belongs to nothing that could be cited.
    const section = open.at(-1)?.section;
    if (section !== undefined) addTo(section.passages, token, path);
  }
  return sections;
}

/** Adds what a token says, joined to what it belongs to. */
function addTo(passages: Passage[], token: Token, path: string): void {
  const last = passages.at(-1);
  if (isCode(token) && last !== undefined) {
    // Of several examples the first follows the words that it is for.
    if (last.example === undefined) passages.splice(-1, 1, { ...last, example: token.raw });
    return;
  }
  const blocks = blocksOf(token).map((block) => withRootedLinks(block, path));
  const [only, ...more] = blocks;
  const isJoined = last !== undefined && last.example === undefined && isLead(last);
  if (only !== undefined && more.length === 0 && isJoined) {
    passages.splice(-1, 1, { markdown: `${last.markdown}\n\n${only}` });
  } else passages.push(...blocks.map((markdown) => ({ markdown })));
}

/** What can be quoted of a token by itself. */
function blocksOf(token: Token): string[] {
  if (isParagraph(token) || isCode(token)) return [token.raw.trim()];
  if (isList(token)) {
    // What only points elsewhere says nothing itself.
    if (token.items.every((item) => isPointer(item.raw))) return [];
    if (token.raw.length <= SHORT_LIST) return [token.raw.trim()];
    return token.items.map((item) => item.raw.trim());
  }
  if (isTable(token)) return token.rows.map((row) => rowText(token.header, row));
  return [];
}

/** Whether a passage is nothing without what comes next: it announces it, or is its example. */
function isLead({ markdown }: Passage): boolean {
  return /(?::|```)$/.test(markdown.trimEnd());
}

/** Whether an item is a link, or several, and a few words about where it leads. */
function isPointer(item: string): boolean {
  return /^[-*\d.]+\s+\[/.test(item) && item.replace(LINK, '').length < 120;
}

/** A row by itself, in which each cell has the name of its column. */
function rowText(header: readonly Tokens.TableCell[], row: readonly Tokens.TableCell[]): string {
  const [first, ...cells] = row.map(({ text }) => text.trim());
  const named = cells.flatMap((cell, index) => {
    const name = header[index + 1]?.text.trim() ?? '';
    if (cell === '') return [];
    return [name === '' || name === 'meaning' ? cell : `${name}: ${cell}`];
  });
  return [`**${first}**`, named.join('; ')].filter((part) => part !== '').join(' – ');
}

/** Links from a document start at its own place; quoted elsewhere they would lead nowhere. */
function withRootedLinks(markdown: string, path: string): string {
  return markdown.replace(/\]\((?![a-z]+:|\/)([^()\s]+)\)/g, (_, target: string) => {
    const { pathname, hash } = new URL(target, `http://documents.invalid${path}`);
    return `](${pathname}${hash})`;
  });
}

const isHeading = (token: Token): token is Tokens.Heading => token.type === 'heading';
const isCode = (token: Token): token is Tokens.Code => token.type === 'code';
const isParagraph = (token: Token): token is Tokens.Paragraph => token.type === 'paragraph';
const isList = (token: Token): token is Tokens.List => token.type === 'list';
const isTable = (token: Token): token is Tokens.Table => token.type === 'table';
