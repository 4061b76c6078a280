import { tableLines } from './terminal-table.js';
import type { Style, StyleName } from './style.js';

/** The longest that a link or a piece of code is waited for, in characters. */
const LONGEST_WAIT = 400;

/** What a line may still become that begins like this: it is not shown before one knows. */
const UNDECIDED = /^ *(?:>|#{1,6} *|[-*+_]+\s*|`{1,2}|~{1,2})?$/;

const HEADING = /^(#{1,6}) +/;
const BULLET = /^( *)[-*+] +/;
const RULE = /^ {0,3}(?:-{3,}|\*{3,}|_{3,})\s*$/;
const FENCE = /^( {0,3})(`{3,}|~{3,})(.*)$/;
const QUOTE = /^ {0,3}> ?/;
const LINK = /^\[([^\]\n]*)\]\(([^)\s]*)\)/;
const LINK_BEGUN = /^\[(?:[^\]\n]*|[^\]\n]*\](?:\([^)\s]*)?)$/;

/**
 * Markdown for a terminal, as it streams: what was written is never written over. Headings, emphasis,
 * code, lists, quotations, links and tables are shown as such; anything else is left as it is.
 */
export class TerminalMarkdown {
  /** What has come and cannot be shown yet. */
  #pending = '';
  #atLineStart = true;
  #lineStyle: StyleName | undefined;
  #isBold = false;
  #isItalic = false;
  /** The character before, which tells whether a mark opens or closes. */
  #before = '\n';
  /** The quotations that this line stands in, until their margin is shown. */
  #depth = 0;
  #fence: { marks: string; depth: number } | undefined;
  #table: { rows: string[]; depth: number } | undefined;

  constructor(
    private readonly write: (text: string) => void,
    private readonly style: Style,
  ) {}

  push(text: string): void {
    this.#pending += text;
    while (this.#pending !== '' && this.#step(false));
  }

  /** Shows what was waited for. */
  end(): void {
    while (this.#pending !== '') {
      if (!this.#step(true)) {
        this.#show(this.#pending);
        this.#pending = '';
      }
    }
    this.#endTable();
    this.#margin();
  }

  /** Shows the next piece. @returns false where more has to come first */
  #step(isEnd: boolean): boolean {
    if (this.#fence !== undefined) return this.#code(isEnd);
    return this.#atLineStart ? this.#lineStart(isEnd) : this.#inline(isEnd);
  }

  #line(isEnd: boolean): string | undefined {
    const end = this.#pending.indexOf('\n');
    if (end >= 0) return this.#pending.slice(0, end);
    return isEnd ? this.#pending : undefined;
  }

  #take(length: number): string {
    const taken = this.#pending.slice(0, length);
    this.#pending = this.#pending.slice(length);
    return taken;
  }

  #lineStart(isEnd: boolean): boolean {
    const line = this.#line(isEnd);
    const text = line ?? this.#pending;
    if (line === undefined && UNDECIDED.test(text)) return false;
    const quote = QUOTE.exec(text);
    if (quote !== null) {
      // What follows is the beginning of a line, too.
      this.#take(quote[0].length);
      this.#depth++;
      return true;
    }
    if (text.startsWith('|')) {
      if (line === undefined) return false;
      this.#take(line.length + 1);
      this.#addRow(line);
      return true;
    }
    this.#endTable();
    const [, , fence, language] = FENCE.exec(text) ?? [];
    if (fence !== undefined) {
      if (line === undefined) return false;
      this.#beginFence(fence, language!.trim());
      this.#take(line.length + 1);
      return true;
    }
    this.#margin();
    if (line !== undefined && RULE.test(line)) {
      this.write(this.style('dim', '─'.repeat(40)));
      this.#take(line.length);
      this.#atLineStart = false;
      return true;
    }
    this.#prefix(text);
    this.#atLineStart = false;
    return true;
  }

  #prefix(text: string): void {
    const heading = HEADING.exec(text);
    const bullet = BULLET.exec(text);
    if (heading !== null) {
      this.#lineStyle = 'bold';
      this.#take(heading[0].length);
    } else if (bullet !== null) {
      this.write(`${bullet[1]}• `);
      this.#take(bullet[0].length);
    }
    this.#before = '\n';
  }

  #beginFence(marks: string, label: string): void {
    this.#fence = { marks, depth: this.#depth };
    if (label !== '') {
      this.#margin();
      this.write(`${this.style('dim', label)}\n`);
    }
    this.#depth = 0;
  }

  /** Code is shown as it is, line by line: the last one may be the fence's end. */
  #code(isEnd: boolean): boolean {
    const { marks, depth } = this.#fence!;
    const line = this.#line(isEnd);
    if (line === undefined) return false;
    let code = line;
    for (let quote = 0; quote < depth; quote++) {
      const [mark] = QUOTE.exec(code) ?? [];
      if (mark === undefined) {
        // The quotation is over, and the code in it.
        this.#fence = undefined;
        return true;
      }
      code = code.slice(mark.length);
    }
    const hasEnd = this.#pending.length > line.length;
    this.#take(line.length + 1);
    const closing = code.trim();
    if (closing.startsWith(marks) && /^(.)\1*$/.test(closing)) {
      this.#fence = undefined;
      return true;
    }
    this.#depth = depth;
    this.#margin();
    this.write(`  ${this.style('cyan', code)}${hasEnd ? '\n' : ''}`);
    return true;
  }

  #inline(isEnd: boolean): boolean {
    const text = this.#pending;
    const special = text.search(/[\n`*_[\\]/);
    if (special !== 0) {
      this.#show(this.#take(special < 0 ? text.length : special));
      return true;
    }
    switch (text[0]) {
      case '\n':
        return this.#lineEnd();
      case '`':
        return this.#codeSpan(isEnd);
      case '[':
        return this.#link(isEnd);
      case '\\':
        return this.#escape(isEnd);
      default:
        return this.#emphasis(isEnd);
    }
  }

  #lineEnd(): boolean {
    this.#take(1);
    this.write('\n');
    this.#depth = 0;
    this.#lineStyle = undefined;
    this.#isBold = this.#isItalic = false;
    this.#atLineStart = true;
    this.#before = '\n';
    return true;
  }

  #codeSpan(isEnd: boolean): boolean {
    const line = this.#line(isEnd);
    const [marks] = /^`+/.exec(this.#pending)!;
    const end = (line ?? this.#pending).indexOf(marks, marks.length);
    if (end < 0) return this.#literal(line, marks.length);
    const code = this.#take(end + marks.length).slice(marks.length, -marks.length);
    this.write(this.style('cyan', code));
    this.#before = '`';
    return true;
  }

  #link(isEnd: boolean): boolean {
    const line = this.#line(isEnd);
    const link = LINK.exec(this.#pending);
    if (link === null) {
      const mayBecomeOne = line === undefined && LINK_BEGUN.test(this.#pending);
      return mayBecomeOne ? this.#literal(line, 1) : this.#literal('', 1);
    }
    const [all, text, url] = link as unknown as [string, string, string];
    this.#take(all.length);
    this.write(this.style('underline', text));
    if (url !== '' && url !== text) this.write(this.style('dim', ` (${url})`));
    this.#before = ')';
    return true;
  }

  /** Shows a mark as it is, unless its other half may still come. */
  #literal(line: string | undefined, length: number): boolean {
    if (line === undefined && this.#pending.length < LONGEST_WAIT) return false;
    this.#show(this.#take(length));
    return true;
  }

  #escape(isEnd: boolean): boolean {
    if (this.#pending.length < 2 && !isEnd) return false;
    const isEscape = /^\\[!-/:-@[-`{-~]/.test(this.#pending);
    if (isEscape) this.#take(1);
    this.#show(this.#take(1));
    return true;
  }

  #emphasis(isEnd: boolean): boolean {
    const [marks] = /^(?:\*+|_+)/.exec(this.#pending)!;
    const after = this.#pending[marks.length];
    if (after === undefined && !isEnd) return false;
    const opens = after !== undefined && !/\s/.test(after);
    const closes = !/\s/.test(this.#before);
    // In the middle of a word an underscore is part of a name.
    const isName = marks[0] === '_' && /\w/.test(this.#before) && /\w/.test(after ?? ' ');
    const togglesBold = marks.length !== 1 && (this.#isBold ? closes : opens);
    const togglesItalic = marks.length % 2 === 1 && (this.#isItalic ? closes : opens);
    this.#take(marks.length);
    if (isName || marks.length > 3 || (!togglesBold && !togglesItalic)) {
      this.#show(marks);
      return true;
    }
    if (togglesBold) this.#isBold = !this.#isBold;
    if (togglesItalic) this.#isItalic = !this.#isItalic;
    return true;
  }

  #show(text: string): void {
    if (text === '') return;
    let shown = text;
    if (this.#isItalic) shown = this.style('italic', shown);
    if (this.#isBold || this.#lineStyle === 'bold') shown = this.style('bold', shown);
    this.write(shown);
    this.#before = text.at(-1)!;
  }

  /** Shows the margin of the quotations that this line stands in. */
  #margin(): void {
    if (this.#depth > 0) this.write(this.style('dim', '│ '.repeat(this.#depth)));
    this.#depth = 0;
  }

  #addRow(row: string): void {
    if (this.#table?.depth !== this.#depth) this.#endTable();
    this.#table ??= { rows: [], depth: this.#depth };
    this.#table.rows.push(row);
    this.#depth = 0;
  }

  #endTable(): void {
    if (this.#table === undefined) return;
    const { rows, depth } = this.#table;
    const margin = depth === 0 ? '' : this.style('dim', '│ '.repeat(depth));
    for (const line of tableLines(rows, this.style)) this.write(`${margin}${line}\n`);
    this.#table = undefined;
  }
}
