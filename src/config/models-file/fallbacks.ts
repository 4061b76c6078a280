import { notAllowed, notOneOf, shown, type Faults } from '../faults/faults.js';
import type { EntrySource } from '../files/entry.js';
import type { ModelConfig } from '../models-config.js';

/**
 * Adds a fault for each fallback that is no listed model (`offline/assistant` never is), that is
 * named twice, or from which further fallbacks lead back to where they began.
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
      } else if (leadsTo(model.name, fallback, models)) {
        const found = `${shown(fallback)}, whose own fallbacks lead back to ${shown(model.name)}`;
        faults.add(source.place, path, notAllowed(found, 'fallbacks without a circle'));
      }
    });
  }
}

function leadsTo(
  target: string,
  from: string,
  models: ReadonlyMap<string, ModelConfig>,
  seen = new Set<string>(),
): boolean {
  if (from === target) return true;
  if (seen.has(from)) return false;
  seen.add(from);
  const next = models.get(from)?.fallbacks ?? [];
  return next.some((name) => leadsTo(target, name, models, seen));
}
