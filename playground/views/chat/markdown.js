import { Component } from 'preact';
import { html } from '../../lib/html.js';

/** @typedef {import('../../lib/growing-markdown.js').Block} BlockOf */

/** The text of an answer. @param {{part: import('../../state/answer.js').TextPart}} props */
export function MarkdownText({ part }) {
  // What was made readable is no signal by itself.
  void part.version.value;
  return html`<div class="markdown">
    ${part.shown.map((blocks, at) => html`<${Group} key=${at} blocks=${blocks} />`)}
  </div>`;
}

/** Blocks that do not change: shown again only where there are more. */
class Group extends Component {
  /** @param {{blocks: BlockOf[]}} next */
  shouldComponentUpdate(next) {
    return next.blocks !== /** @type {{blocks: BlockOf[]}} */ (this.props).blocks;
  }

  render() {
    const { blocks } = /** @type {{blocks: BlockOf[]}} */ (this.props);
    return html`<div class="blocks">
      ${blocks.map((block) => html`<${Block} key=${block.key} block=${block} />`)}
    </div>`;
  }
}

class Block extends Component {
  /** @param {{block: BlockOf}} next */
  shouldComponentUpdate({ block }) {
    const shown = /** @type {{block: BlockOf}} */ (this.props).block;
    return (
      block.html !== shown.html ||
      block.code?.text !== shown.code?.text ||
      block.long !== shown.long
    );
  }

  render() {
    const { block } = /** @type {{block: BlockOf}} */ (this.props);
    if (block.code) return html`<${Code} code=${block.code} />`;
    if (block.long) return html`<${Long} long=${block.long} />`;
    return html`<div class="block" dangerouslySetInnerHTML=${{ __html: block.html ?? '' }}></div>`;
  }
}

/** @param {{long: import('../../lib/markdown.js').LongBlock}} props */
function Long({ long }) {
  if (long.kind === 'table') return html`<${LongTable} long=${long} />`;
  return html`<div class="block">
    <p>${long.parts.map((part, at) => html`<${Part} key=${at} name="span" content=${part} />`)}</p>
  </div>`;
}

/** Its columns stay as wide as they first were: else each new row would have all others laid out again. */
class LongTable extends Component {
  measure = (/** @type {HTMLTableElement | null} */ table) => {
    const { columns } = this.#long;
    if (table === null || columns.length > 0) return;
    const widths = [...table.querySelectorAll('th')].map((th) => th.getBoundingClientRect().width);
    // Nobody sees it yet.
    if (widths.includes(0)) return;
    columns.push(...widths);
    this.forceUpdate();
  };

  get #long() {
    const { long } = /** @type {{long: import('../../lib/markdown.js').LongBlock}} */ (this.props);
    return long;
  }

  render() {
    const { head, parts, columns } = this.#long;
    const width = columns.reduce((sum, column) => sum + column, 0);
    const style = width > 0 ? { tableLayout: 'fixed', width: `${width}px` } : {};
    return html`<div class="block">
      <div class="table" tabindex="0" role="region" aria-label="Table">
        <table ref=${this.measure} style=${style}>
          <colgroup>
            ${columns.map((column, at) => html`<col key=${at} style=${{ width: `${column}px` }} />`)}
          </colgroup>
          <${Part} name="thead" content=${head} />
          ${parts.map((part, at) => html`<${Part} key=${at} name="tbody" content=${part} />`)}
        </table>
      </div>
    </div>`;
  }
}

/** An element whose content is made anew only where it is another. */
class Part extends Component {
  /** @param {{content: string}} next */
  shouldComponentUpdate(next) {
    return next.content !== /** @type {{content: string}} */ (this.props).content;
  }

  render() {
    const { name, content } = /** @type {{name: string, content: string}} */ (this.props);
    return html`<${name} dangerouslySetInnerHTML=${{ __html: content }} />`;
  }
}

/** How many lines of code stand together: the ones before are not touched again. */
const LINES = 60;

/** @param {{code: {language: string, text: string}}} props */
function Code({ code: { language, text } }) {
  const lines = text.split('\n');
  const pieces = [];
  for (let at = 0; at < lines.length; at += LINES) {
    const piece = lines.slice(at, at + LINES).join('\n');
    pieces.push(at + LINES < lines.length ? `${piece}\n` : piece);
  }
  return html`<div class="code">
    <div class="code-head">
      <span>${language}</span><button type="button" data-copy>Copy</button>
    </div>
    <pre tabindex="0"><code>${pieces.map(
      (piece, at) =>
        html`<span key=${at} class=${piece.endsWith('\n') ? 'lines' : ''}>${piece}</span>`,
    )}</code></pre>
  </div>`;
}
