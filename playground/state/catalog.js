import { computed, signal } from '@preact/signals';
import { faultOf } from '../lib/problems.js';
import { client } from './client.js';
import { agent, model } from './settings.js';

export const models = signal(/** @type {import('agno-api-client').Model[]} */ ([]));
export const agents = signal(/** @type {import('agno-api-client').Agent[]} */ ([]));
export const catalogState = signal(/** @type {'loading' | 'loaded' | 'failed'} */ ('loading'));
export const catalogFault = signal(
  /** @type {import('../lib/problems.js').Fault | undefined} */ (undefined),
);

export const chosenAgent = computed(
  () =>
    agents.value.find(({ id }) => id === agent.value) ?? agents.value.find((one) => one.default),
);

/** The model that will answer: the chosen one, the agent's, or the service's default. */
export const chosenModel = computed(() => {
  const named = model.value || chosenAgent.value?.model;
  return models.value.find(({ id }) => (named ? id === named : false)) ?? defaultModel.value;
});

export const defaultModel = computed(() => models.value.find((one) => one.default));

/** The built-in assistant is no language model: whoever reads its answers has to know. */
export const isOffline = computed(() => chosenModel.value?.provider === 'offline');

/** Asks for the models and agents that there are. */
export async function loadCatalog() {
  if (catalogState.value === 'failed') catalogState.value = 'loading';
  try {
    [models.value, agents.value] = await Promise.all([client.models.list(), client.agents.list()]);
    catalogState.value = 'loaded';
    catalogFault.value = undefined;
    // What was chosen on an earlier visit may be gone.
    if (!models.value.some(({ id }) => id === model.value)) model.value = '';
    if (!agents.value.some(({ id }) => id === agent.value)) agent.value = '';
  } catch (error) {
    catalogFault.value = faultOf(error);
    catalogState.value = 'failed';
    throw error;
  }
}
