import { Component } from 'preact';
import { html } from '../../lib/html.js';

/** @typedef {import('../../lib/markdown.js').Block} BlockOf */

/** The text of an answer. @param {{part: import('../../state/answer.js').TextPart}} props */
export function MarkdownText({ part }) {
  // What was made readable is no signal by itself.
  void part.version.value;
  return html`<div class="markdown">
    ${part.groups.map((blocks, at) => html`<${Group} key=${at} blocks=${blocks} />`)}
    ${part.open.map((block) => html`<${Block} key=${`open-${block.key}`} block=${block} />`)}
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
    return block.html !== shown.html || block.code?.text !== shown.code?.text;
  }

  render() {
    const { block } = /** @type {{block: BlockOf}} */ (this.props);
    if (block.code) return html`<${Code} code=${block.code} />`;
    return html`<div class="block" dangerouslySetInnerHTML=${{ __html: block.html ?? '' }}></div>`;
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
