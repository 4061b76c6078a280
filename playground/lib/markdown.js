import DOMPurify from 'dompurify';
import { Marked } from 'marked';

/**
 * A block of Markdown that does not change any more, or the last one, which does.
 *
 * @typedef {object} Block
 * @property {number} key
 * @property {string} source
 * @property {string} [html] sanitised; absent for code, which is shown as text
 * @property {{language: string, text: string}} [code]
 */

const marked = new Marked({
  gfm: true,
  renderer: {
    // An image would be fetched from wherever the model likes: it is a link.
    image({ href, text }) {
      return `<a href="${escape(href)}">${escape(text || href)}</a>`;
    },
    code({ text, lang }) {
      const label = escape(lang ?? '');
      return `<div class="code"><div class="code-head"><span>${label}</span><button type="button" data-copy>Copy</button></div><pre tabindex="0"><code>${escape(text)}</code></pre></div>`;
    },
    // A model writes Markdown: its HTML is shown as the text that it is.
    html: ({ text }) => escape(text),
    // Sideways scrolling has to be possible by the keyboard.
    table(token) {
      const row = (/** @type {typeof token.header} */ cells, /** @type {'th'|'td'} */ name) =>
        `<tr>${cells.map((cell) => `<${name}>${this.parser.parseInline(cell.tokens)}</${name}>`).join('')}</tr>`;
      const body = token.rows.map((cells) => row(cells, 'td')).join('');
      return `<div class="table" tabindex="0" role="region" aria-label="Table"><table><thead>${row(token.header, 'th')}</thead><tbody>${body}</tbody></table></div>`;
    },
    checkbox: ({ checked }) => (checked ? '☑ ' : '☐ '),
    // An answer's headings stand below the page's own.
    heading({ tokens, depth }) {
      const level = Math.min(6, depth + 2);
      return `<h${level} class="h${depth}">${this.parser.parseInline(tokens)}</h${level}>`;
    },
  },
});

const purify = DOMPurify();

purify.addHook('afterSanitizeAttributes', (node) => {
  if (node.tagName !== 'A') return;
  node.setAttribute('target', '_blank');
  node.setAttribute('rel', 'noopener noreferrer nofollow');
});

const SANITISED = {
  ALLOWED_TAGS:
    'a abbr b blockquote br button code del details dd div dl dt em h3 h4 h5 h6 hr i ins kbd li mark ol p pre q s samp small span strong sub summary sup table tbody td th thead tr u ul'.split(
      ' ',
    ),
  ALLOWED_ATTR: ['aria-label', 'class', 'data-copy', 'href', 'role', 'start', 'tabindex', 'type'],
  ALLOW_DATA_ATTR: false,
  ALLOWED_URI_REGEXP: /^(?:https?:|mailto:|tel:|\/(?!\/)|#)/i,
};

/** @param {string} text */
function escape(text) {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

/**
 * Markdown that grows at its end. Only what may still change is parsed again: each block that another
 * one follows is final.
 */
export class GrowingMarkdown {
  /** @type {Block[]} */
  settled = [];
  #tail = '';
  #next = 0;
  /** A carriage return at the end of what came: the line feed may come next. */
  #held = '';

  /** @param {string} text @returns {boolean} whether blocks have become final */
  push(text) {
    const come = this.#held + text;
    this.#held = come.endsWith('\r') ? '\r' : '';
    // As the lexer does it: what it calls final is cut off here by its length.
    this.#tail += come.slice(0, come.length - this.#held.length).replace(/\r\n?/g, '\n');
    return this.#settle(false);
  }

  /** What may still change: the block that is being written. @returns {Block[]} */
  open() {
    const tokens = marked.lexer(this.#tail);
    return tokens
      .filter((token) => token.type !== 'space')
      .map((token, at) => toBlock(token, this.#next + at));
  }

  /** No more will come. */
  end() {
    this.#settle(true);
  }

  /** @param {boolean} isEnd */
  #settle(isEnd) {
    if (this.#tail === '') return false;
    const tokens = isEnd ? marked.lexer(this.#tail) : splitLongList(marked.lexer(this.#tail));
    const keep = isEnd ? tokens.length : lastOpen(tokens);
    let length = 0;
    let hasSettled = false;
    for (const token of tokens.slice(0, keep)) {
      length += token.raw.length;
      if (token.type === 'space') continue;
      this.settled.push(toBlock(token, this.#next++));
      hasSettled = true;
    }
    this.#tail = isEnd ? '' : this.#tail.slice(length);
    return hasSettled;
  }
}

/** A list that is longer is shown in parts: all of it would be parsed again with each piece. */
const LONG_LIST = 3_000;

/**
 * Makes the finished items of a long list at the end a list of their own.
 *
 * @param {import('marked').Token[]} tokens
 */
function splitLongList(tokens) {
  const list = tokens.at(-1);
  if (list?.type !== 'list' || list.raw.length < LONG_LIST || list.items.length < 3) return tokens;
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

/**
 * @param {import('marked').Token} token
 * @param {number} key
 * @returns {Block}
 */
function toBlock(token, key) {
  if (token.type === 'code') {
    const { text, lang = '' } = /** @type {import('marked').Tokens.Code} */ (token);
    return { key, source: token.raw, code: { language: lang, text } };
  }
  return { key, source: token.raw, html: sanitised([token]) };
}

/** @param {import('marked').Token[]} tokens */
function sanitised(tokens) {
  return purify.sanitize(marked.parser(tokens), SANITISED);
}

/** Loads and compiles what the first answer needs, before it is needed. */
export function warmUp() {
  const warming = new GrowingMarkdown();
  warming.push('# a\n\n- **b** `c` [d](/e)\n\n|f|g|\n|-|-|\n|1|2|\n\n```js\nh\n```\n\ni');
  warming.open();
  warming.end();
}
