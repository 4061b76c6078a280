import { html } from '../../lib/html.js';
import {
  agents,
  catalogFault,
  catalogState,
  chosenAgent,
  chosenModel,
  defaultModel,
  isOffline,
  loadCatalog,
  models,
} from '../../state/catalog.js';
import { connectionTest } from '../../state/connection.js';
import {
  agent,
  instructions,
  maxTokens,
  maxTokensFault,
  model,
  streaming,
  temperature,
  temperatureFault,
} from '../../state/settings.js';
import { testConnection } from '../../state/test-connection.js';

/** The value of the field that an event is of. @param {Event} event */
const valueOf = (event) => /** @type {HTMLInputElement} */ (event.target).value;

/** What is asked with. */
export function Settings() {
  return html`<details class="settings" open>
    <summary>Settings</summary>
    <${ModelChoice} />
    <${AgentChoice} />
    <label class="switch">
      <input
        type="checkbox"
        role="switch"
        checked=${streaming.value}
        onChange=${(/** @type {Event} */ event) =>
          (streaming.value = /** @type {HTMLInputElement} */ (event.target).checked)}
      />
      <span>Streaming</span>
    </label>
    <div class="pair">
      <${NumberField}
        label="Max tokens"
        value=${maxTokens}
        fault=${maxTokensFault(maxTokens.value)}
      />
      <${NumberField}
        label="Temperature"
        value=${temperature}
        fault=${temperatureFault(temperature.value)}
      />
    </div>
    <label class="labelled">
      <span>Instructions</span>
      <textarea
        class="field"
        rows="2"
        placeholder="Beside the agent’s own"
        value=${instructions.value}
        onInput=${(/** @type {Event} */ event) => (instructions.value = valueOf(event))}
      ></textarea>
    </label>
    <${ConnectionTest} />
  </details>`;
}

function ModelChoice() {
  const state = catalogState.value;
  if (state === 'failed' && models.value.length === 0) {
    const again = () => loadCatalog().catch(() => undefined);
    return html`<div class="fault" role="alert">
      <p>The models could not be loaded. ${catalogFault.value?.detail}</p>
      <button type="button" class="button small" onClick=${again}>Try again</button>
    </div>`;
  }
  const chosen = chosenModel.value;
  const usual = chosenAgent.value?.model ?? defaultModel.value?.id;
  return html`<label class="labelled">
      <span>Model</span>
      <select
        class="field"
        disabled=${state === 'loading'}
        value=${model.value}
        onChange=${(/** @type {Event} */ event) => (model.value = valueOf(event))}
      >
        <option value="" selected=${model.value === ''}>
          ${state === 'loading' ? 'Loading …' : `Default${usual ? ` (${usual})` : ''}`}
        </option>
        ${[true, false].map((available) => html`<${ModelGroup} key=${available} available=${available} />`)}
      </select>
    </label>
    ${
      chosen &&
      !chosen.available &&
      html`<p class="hint warn" role="status">Not available: ${chosen.unavailable_reason}</p>`
    }
    ${
      isOffline.value &&
      html`<p class="hint">
        <span class="badge">Offline assistant</span> No language model: it answers from the
        documents.
      </p>`
    }`;
}

/** @param {{available: boolean}} props */
function ModelGroup({ available }) {
  const group = models.value.filter((one) => one.available === available);
  if (group.length === 0) return null;
  return html`<optgroup label=${available ? 'Available' : 'Not available'}>
    ${group.map(
      ({ id, unavailable_reason: why }) =>
        html`<option key=${id} value=${id} selected=${id === model.value} title=${why ?? ''}>
          ${available ? id : `${id} – ${why}`}
        </option>`,
    )}
  </optgroup>`;
}

function AgentChoice() {
  const usual = agents.value.find((one) => one.default);
  const tools = chosenAgent.value?.tools ?? [];
  return html`<label class="labelled">
      <span>Agent</span>
      <select
        class="field"
        disabled=${catalogState.value === 'loading'}
        value=${agent.value}
        onChange=${(/** @type {Event} */ event) => (agent.value = valueOf(event))}
      >
        <option value="" selected=${agent.value === ''}>
          Default${usual ? ` (${usual.name})` : ''}
        </option>
        ${agents.value.map(
          ({ id, name }) =>
            html`<option key=${id} value=${id} selected=${id === agent.value}>${name}</option>`,
        )}
      </select>
    </label>
    ${
      chosenAgent.value &&
      html`<p class="hint">
        ${chosenAgent.value.description}
        ${tools.length > 0 && html` Tools: ${tools.map(({ name }) => name).join(', ')}.`}
      </p>`
    }`;
}

/**
 * @param {{
 *   label: string,
 *   value: import('@preact/signals').Signal<string>,
 *   fault: string | undefined,
 * }} props
 */
function NumberField({ label, value, fault }) {
  const id = `fault-${label.replace(' ', '-').toLowerCase()}`;
  return html`<label class="labelled">
    <span>${label}</span>
    <input
      class="field"
      inputmode="decimal"
      placeholder="Default"
      value=${value.value}
      aria-invalid=${fault !== undefined}
      aria-describedby=${fault ? id : undefined}
      onInput=${(/** @type {Event} */ event) => (value.value = valueOf(event))}
    />
    ${fault && html`<span class="fault-text" id=${id}>${fault}</span>`}
  </label>`;
}

function ConnectionTest() {
  const test = connectionTest.value;
  return html`<div class="connection-test">
    <button
      type="button"
      class="button small"
      disabled=${test?.state === 'running'}
      onClick=${testConnection}
    >
      Test the connection
    </button>
    <p class=${`hint ${test?.state ?? ''}`} role="status">${test?.text}</p>
  </div>`;
}
