import { useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { html } from '../../lib/html.js';
import { edit } from '../../state/conversation.js';
import { isBusy } from '../../state/shown.js';
import { CopyButton } from '../copy-button.js';
import { Icon } from '../icon.js';

/** @param {{question: import('../../state/answer.js').Question}} props */
export function QuestionView({ question }) {
  const isEdited = useSignal(false);
  if (isEdited.value)
    return html`<${Editor} question=${question} onClose=${() => (isEdited.value = false)} />`;
  return html`<article class="question">
    <h2 class="off-screen">You said</h2>
    ${
      question.images.length > 0 &&
      html`<div class="pictures">
        ${question.images.map((url, at) => html`<${Picture} key=${at} url=${url} number=${at + 1} />`)}
      </div>`
    }
    ${question.text && html`<p class="said">${question.text}</p>`}
    <div class="actions">
      <${CopyButton} label="Copy the message" text=${() => question.text} />
      ${
        question.messageId.value &&
        html`<button
          type="button"
          class="icon-button"
          title="Edit: ask something else in its place"
          aria-label="Edit this message"
          disabled=${isBusy.value}
          onClick=${() => (isEdited.value = true)}
        >
          <${Icon} name="edit" />
        </button>`
      }
    </div>
  </article>`;
}

/** An image that was sent; one at an address is not fetched. @param {{url: string, number: number}} props */
function Picture({ url, number }) {
  if (url.startsWith('data:'))
    return html`<img src=${url} alt=${`Image ${number} of this message`} />`;
  return html`<a href=${url} target="_blank" rel="noopener noreferrer">Image ${number}</a>`;
}

/** @param {{question: import('../../state/answer.js').Question, onClose: () => void}} props */
function Editor({ question, onClose }) {
  const field = useRef(/** @type {HTMLTextAreaElement | null} */ (null));
  const save = () => {
    const text = field.current?.value.trim();
    if (!text) return;
    onClose();
    void edit(question, text);
  };
  const onKeyDown = (/** @type {KeyboardEvent} */ event) => {
    if (event.key === 'Escape') {
      event.stopPropagation();
      onClose();
    }
    if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      save();
    }
  };
  const focus = (/** @type {HTMLTextAreaElement | null} */ element) => {
    if (element !== null && field.current === null) element.focus();
    field.current = element;
  };
  return html`<div class="question editor">
    <textarea
      class="field"
      rows="3"
      aria-label="Edited message"
      ref=${focus}
      onKeyDown=${onKeyDown}
      defaultValue=${question.text}
    ></textarea>
    <div class="row end">
      <button type="button" class="button small" onClick=${onClose}>Cancel</button>
      <button type="button" class="button small primary" onClick=${save}>Ask instead</button>
    </div>
  </div>`;
}
