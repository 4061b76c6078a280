import {
  OFFLINE_MODEL,
  type ModelConfig,
  type ModelsConfig,
  type ProviderConfig,
} from '../config/models-config.js';
import { namedByProvider } from '../config/unlisted-model.js';
import type { LocalModels } from './local/local-models.js';
import type { Model } from './model-registry.js';
import { offlineModel, offlineProvider } from './offline-model.js';

/** Which models there are, by name: those of the file, those that were found, the offline assistant. */
export class KnownModels {
  constructor(
    private readonly config: ModelsConfig,
    private readonly local: LocalModels,
  ) {}

  /**
   * `MODEL_NAME`, else the first listed model whose provider is usable, else the first that was found
   * on the machine itself, else the offline assistant: at present, as servers come and go.
   */
  get default(): string {
    const { defaultModel } = this.config;
    return defaultModel ?? this.#firstUsable() ?? this.#found()[0] ?? OFFLINE_MODEL;
  }

  /** The listed names, the default even if it is an unlisted one, what was found, the assistant. */
  names(): string[] {
    const names = new Set([...this.config.models.keys(), this.default, ...this.#found()]);
    names.delete(OFFLINE_MODEL);
    return [...names, OFFLINE_MODEL];
  }

  /** The providers of the file, as they are at present. */
  providers(): ProviderConfig[] {
    return [...this.config.providers.values()].map((provider) => this.local.current(provider));
  }

  find(name: string): Model | undefined {
    if (name === OFFLINE_MODEL) return { name, config: offlineModel, provider: offlineProvider };
    const config = this.config.models.get(name) ?? this.#unlisted(name);
    const provider = config && this.config.providers.get(config.provider);
    return provider && { name, config, provider: this.local.current(provider) };
  }

  #firstUsable(): string | undefined {
    return [...this.config.models.keys()].find((name) => {
      const model = this.find(name);
      return model !== undefined && model.provider.unavailable === undefined;
    });
  }

  /** What was found and stands nowhere else: neither in the file nor, by another name, as the default. */
  #found(): string[] {
    const standing = new Set([...this.config.models.values()].map((one) => this.#identity(one)));
    const { defaultModel } = this.config;
    const standard = defaultModel === undefined ? undefined : this.find(defaultModel)?.config;
    if (standard !== undefined) standing.add(this.#identity(standard));
    return this.local.names().filter((name) => !standing.has(name));
  }

  /** The same for all names of a model of a local server. */
  #identity({ provider, model }: ModelConfig): string {
    return `${provider}/${this.local.fullName(provider, model)}`;
  }

  /** `provider/model`, with what the file says of this model, or else its server. */
  #unlisted(name: string): ModelConfig | undefined {
    const config = namedByProvider(name, this.config.providers);
    if (config === undefined) return undefined;
    const told = this.local.model(config.provider, config.model);
    if (told === undefined) return config;
    const identity = this.#identity(config);
    const listed = [...this.config.models.values()].find((one) => this.#identity(one) === identity);
    if (listed !== undefined) return { ...listed, name, model: config.model };
    const { capabilities, contextWindow } = told;
    return { ...config, capabilities, ...(contextWindow !== undefined && { contextWindow }) };
  }
}
