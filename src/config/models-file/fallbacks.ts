import { notAllowed, notOneOf, shown, type Faults } from '../faults/faults.js';
import type { EntrySource } from '../files/entry.js';
import type { ModelConfig } from '../models-config.js';

/**
 * Adds a fault for each fallback that is no other listed model (`offline/assistant` never is), or
 * that is named twice. Two models may name each other: a fallback's own fallbacks are not followed.
 */
export function faultFallbacks(
  models: ReadonlyMap<string, ModelConfig>,
  source: EntrySource,
  faults: Faults,
): void {
  for (const model of models.values()) {
    model.fallbacks.forEach((fallback, index) => {
      const path = ['models', model.name, 'fallbacks', index];
      const others = [...models.keys()].filter((name) => name !== model.name);
      if (!others.includes(fallback)) {
        faults.add(source.place, path, notOneOf(source.show(path, fallback), fallback, others));
      } else if (model.fallbacks.indexOf(fallback) < index) {
        const problem = notAllowed(`${shown(fallback)} again`, 'each fallback once');
        faults.add(source.place, path, problem);
      }
    });
  }
}
