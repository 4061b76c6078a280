import { effect } from '@preact/signals';
import { storedSignal } from '../lib/stored-signal.js';

const isText = (/** @type {unknown} */ value) => typeof value === 'string';
const isFlag = (/** @type {unknown} */ value) => typeof value === 'boolean';

/** A model's name; empty: the agent's, or the service's default. */
export const model = storedSignal('model', '', isText);

/** An agent's id; empty: the default one. */
export const agent = storedSignal('agent', '', isText);

export const streaming = storedSignal('streaming', true, isFlag);

/** As it was typed; empty: the model's. */
export const maxTokens = storedSignal('max-tokens', '', isText);

/** As it was typed; empty: the model's. */
export const temperature = storedSignal('temperature', '', isText);

export const instructions = storedSignal('instructions', '', isText);

export const theme = storedSignal('theme', 'system', (value) =>
  ['system', 'light', 'dark'].includes(String(value)),
);

export const inspectorOpen = storedSignal('inspector', false, isFlag);

effect(() => {
  document.documentElement.dataset.theme = theme.value;
});

/** What is wrong with the field; undefined: nothing. @param {string} text */
export function maxTokensFault(text) {
  if (text.trim() === '') return undefined;
  const isRight =
    /^\d+$/.test(text.trim()) && Number(text) >= 1 && Number.isSafeInteger(Number(text));
  return isRight ? undefined : 'A whole number from 1.';
}

/** What is wrong with the field; undefined: nothing. @param {string} text */
export function temperatureFault(text) {
  if (text.trim() === '') return undefined;
  const value = Number(text);
  return value >= 0 && value <= 2 ? undefined : 'A number from 0 to 2.';
}

/** The fields that the settings add to a request. What is wrong is left out, and is shown as wrong. */
export function requestSettings() {
  const most = maxTokensFault(maxTokens.value) ? '' : maxTokens.value.trim();
  const freely = temperatureFault(temperature.value) ? '' : temperature.value.trim();
  return {
    ...(model.value && { model: model.value }),
    ...(agent.value && { agent: agent.value }),
    ...(most && { max_tokens: Number(most) }),
    ...(freely && { temperature: Number(freely) }),
    ...(instructions.value.trim() && { instructions: instructions.value.trim() }),
  };
}
