import { html } from '../lib/html.js';
import { catalogState, chosenAgent, isOffline } from '../state/catalog.js';
import { send } from '../state/conversation.js';

const QUESTIONS = [
  ['What can you do?', 'A first look around'],
  ['How do I resume a stream?', 'Where a connection was cut'],
  ['What is 17 * 23?', 'An agent that calls a tool'],
  ['/long 400', 'A long answer, to see it stream'],
];

const FOR_MODELS = [
  ['What can you help me with?', 'A first look around'],
  ['Explain Server-Sent Events in three sentences.', 'Something short'],
  ['What is 1234 * 5678? Use the calculator.', 'An agent that calls a tool'],
  ['Write a table of five sorting algorithms with their costs.', 'Markdown, as it streams'],
];

/** What one sees first. */
export function Welcome() {
  const agent = chosenAgent.value;
  const questions = isOffline.value ? QUESTIONS : FOR_MODELS;
  return html`<section class="welcome" aria-label="Welcome">
    <h2>What would you like to know?</h2>
    ${
      isOffline.value
        ? html`<p>
            You are talking to the built-in <strong>offline assistant</strong>. It is no language
            model: it answers questions about this service from its documents.${' '}
            <a href="/docs/models.md" target="_blank" rel="noopener">Connect a model</a>${' '} to
            have real answers.
          </p>`
        : html`<p>${agent?.description || 'Ask anything. The answer is written as you watch.'}</p>`
    }
    ${
      catalogState.value !== 'loading' &&
      html`<ul class="questions">
        ${questions.map(
          ([text, about]) =>
            html`<li key=${text}>
              <button type="button" onClick=${() => send(text)}>
                <span class="question-text">${text}</span
                ><span class="question-about">${about}</span>
              </button>
            </li>`,
        )}
      </ul>`
    }
  </section>`;
}
