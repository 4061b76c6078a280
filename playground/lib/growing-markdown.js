import { blockTokens, contentOf, contentWithin } from './markdown.js';

/** @typedef {import('marked').Token} Token */

/**
 * A block that does not change any more, or the last one, which does.
 *
 * @typedef {import('./markdown.js').BlockContent & {key: number}} Block
 */

/** A block that is longer is shown in parts: all of it would be made anew with each piece. In characters. */
const LONG = 3_000;

/** What is left of a long paragraph: its end may still change, as where emphasis is not closed yet. */
const OPEN_END = 300;

/**
 * Markdown that grows at its end. Only what may still change is parsed again: each block that another
 * one follows is final, and so are the finished parts of a long one.
 */
export class GrowingMarkdown {
  /** @type {Block[]} */
  settled = [];
  /** What is parsed again. */
  #tail = '';
  /** What the parser has to see before it: the head of a table of which rows are final. */
  #head = '';
  /** The final parts of the block that the tail goes on with. @type {import('./markdown.js').LongBlock | undefined} */
  #long;
  /** The tokens of head and tail. @type {Token[]} */
  #tokens = [];
  #next = 0;
  /** A carriage return at the end of what came: the line feed may come next. */
  #held = '';

  /** @param {string} text */
  push(text) {
    const come = this.#held + text;
    this.#held = come.endsWith('\r') ? '\r' : '';
    // As the lexer does it: what it calls final is cut off here by its length.
    this.#tail += come.slice(0, come.length - this.#held.length).replace(/\r\n?/g, '\n');
    this.#settle(splitLongList(this.#parsed()), lastOpen);
    this.#cutLong();
  }

  /** What may still change: the block that is being written. @returns {Block[]} */
  open() {
    const blocks = this.#tokens.filter((token) => token.type !== 'space').flatMap(this.#contents);
    return blocks.map((content, at) => ({ key: this.#next + at, ...content }));
  }

  /** No more will come. */
  end() {
    this.#settle(this.#parsed(), (tokens) => tokens.length);
  }

  #parsed() {
    return blockTokens(this.#head + this.#tail);
  }

  /** @param {Token[]} tokens @param {(tokens: Token[]) => number} finalOf how many of them are final */
  #settle(tokens, finalOf) {
    const count = finalOf(tokens);
    this.#tokens = tokens.slice(count);
    const final = tokens.slice(0, count);
    if (final.length === 0) return;
    for (const token of final) {
      if (token.type === 'space') continue;
      for (const content of this.#contents(token)) {
        this.settled.push({ key: this.#next++, ...content });
      }
      this.#long = undefined;
    }
    const length = final.reduce((sum, { raw }) => sum + raw.length, 0);
    this.#tail = this.#tail.slice(length - this.#head.length);
    this.#head = '';
  }

  /** The blocks of a token: the parts before it are its beginning, or a block before it. */
  #contents = (/** @type {Token} */ token, at = 0) => {
    const long = at === 0 ? this.#long : undefined;
    if (long === undefined) return [contentOf(token)];
    if (long.kind !== token.type) return [{ long }, contentOf(token)];
    const last = contentWithin(token, long.kind === 'table' ? 'tbody' : 'p');
    return [{ long: { ...long, parts: [...long.parts, last] } }];
  };

  /** Makes the beginning of a long block final. */
  #cutLong() {
    const [token] = this.#tokens;
    if (token === undefined || this.#tail.length < LONG) return;
    if (token.type === 'paragraph') this.#cutParagraph(token);
    if (token.type === 'table')
      this.#cutTable(/** @type {import('marked').Tokens.Table} */ (token));
  }

  /** @param {Token} paragraph */
  #cutParagraph(paragraph) {
    const at = endOfSentence(paragraph);
    const [begun, ...others] = at === 0 ? [] : blockTokens(paragraph.raw.slice(0, at));
    if (begun?.type !== 'paragraph' || others.length > 0) return;
    const space = /\s/.test(paragraph.raw[at - 1]) ? ' ' : '';
    this.#add({
      kind: 'paragraph',
      head: '',
      columns: [],
      parts: [contentWithin(begun, 'p') + space],
    });
    this.#tail = this.#tail.slice(at);
    this.#tokens = this.#parsed();
  }

  /** @param {import('marked').Tokens.Table} table */
  #cutTable(table) {
    const lines = table.raw.trimEnd().split('\n');
    // The last row may not be whole.
    if (table.rows.length < 2 || lines.length !== table.rows.length + 2) return;
    const begun = { ...table, rows: table.rows.slice(0, -1) };
    const head = contentWithin(begun, 'thead');
    this.#add({ kind: 'table', head, columns: [], parts: [contentWithin(begun, 'tbody')] });
    const length = lines.slice(0, -1).join('\n').length + 1;
    this.#tail = this.#tail.slice(length - this.#head.length);
    this.#head = `${lines[0]}\n${lines[1]}\n`;
    this.#tokens = this.#parsed();
  }

  /** @param {import('./markdown.js').LongBlock} begun */
  #add(begun) {
    this.#long = this.#long
      ? { ...this.#long, parts: [...this.#long.parts, ...begun.parts] }
      : begun;
  }
}

/**
 * Where a long paragraph can be parted: behind a sentence or a word of plain text, before a word. 0: nowhere.
 *
 * @param {Token} paragraph
 */
function endOfSentence(paragraph) {
  const { raw, tokens = [] } = /** @type {import('marked').Tokens.Paragraph} */ (paragraph);
  let end = raw.length;
  // Backwards: the fewer are parsed again, the better.
  for (const token of tokens.toReversed()) {
    const from = end - token.raw.length;
    if (token.type === 'text' && !/[*_~`<>[\]\\|&]/.test(token.raw)) {
      const plain = raw.slice(from, Math.min(end, raw.length - OPEN_END));
      const ends = [...plain.matchAll(/[\s。！？，、](?=\p{L})/gu)];
      const last = ends.at(-1);
      if (last !== undefined) return from + last.index + last[0].length;
    }
    end = from;
  }
  return 0;
}

/**
 * Makes the finished items of a long list at the end a list of their own.
 *
 * @param {Token[]} tokens
 */
function splitLongList(tokens) {
  const list = tokens.at(-1);
  if (list?.type !== 'list' || list.raw.length < LONG || list.items.length < 3) return tokens;
  const items = list.items.slice(0, -1);
  const raw = items.map((/** @type {{raw: string}} */ item) => item.raw).join('');
  if (!list.raw.startsWith(raw)) return tokens;
  const rest = { ...list, items: list.items.slice(-1), raw: list.raw.slice(raw.length) };
  return [...tokens.slice(0, -1), { ...list, items, raw }, rest];
}

/** Where the tokens begin that what comes may still change. @param {{type: string}[]} tokens */
function lastOpen(tokens) {
  let last = tokens.length - 1;
  while (last > 0 && tokens[last].type === 'space') last--;
  return Math.max(0, last);
}

/** Loads and compiles what the first answer needs, before it is needed. */
export function warmUp() {
  const warming = new GrowingMarkdown();
  warming.push('# a\n\n- **b** `c` [d](/e)\n\n|f|g|\n|-|-|\n|1|2|\n\n```js\nh\n```\n\ni');
  warming.open();
  warming.end();
}
