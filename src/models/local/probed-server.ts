import type { ProviderConfig } from '../../config/models-config.js';
import type { Logger } from '../../logging/logger.js';
import type { NodeTransport } from '../openai/node-transport.js';
import { headersOf } from '../openai/provider-client.js';
import { Inquiry } from './inquiry.js';
import type { LocalModel } from './local-model.js';
import type { ModelLister } from './model-lister.js';

/** A server that has answered. */
export interface FoundServer {
  /** How it is called: with the address at which it was found. */
  readonly provider: ProviderConfig;
  readonly models: readonly LocalModel[];
}

/** What a probe of an address has brought. */
interface Answer {
  readonly address: string;
  readonly models: readonly LocalModel[];
}

/** A server that is asked again and again whether it is there, and for its models. */
export class ProbedServer {
  #found: FoundServer | undefined;
  #isAsked = false;

  constructor(
    private readonly provider: ProviderConfig,
    private readonly lister: ModelLister,
    private readonly transport: NodeTransport,
    private readonly logger: Logger,
  ) {}

  /** What it has answered last; undefined while it is not there. */
  get found(): FoundServer | undefined {
    return this.#found;
  }

  /** A model of the list, also by its shorter name. */
  model(name: string): LocalModel | undefined {
    const full = this.fullName(name);
    return this.#found?.models.find(({ model }) => model === full);
  }

  fullName(name: string): string {
    return this.lister.fullName?.(name) ?? name;
  }

  /**
   * Asks it, unless it is being asked. Nothing is thrown: whatever goes wrong says that it is not there.
   *
   * @param limitMs the longest wait for all answers together
   * @param stopping ends the probe, which then changes nothing
   */
  async probe(limitMs: number, stopping: AbortSignal): Promise<void> {
    if (this.#isAsked) return;
    this.#isAsked = true;
    const signal = AbortSignal.any([stopping, AbortSignal.timeout(limitMs)]);
    const fetch = () => this.transport.fetchWithin(limitMs);
    const answers = await Promise.all(
      this.#addresses.map((address) => this.#ask(address, fetch, signal)),
    );
    this.#isAsked = false;
    if (!stopping.aborted) this.#learn(answers.find((answer) => answer !== undefined));
  }

  get #addresses(): readonly string[] {
    const { lookedForAt, baseUrl = '' } = this.provider;
    return lookedForAt ?? [baseUrl.replace(/\/v1$/, '')];
  }

  async #ask(
    address: string,
    fetch: () => ReturnType<NodeTransport['fetchWithin']>,
    signal: AbortSignal,
  ): Promise<Answer | undefined> {
    try {
      const inquiry = new Inquiry(address, {
        fetch: fetch(),
        headers: headersOf(this.provider),
        signal,
      });
      const models = await this.lister.list(inquiry);
      return models && { address, models };
    } catch {
      return undefined;
    }
  }

  #learn(answer: Answer | undefined): void {
    const before = this.#found;
    const provider = answer && this.#providerAt(answer.address);
    this.#found = answer && provider && { provider, models: answer.models };
    if (provider === before?.provider) return;
    const { id } = this.provider;
    if (before !== undefined) this.logger.info({ provider: id }, 'local model server gone');
    if (answer === undefined) return;
    const { address, models } = answer;
    this.logger.info({ provider: id, address, models: models.length }, 'local model server found');
  }

  /** The same object as long as it is there, so that it keeps its circuit; a new one begins afresh. */
  #providerAt(address: string): ProviderConfig {
    const { provider } = this;
    if (provider.lookedForAt === undefined) return provider;
    const baseUrl = `${address}/v1`;
    const before = this.#found?.provider;
    return before?.baseUrl === baseUrl
      ? before
      : Object.freeze({ ...provider, baseUrl, unavailable: undefined });
  }
}
