import type { Capability } from '../../config/models-config.js';

/** What a server on one's own machine tells of one of its models. */
export interface LocalModel {
  /** The server's own name for it. */
  readonly model: string;
  readonly capabilities: readonly Capability[];
  /** Tokens of a request and its answer together. Undefined: it does not tell. */
  readonly contextWindow?: number;
}

/** The most models of a server that are listed; whoever lists more means something else by it. */
const MOST_MODELS = 500;

/** What can stand in a list and in a request: no control characters, and not a whole text. */
const NAME = /^[^\p{C}]{1,300}$/u;

/** Those with a name that can be asked for, each once. */
export function presentable(models: readonly LocalModel[]): LocalModel[] {
  const named = models.filter(({ model }) => NAME.test(model));
  return [...new Map(named.map((one) => [one.model, one])).values()].slice(0, MOST_MODELS);
}

/** The first of these that can be a context window: servers write 0 for what they do not know. */
export function firstWindow(...values: readonly unknown[]): Pick<LocalModel, 'contextWindow'> {
  const contextWindow = values.find(isWindow);
  return contextWindow === undefined ? {} : { contextWindow };
}

function isWindow(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) > 0;
}

/** The capabilities whose condition holds. */
export function capabilitiesOf(has: Partial<Record<Capability, boolean>>): Capability[] {
  const names = Object.keys(has) as Capability[];
  return names.filter((name) => has[name] === true);
}

/** Whether a model makes embeddings, or ranks texts, by its name: where a server tells nothing else. */
export function isNamedForEmbedding(model: string): boolean {
  return /embed|rerank/i.test(model);
}
