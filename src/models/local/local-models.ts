import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import {
  LOCAL_PROVIDERS,
  ModelsConfig,
  type LocalProvider,
  type ProviderConfig,
} from '../../config/models-config.js';
import { Settings } from '../../config/settings.js';
import { Logger } from '../../logging/logger.js';
import { NodeTransport } from '../openai/node-transport.js';
import { LlamaCpp } from './llama-cpp.js';
import { LmStudio } from './lm-studio.js';
import type { LocalModel } from './local-model.js';
import type { ModelLister } from './model-lister.js';
import { Ollama } from './ollama.js';
import { ProbedServer } from './probed-server.js';

const KINDS: Readonly<Record<LocalProvider, new () => ModelLister>> = {
  ollama: Ollama,
  lmstudio: LmStudio,
  llamacpp: LlamaCpp,
};

/** The longest that the start of the process waits for a server that does not answer, in milliseconds. */
const START_LIMIT_MS = 500;

/** The longest wait of a later probe, in milliseconds: a machine that runs a model answers late. */
const PROBE_LIMIT_MS = 5_000;

/**
 * The models of servers on one's own machine. They are asked for at the start, before runs are taken
 * over, and every `LOCAL_PROBE_INTERVAL` from then on. A server whose address is configured is asked
 * for its models only: it is called whether it has answered or not.
 */
@Injectable()
export class LocalModels implements OnModuleInit, OnModuleDestroy {
  readonly #servers = new Map<string, ProbedServer>();
  readonly #stopping = new AbortController();
  #timer: NodeJS.Timeout | undefined;

  constructor(
    config: ModelsConfig,
    private readonly settings: Settings,
    transport: NodeTransport,
    logger: Logger,
  ) {
    if (settings.localProbeMs === 0) return;
    for (const id of LOCAL_PROVIDERS) {
      const provider = config.providers.get(id);
      if (provider === undefined || !tellsAnything(provider)) continue;
      this.#servers.set(id, new ProbedServer(provider, new KINDS[id](), transport, logger));
    }
  }

  async onModuleInit(): Promise<void> {
    if (this.#servers.size === 0) return;
    await this.probe(START_LIMIT_MS);
    const again = () => void this.probe(PROBE_LIMIT_MS);
    this.#timer = setInterval(again, this.settings.localProbeMs).unref();
  }

  onModuleDestroy(): void {
    clearInterval(this.#timer);
    this.#stopping.abort();
  }

  /** A provider as it is now: one that is looked for has an address while it is there. */
  current(provider: ProviderConfig): ProviderConfig {
    return this.#servers.get(provider.id)?.found?.provider ?? provider;
  }

  /** What its server tells of a model; undefined where it tells nothing. */
  model(provider: string, model: string): LocalModel | undefined {
    return this.#servers.get(provider)?.model(model);
  }

  /** The name that a model of a provider has in the list of its server. */
  fullName(provider: string, model: string): string {
    return this.#servers.get(provider)?.fullName(model) ?? model;
  }

  /** All that was found, as `provider/model`; nothing of a provider that has the listed ones only. */
  names(): string[] {
    return [...this.#servers].flatMap(([provider, { found }]) =>
      found?.provider.unlistedModels === true
        ? found.models.map(({ model }) => `${provider}/${model}`)
        : [],
    );
  }

  /** Asks all servers now. @param limitMs the longest wait for each */
  async probe(limitMs: number): Promise<void> {
    const { signal } = this.#stopping;
    await Promise.all([...this.#servers.values()].map((server) => server.probe(limitMs, signal)));
  }
}

/** Whether there is something to learn: whether its server is there, or which models it has. */
function tellsAnything({ lookedForAt, unavailable, unlistedModels }: ProviderConfig): boolean {
  return lookedForAt !== undefined || (unavailable === undefined && unlistedModels);
}
