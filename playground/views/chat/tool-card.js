import { useSignal } from '@preact/signals';
import { html } from '../../lib/html.js';
import { faultOf } from '../../lib/problems.js';
import { decide } from '../../state/conversation.js';
import { Icon } from '../icon.js';

const STATES = {
  calling: 'being written',
  waiting: 'waits for your approval',
  running: 'running',
  done: 'done',
  failed: 'failed',
  stopped: 'not finished',
};

/**
 * A call of a tool: what with, how far, what came of it.
 *
 * @param {{tool: import('../../state/answer.js').ToolPart, answer: import('../../state/answer.js').Answer}} props
 */
export function ToolCard({ tool, answer }) {
  const state = tool.state.value;
  const result = tool.result.value;
  const rejected = tool.decision.value.startsWith('Rejected');
  return html`<section class=${`tool ${state}`} aria-label=${`Tool ${tool.name}`}>
    <details open=${state === 'waiting'}>
      <summary>
        <${Icon} name="tool" />
        <span class="tool-name">${tool.name}</span>
        <span class="tool-state">${rejected ? 'rejected' : STATES[state]}</span>
        ${
          tool.progress.value &&
          state === 'running' &&
          html`<span class="tool-progress">${tool.progress.value}</span>`
        }
      </summary>
      <p class="tool-label">Arguments</p>
      <pre tabindex="0">${tool.args.value || '{}'}</pre>
      ${tool.decision.value && html`<p class="tool-decision">${tool.decision.value}</p>`}
      ${
        result !== undefined &&
        html`<p class="tool-label">${state === 'failed' ? 'What went wrong' : 'Result'}</p>
          <pre tabindex="0">${result}</pre>`
      }
    </details>
    ${state === 'waiting' && html`<${Approval} tool=${tool} answer=${answer} />`}
  </section>`;
}

/** @param {{tool: import('../../state/answer.js').ToolPart, answer: import('../../state/answer.js').Answer}} props */
function Approval({ tool, answer }) {
  const reason = useSignal('');
  /** As they are being changed; undefined: they are not. */
  const args = useSignal(/** @type {string | undefined} */ (undefined));
  const isDeciding = useSignal(false);
  const fault = useSignal('');
  const say = (/** @type {'approve' | 'reject'} */ decision) => async () => {
    fault.value = '';
    const changed = decision === 'approve' ? changedArguments(args.value, tool.args.value) : {};
    if (typeof changed === 'string') return void (fault.value = changed);
    isDeciding.value = true;
    try {
      await decide(answer, {
        id: tool.id,
        decision,
        ...changed,
        ...(decision === 'reject' && reason.value.trim() && { reason: reason.value.trim() }),
      });
    } catch (error) {
      const { title, detail } = faultOf(error);
      fault.value = detail ?? title;
    }
    isDeciding.value = false;
  };
  return html`<div class="approval">
    <p>May the agent call this tool?</p>
    ${
      args.value !== undefined &&
      html`<textarea
        class="field arguments"
        rows="4"
        spellcheck=${false}
        aria-label="Arguments to call it with"
        defaultValue=${tool.args.value}
        ref=${focusOnce}
        onInput=${(/** @type {InputEvent} */ event) =>
          (args.value = /** @type {HTMLTextAreaElement} */ (event.target).value)}
      ></textarea>`
    }
    <div class="row">
      <button
        type="button"
        class="button primary"
        disabled=${isDeciding.value}
        onClick=${say('approve')}
      >
        Approve
      </button>
      <button type="button" class="button" disabled=${isDeciding.value} onClick=${say('reject')}>
        Reject
      </button>
      ${
        args.value === undefined &&
        html`<button
          type="button"
          class="button"
          disabled=${isDeciding.value}
          onClick=${() => (args.value = tool.args.value)}
        >
          Change arguments
        </button>`
      }
      <input
        class="field"
        placeholder="Why not (optional)"
        aria-label="Reason to reject"
        value=${reason.value}
        onInput=${(/** @type {InputEvent} */ event) =>
          (reason.value = /** @type {HTMLInputElement} */ (event.target).value)}
      />
    </div>
    ${fault.value && html`<p class="fault-text" role="alert">${fault.value}</p>`}
  </div>`;
}

/**
 * The arguments to call a tool with instead.
 *
 * @param {string | undefined} text as it was changed
 * @param {string} before
 * @returns {{arguments?: Record<string, unknown>} | string} what is wrong with them
 */
function changedArguments(text, before) {
  if (text === undefined || text.trim() === before.trim()) return {};
  const wrong = 'The arguments have to be a JSON object.';
  try {
    const value = JSON.parse(text);
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? { arguments: value } : wrong;
  } catch {
    return wrong;
  }
}

/** @type {WeakSet<Element>} */
const focused = new WeakSet();

/** Whoever asks for a field wants to write in it; the next rendering does not. @param {HTMLElement | null} element */
function focusOnce(element) {
  if (element === null || focused.has(element)) return;
  focused.add(element);
  element.focus();
}
