import { filled, isObject, type JsonObject } from '../openai/json-values.js';
import { inParallel } from './in-parallel.js';
import type { Inquiry } from './inquiry.js';
import { capabilitiesOf, firstWindow, presentable, type LocalModel } from './local-model.js';
import type { ModelLister } from './model-lister.js';

/** How many models are asked about at once. */
const ASKED_AT_ONCE = 4;

/** What is known of a model by its digest: `'none'`, that it cannot be chatted with. */
type Known = Omit<LocalModel, 'model'> | 'none';

/**
 * Ollama (https://docs.ollama.com/api). `GET /api/tags` lists what was pulled. Since May 2026 it says
 * what each model can do; older releases say it at `POST /api/show`, which is asked once for each
 * digest, as what has the same digest is the same model.
 */
export class Ollama implements ModelLister {
  #known = new Map<string, Known>();

  async list(inquiry: Inquiry): Promise<LocalModel[] | undefined> {
    const answer = await inquiry.get('/api/tags');
    if (!isObject(answer) || !Array.isArray(answer['models'])) return undefined;
    // A model with a remote host runs at ollama.com: it is no model of this machine.
    const entries = answer['models'].filter(isObject).filter((entry) => !entry['remote_host']);
    const known = await inParallel(entries, ASKED_AT_ONCE, (entry) => this.#about(entry, inquiry));
    this.#remember(entries, known);
    return presentable(
      entries.flatMap((entry, index) => {
        const model = nameOf(entry);
        const about = known[index];
        return model === undefined || about === undefined || about === 'none'
          ? []
          : [{ model, ...about }];
      }),
    );
  }

  fullName(model: string): string {
    return model.slice(model.lastIndexOf('/') + 1).includes(':') ? model : `${model}:latest`;
  }

  /** @returns undefined where it cannot be told this time */
  async #about(entry: JsonObject, inquiry: Inquiry): Promise<Known | undefined> {
    if (isFilled(entry['capabilities'])) {
      const { context_length: window } = detailsOf(entry);
      return described(entry['capabilities'], window);
    }
    const remembered = this.#known.get(digestOf(entry));
    if (remembered !== undefined) return remembered;
    try {
      return shown(await inquiry.post('/api/show', { model: nameOf(entry) }));
    } catch {
      // The list was answered, so the server is there; it has the next time to tell the rest.
      return undefined;
    }
  }

  /** Keeps what is known of those that are listed, and nothing of others. */
  #remember(entries: readonly JsonObject[], known: readonly (Known | undefined)[]): void {
    this.#known = new Map(
      entries.flatMap((entry, index) => {
        const about = known[index];
        const digest = digestOf(entry);
        return about === undefined || digest === '' ? [] : [[digest, about]];
      }),
    );
  }
}

function shown(answer: unknown): Known | undefined {
  if (!isObject(answer)) return undefined;
  const info = isObject(answer['model_info']) ? answer['model_info'] : {};
  const window = info[`${filled(info['general.architecture']) ?? ''}.context_length`];
  const { capabilities } = answer;
  if (isFilled(capabilities)) return described(capabilities, window);
  // Ollama tells capabilities since 0.6.4. Models that only embed were of the family of BERT.
  const isEmbedding = /bert/i.test(filled(detailsOf(answer)['family']) ?? '');
  return isEmbedding ? 'none' : { capabilities: [], ...firstWindow(window) };
}

function described(capabilities: readonly unknown[], window: unknown): Known {
  if (!capabilities.includes('completion')) return 'none';
  return {
    capabilities: capabilitiesOf({
      tools: capabilities.includes('tools'),
      vision: capabilities.includes('vision'),
      reasoning: capabilities.includes('thinking'),
    }),
    ...firstWindow(window),
  };
}

function nameOf(entry: JsonObject): string | undefined {
  return filled(entry['model']) ?? filled(entry['name']);
}

function digestOf(entry: JsonObject): string {
  return filled(entry['digest']) ?? '';
}

function detailsOf(from: JsonObject): JsonObject {
  return isObject(from['details']) ? from['details'] : {};
}

function isFilled(value: unknown): value is readonly unknown[] {
  return Array.isArray(value) && value.length > 0;
}
