import { formatCost, formatMs } from '../../lib/format.js';
import { html } from '../../lib/html.js';
import { ReasoningPart, TextPart } from '../../state/answer.js';
import { models } from '../../state/catalog.js';
import { fork, regenerate, retry } from '../../state/conversation.js';
import { isBusy } from '../../state/shown.js';
import { costOf } from '../../lib/cost.js';
import { CopyButton } from '../copy-button.js';
import { Icon } from '../icon.js';
import { MarkdownText } from './markdown.js';
import { ToolCard } from './tool-card.js';

const REASONS = {
  length: 'Cut short: the most tokens were reached.',
  content_filter: 'Ended by the provider’s content filter.',
  tool_limit: 'Ended: the agent’s limit of tool calls was reached.',
  turn_limit: 'Ended: the agent’s limit of turns was reached.',
  cancelled: 'Stopped.',
};

/**
 * @param {{answer: import('../../state/answer.js').Answer, isLast: boolean}} props
 */
export function AnswerView({ answer, isLast }) {
  const state = answer.state.value;
  const reason = answer.ending.value?.reason;
  const parts = answer.parts.value;
  const note =
    reason && reason in REASONS ? REASONS[/** @type {keyof typeof REASONS} */ (reason)] : '';
  return html`<article class="answer" aria-busy=${state !== 'over'}>
    <h2 class="off-screen">Answer${answer.model.value && ` of ${answer.model.value}`}</h2>
    ${parts.map((part) => html`<${PartView} key=${part.key} part=${part} answer=${answer} />`)}
    ${
      state !== 'over' &&
      state !== 'waiting' &&
      html`<p class="pulse">
        <span class="dots" aria-hidden="true"><i></i><i></i><i></i></span>
        ${answer.connection.value || (parts.length === 0 ? 'Waiting for the first words' : '')}
      </p>`
    }
    ${note && html`<p class="note">${note}</p>`}
    ${answer.fault.value && html`<${FaultView} answer=${answer} isLast=${isLast} />`}
    ${state === 'over' && html`<${Footer} answer=${answer} isLast=${isLast} />`}
  </article>`;
}

/**
 * @param {{part: import('../../state/answer.js').Part, answer: import('../../state/answer.js').Answer}} props
 */
function PartView({ part, answer }) {
  if (part instanceof TextPart) return html`<${MarkdownText} part=${part} />`;
  if (part instanceof ReasoningPart) {
    return html`<details class="reasoning">
      <summary>${part.isOver.value ? 'Thoughts' : 'Thinking …'}</summary>
      <p>${part.text.value}</p>
    </details>`;
  }
  return html`<${ToolCard} tool=${part} answer=${answer} />`;
}

/** @param {{answer: import('../../state/answer.js').Answer, isLast: boolean}} props */
function FaultView({ answer, isLast }) {
  const fault = answer.fault.value;
  if (!fault) return null;
  return html`<div class="fault" role="alert">
    <p><strong>${fault.title}.</strong> ${fault.detail}</p>
    ${
      (fault.code || fault.requestId) &&
      html`<p class="fault-code">
        ${fault.code && html`<code>${fault.code}</code>`}
        ${fault.requestId && html` Request <code>${fault.requestId}</code>`}
      </p>`
    }
    ${
      isLast &&
      html`<button
        type="button"
        class="button small"
        disabled=${isBusy.value}
        onClick=${() => retry(answer)}
      >
        <${Icon} name="retry" /><span>Try again</span>
      </button>`
    }
  </div>`;
}

/** @param {{answer: import('../../state/answer.js').Answer, isLast: boolean}} props */
function Footer({ answer, isLast }) {
  const { usage, timings } = answer.ending.value ?? {};
  const id = answer.messageId.value;
  const cost = costOf(usage, models.value.find((model) => model.id === answer.model.value)?.prices);
  const facts = [
    answer.model.value,
    usage &&
      `${usage.output_tokens.toLocaleString('en')} tokens${usage.estimated ? ' (estimated)' : ''}`,
    cost !== undefined && formatCost(cost),
    timings && timings.first_token_ms !== null && `first after ${formatMs(timings.first_token_ms)}`,
    timings && `${formatMs(timings.total_ms)} in all`,
  ].filter(Boolean);
  return html`<footer class="answer-foot">
    <div class="actions">
      <${CopyButton} label="Copy the answer" text=${() => answer.text} />
      ${
        isLast &&
        id &&
        html`<button
          type="button"
          class="icon-button"
          title="Answer again"
          aria-label="Answer again"
          disabled=${isBusy.value}
          onClick=${() => regenerate()}
        >
          <${Icon} name="retry" />
        </button>`
      }
      ${
        id &&
        html`<button
          type="button"
          class="icon-button"
          title="Fork: go on from here in a session of its own"
          aria-label="Fork from here"
          onClick=${() => fork(id)}
        >
          <${Icon} name="fork" />
        </button>`
      }
    </div>
    <p class="facts">${facts.join(' · ')}</p>
  </footer>`;
}
