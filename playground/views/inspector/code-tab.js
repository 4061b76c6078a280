import { useSignal } from '@preact/signals';
import { html } from '../../lib/html.js';
import { clientCode, curl, fetchCode } from '../../lib/snippets.js';
import { CopyButton } from '../copy-button.js';

const LANGUAGES = /** @type {const} */ ([
  ['curl', 'curl', curl],
  ['fetch', 'fetch', fetchCode],
  ['client', 'agno-api-client', clientCode],
]);

/** The request just made, as programs make it. @param {{recorder: import('../../state/recorder.js').Recorder}} props */
export function CodeTab({ recorder }) {
  void recorder.slowVersion.value;
  const chosen = useSignal(/** @type {string} */ ('curl'));
  const [, , write] = LANGUAGES.find(([id]) => id === chosen.value) ?? LANGUAGES[0];
  const { body, runId, mode } = recorder;
  const code = write({ origin: location.origin, body, runId, streams: mode !== 'json' });
  return html`<div class="snippets">
    <div class="row">
      <fieldset class="choices">
        <legend class="off-screen">Written with</legend>
        ${LANGUAGES.map(
          ([id, label]) =>
            html`<label key=${id}>
              <input
                type="radio"
                name="language"
                checked=${id === chosen.value}
                onChange=${() => (chosen.value = id)}
              /><span>${label}</span>
            </label>`,
        )}
      </fieldset>
      <${CopyButton} label="Copy the code" text=${() => code} />
    </div>
    <pre class="raw snippet" tabindex="0">${code}</pre>
  </div>`;
}
