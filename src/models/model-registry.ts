import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import {
  ModelsConfig,
  type Capability,
  type ModelConfig,
  type ProviderConfig,
} from '../config/models-config.js';
import { ClosedCircuit } from './circuit/closed-circuit.js';
import { ProviderCircuit, type Circuit, type CircuitState } from './circuit/provider-circuit.js';
import { KnownModels } from './known-models.js';
import { LocalModels } from './local/local-models.js';
import type { ModelCall, ModelStream } from './model-stream.js';
import { OfflineAssistant } from './offline/offline-assistant.js';
import { offlineProvider } from './offline-model.js';
import { NodeTransport } from './openai/node-transport.js';
import { OpenAiProvider } from './openai/openai-provider.js';
import type { Fetch } from './openai/provider-client.js';
import { ModelNotFoundError, ModelUnavailableError } from './openai/provider-errors.js';

/** A model that can be asked. */
export interface Model {
  /** The name it was asked for by. */
  readonly name: string;
  readonly config: ModelConfig;
  readonly provider: ProviderConfig;
}

/** What is said of a model to those who choose one. */
export interface ModelListing {
  /** What `model` in a request names. */
  readonly id: string;
  /** The id of its provider. */
  readonly provider: string;
  /**
   * Whether its provider is configured, or was found on this machine, and its circuit lets a call
   * through; nobody is asked for it.
   */
  readonly available: boolean;
  /** Why not. */
  readonly reason?: string;
  /** Whether its provider is asked at present. */
  readonly circuit: CircuitState;
  /** Whether it answers where nobody names one. */
  readonly default: boolean;
  readonly capabilities: readonly Capability[];
  /** Tokens of a request and its answer together. */
  readonly contextWindow?: number;
  /** Tokens of an answer. */
  readonly maxOutputTokens?: number;
  /** US dollars for a million tokens. */
  readonly prices?: { readonly input: number; readonly output: number };
}

/** Knows the models by name and calls them. */
@Injectable()
export class ModelRegistry implements OnApplicationShutdown {
  readonly #known: KnownModels;
  /** By the provider as it is configured or was found: one that comes back has a circuit of its own. */
  readonly #circuits = new WeakMap<ProviderConfig, Circuit>();
  readonly #providers = new WeakMap<ProviderConfig, OpenAiProvider>();

  constructor(
    config: ModelsConfig,
    local: LocalModels,
    private readonly transport: NodeTransport,
    offline: OfflineAssistant,
  ) {
    this.#known = new KnownModels(config, local);
    this.#connect(offlineProvider, offline.fetch, new ClosedCircuit());
  }

  /**
   * Finds a model: a listed one, `provider/model` where the provider allows unlisted ones or was found
   * on this machine, or `offline/assistant`.
   *
   * @param name @default the model that is the default at present: see `KnownModels.default`
   * @throws ModelNotFoundError, ModelUnavailableError
   */
  resolve(name: string = this.#known.default): Model {
    const model = this.#known.find(name);
    if (model === undefined) throw new ModelNotFoundError(name, this.#known.names());
    const { unavailable } = model.provider;
    if (unavailable !== undefined) throw new ModelUnavailableError(name, unavailable);
    return model;
  }

  /** All models: those of the file in its order, what was found, and the offline assistant as the last. */
  list(): ModelListing[] {
    const standard = this.#known.default;
    return this.#known.names().flatMap((name) => {
      const model = this.#known.find(name);
      return model === undefined ? [] : [this.#listing(model, name === standard)];
    });
  }

  /**
   * The models to go to when the provider of a model fails: those that are usable.
   * @param names @default the model's own fallbacks
   */
  fallbacksOf({ name, config }: Model, names = config.fallbacks): Model[] {
    return names.flatMap((other) => {
      const model = other === name ? undefined : this.#known.find(other);
      return model === undefined || model.provider.unavailable !== undefined ? [] : [model];
    });
  }

  /** The models that can see images, of those that can be asked. */
  seeing(): string[] {
    return this.list()
      .filter(({ available, capabilities }) => available && capabilities.includes('vision'))
      .map(({ id }) => id);
  }

  /** Calls a model; see `OpenAiProvider.stream` for what is thrown from the stream. */
  stream({ config, provider }: Model, call: ModelCall): ModelStream {
    const endpoint =
      this.#providers.get(provider) ??
      this.#connect(provider, this.transport.fetchWithin(provider.connectTimeoutMs));
    return endpoint.stream(config, call);
  }

  /** The circuits of the providers that are usable at present, by the providers' ids. */
  circuits(): Record<string, CircuitState> {
    const usable = this.#known.providers().filter(({ unavailable }) => unavailable === undefined);
    return Object.fromEntries(usable.map((one) => [one.id, this.#circuitOf(one)]));
  }

  /** Idle connections would otherwise live on for their time. */
  onApplicationShutdown(): void {
    this.transport.close();
  }

  #connect(
    provider: ProviderConfig,
    fetch: Fetch,
    circuit: Circuit = new ProviderCircuit(provider.name),
  ): OpenAiProvider {
    const endpoint = new OpenAiProvider(provider, fetch, circuit);
    this.#circuits.set(provider, circuit);
    this.#providers.set(provider, endpoint);
    return endpoint;
  }

  /** One that was never asked has not failed. */
  #circuitOf(provider: ProviderConfig): CircuitState {
    return this.#circuits.get(provider)?.state ?? 'closed';
  }

  #listing({ name, config, provider }: Model, isDefault: boolean): ModelListing {
    const { capabilities, contextWindow, maxOutputTokens, prices } = config;
    const circuit = this.#circuitOf(provider);
    const isRefusing = circuit === 'open' && this.#circuits.get(provider)!.isRefusing;
    const failing = isRefusing ? 'its provider has failed again and again' : undefined;
    const reason = provider.unavailable ?? failing;
    return {
      id: name,
      provider: provider.id,
      available: reason === undefined,
      ...(reason !== undefined && { reason }),
      circuit,
      default: isDefault,
      capabilities,
      ...(contextWindow !== undefined && { contextWindow }),
      ...(maxOutputTokens !== undefined && { maxOutputTokens }),
      ...(prices !== undefined && { prices }),
    };
  }
}
