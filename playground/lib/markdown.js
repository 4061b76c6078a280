import DOMPurify from 'dompurify';
import { Marked } from 'marked';

/**
 * A block of Markdown: of a text's, one has one of these.
 *
 * @typedef {object} BlockContent
 * @property {string} [html] sanitised
 * @property {{language: string, text: string}} [code] shown as text
 * @property {LongBlock} [long]
 */

/**
 * A block that is too long to be made anew with each piece: its parts stand in one element.
 *
 * @typedef {object} LongBlock
 * @property {'paragraph' | 'table'} kind
 * @property {string} head of a table; sanitised
 * @property {string[]} parts sanitised
 * @property {number[]} columns how wide those of a table are shown, in pixels; empty: not shown yet
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

/** The tokens of a text's blocks, in their order; their `raw` put together is the text. @param {string} text */
export function blockTokens(text) {
  return marked.lexer(text);
}

/** @param {import('marked').Token} token @returns {BlockContent} */
export function contentOf(token) {
  if (token.type === 'code') {
    const { text, lang = '' } = /** @type {import('marked').Tokens.Code} */ (token);
    return { code: { language: lang, text } };
  }
  return { html: purify.sanitize(marked.parser([token]), SANITISED) };
}

/** What is within an element of a block's, such as `tbody`. @param {import('marked').Token} token @param {string} name */
export function contentWithin(token, name) {
  const { html = '' } = contentOf(token);
  const from = html.indexOf(`<${name}>`) + name.length + 2;
  return html.slice(from, html.lastIndexOf(`</${name}>`));
}
