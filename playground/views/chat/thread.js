import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { html } from '../../lib/html.js';
import { Question } from '../../state/answer.js';
import { showRoute, switchBranch } from '../../state/conversation.js';
import {
  branches,
  conversationFault,
  conversationState,
  entries,
  isBusy,
} from '../../state/shown.js';
import { Icon } from '../icon.js';
import { Welcome } from '../welcome.js';
import { AnswerView } from './answer.js';
import { QuestionView } from './question.js';

/** How near to the end one still reads the end, in pixels. */
const NEAR = 80;

/** The conversation. Who reads its end stays there; who reads elsewhere is left alone. */
export function Thread() {
  const scroller = useRef(/** @type {HTMLElement | null} */ (null));
  const content = useRef(/** @type {HTMLElement | null} */ (null));
  const isAtEnd = useSignal(true);

  useEffect(() => {
    const element = /** @type {HTMLElement} */ (scroller.current);
    // Whenever the content grows, of whatever.
    const watching = new ResizeObserver(() => {
      if (isAtEnd.peek()) element.scrollTop = element.scrollHeight;
    });
    watching.observe(/** @type {HTMLElement} */ (content.current));
    watching.observe(element);
    return () => watching.disconnect();
  }, []);

  const onScroll = () => {
    const { scrollTop, scrollHeight, clientHeight } = /** @type {HTMLElement} */ (scroller.current);
    isAtEnd.value = scrollHeight - scrollTop - clientHeight < NEAR;
  };
  const toEnd = () => {
    isAtEnd.value = true;
    scroller.current?.scrollTo({ top: scroller.current.scrollHeight });
  };
  // A new question is to be seen, wherever one was.
  const count = entries.value.length;
  useEffect(toEnd, [count]);

  return html`<div
    class="thread"
    ref=${scroller}
    onScroll=${onScroll}
    tabindex="-1"
    id="conversation"
  >
    <div class="thread-content" ref=${content}>
      <${Content} />
    </div>
    ${
      !isAtEnd.value &&
      html`<button type="button" class="to-end button small" onClick=${toEnd}>
        <${Icon} name="down" /><span>Jump to the end</span>
      </button>`
    }
  </div>`;
}

function Content() {
  if (conversationState.value === 'loading') {
    return html`<p class="state" role="status">Loading the conversation …</p>`;
  }
  if (conversationState.value === 'failed') {
    const fault = conversationFault.value;
    return html`<div class="fault" role="alert">
      <p><strong>${fault?.title}.</strong> ${fault?.detail}</p>
      ${fault?.code && html`<p class="fault-code"><code>${fault.code}</code></p>`}
      <button type="button" class="button small" onClick=${() => showRoute()}>Try again</button>
    </div>`;
  }
  const said = entries.value;
  if (said.length === 0) return html`<${Welcome} />`;
  return html`<${Branches} /> ${said.map((entry, at) =>
      entry instanceof Question
        ? html`<${QuestionView} key=${entry.key} question=${entry} />`
        : html`<${AnswerView} key=${entry.key} answer=${entry} isLast=${at === said.length - 1} />`,
    )}
    ${
      conversationFault.value &&
      html`<p class="fault" role="alert">
        <strong>${conversationFault.value.title}.</strong> ${conversationFault.value.detail}
      </p>`
    }`;
}

/** The ways that the conversation went, where it was edited or answered again. */
function Branches() {
  const all = branches.value;
  if (all.length < 2) return null;
  const current = all.find((branch) => branch.current)?.message_id ?? '';
  const name = (/** @type {import('agno-api-client').Branch} */ branch, /** @type {number} */ at) =>
    `Version ${at + 1} of ${all.length}, ${branch.messages} messages`;
  const oldestFirst = [...all].sort((a, b) => (a.created_at < b.created_at ? -1 : 1));
  return html`<label class="branches">
    <span>This conversation has versions</span>
    <select
      class="field"
      value=${current}
      disabled=${isBusy.value}
      onChange=${(/** @type {Event} */ event) =>
        switchBranch(/** @type {HTMLSelectElement} */ (event.target).value)}
    >
      ${oldestFirst.map(
        (branch, at) =>
          html`<option
            key=${branch.message_id}
            value=${branch.message_id}
            selected=${branch.current}
          >
            ${name(branch, at)}
          </option>`,
      )}
    </select>
  </label>`;
}
