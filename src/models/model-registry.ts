import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import {
  ModelsConfig,
  OFFLINE_MODEL,
  type Capability,
  type ModelConfig,
  type ProviderConfig,
} from '../config/models-config.js';
import { Settings } from '../config/settings.js';
import { namedByProvider } from '../config/unlisted-model.js';
import { ClosedCircuit } from './circuit/closed-circuit.js';
import { ProviderCircuit, type Circuit, type CircuitState } from './circuit/provider-circuit.js';
import type { ModelCall, ModelStream } from './model-stream.js';
import { OfflineAssistant } from './offline/offline-assistant.js';
import { offlineModel, offlineProvider } from './offline-model.js';
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
  /** Whether its provider is configured, and its circuit lets a call through; nobody is asked for it. */
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
  readonly #transport: NodeTransport;
  readonly #circuits = new Map<string, Circuit>();
  readonly #providers = new Map<string, OpenAiProvider>();
  readonly #default: string;

  constructor(
    private readonly config: ModelsConfig,
    { proxy, extraCaCerts }: Settings,
    offline: OfflineAssistant,
  ) {
    this.#transport = new NodeTransport({ proxy, extraCaCerts });
    this.#connect(offlineProvider, offline.fetch, new ClosedCircuit());
    this.#default = config.defaultModel ?? this.#firstUsable() ?? OFFLINE_MODEL;
  }

  /**
   * Finds a model: a listed one, `provider/model` where the provider allows unlisted ones, or
   * `offline/assistant`.
   *
   * @param name @default `MODEL_NAME`, else the first listed model whose provider is usable, else
   * `offline/assistant`
   * @throws ModelNotFoundError, ModelUnavailableError
   */
  resolve(name: string = this.#default): Model {
    const model = this.#find(name);
    if (model === undefined) throw new ModelNotFoundError(name, this.#names());
    const { unavailable } = model.provider;
    if (unavailable !== undefined) throw new ModelUnavailableError(name, unavailable);
    return model;
  }

  /** All models, in the order of the file; the offline assistant is the last. */
  list(): ModelListing[] {
    return this.#names().flatMap((name) => {
      const model = this.#find(name);
      return model === undefined ? [] : [this.#listing(model)];
    });
  }

  /** The models to go to when the provider of a model fails: those of its fallbacks that are usable. */
  fallbacksOf({ config }: Model): Model[] {
    return config.fallbacks.flatMap((name) => {
      const model = this.#find(name);
      return model === undefined || model.provider.unavailable !== undefined ? [] : [model];
    });
  }

  /** Calls a model; see `OpenAiProvider.stream` for what is thrown from the stream. */
  stream({ config, provider }: Model, call: ModelCall): ModelStream {
    const endpoint =
      this.#providers.get(provider.id) ??
      this.#connect(provider, this.#transport.fetchWithin(provider.connectTimeoutMs));
    return endpoint.stream(config, call);
  }

  /** The circuits of the providers that are configured and usable, by the providers' ids. */
  circuits(): Record<string, CircuitState> {
    const usable = [...this.config.providers.values()].filter(
      ({ unavailable }) => unavailable === undefined,
    );
    return Object.fromEntries(usable.map(({ id }) => [id, this.#circuitOf(id)]));
  }

  /** Idle connections would otherwise live on for their time. */
  onApplicationShutdown(): void {
    this.#transport.close();
  }

  #connect(
    provider: ProviderConfig,
    fetch: Fetch,
    circuit: Circuit = new ProviderCircuit(provider.name),
  ): OpenAiProvider {
    const endpoint = new OpenAiProvider(provider, fetch, circuit);
    this.#circuits.set(provider.id, circuit);
    this.#providers.set(provider.id, endpoint);
    return endpoint;
  }

  /** One that was never asked has not failed. */
  #circuitOf(provider: string): CircuitState {
    return this.#circuits.get(provider)?.state ?? 'closed';
  }

  #firstUsable(): string | undefined {
    for (const [name, model] of this.config.models) {
      const provider = this.config.providers.get(model.provider);
      if (provider !== undefined && provider.unavailable === undefined) return name;
    }
    return undefined;
  }

  #find(name: string): Model | undefined {
    if (name === OFFLINE_MODEL) return { name, config: offlineModel, provider: offlineProvider };
    const config = this.config.models.get(name) ?? namedByProvider(name, this.config.providers);
    const provider = config && this.config.providers.get(config.provider);
    return provider && { name, config, provider };
  }

  /** The listed names, the default even if it is an unlisted one, the offline assistant. */
  #names(): string[] {
    const names = new Set([...this.config.models.keys(), this.#default]);
    names.delete(OFFLINE_MODEL);
    return [...names, OFFLINE_MODEL];
  }

  #listing({ name, config, provider }: Model): ModelListing {
    const { capabilities, contextWindow, maxOutputTokens, prices } = config;
    const circuit = this.#circuitOf(provider.id);
    const isRefusing = circuit === 'open' && this.#circuits.get(provider.id)!.isRefusing;
    const failing = isRefusing ? 'its provider has failed again and again' : undefined;
    const reason = provider.unavailable ?? failing;
    return {
      id: name,
      provider: provider.id,
      available: reason === undefined,
      ...(reason !== undefined && { reason }),
      circuit,
      default: name === this.#default,
      capabilities,
      ...(contextWindow !== undefined && { contextWindow }),
      ...(maxOutputTokens !== undefined && { maxOutputTokens }),
      ...(prices !== undefined && { prices }),
    };
  }
}
