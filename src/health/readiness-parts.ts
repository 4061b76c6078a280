import { Injectable } from '@nestjs/common';
import {
  HealthIndicatorService,
  type HealthIndicatorFunction,
  type HealthIndicatorResult,
} from '@nestjs/terminus';
import { Lifecycle } from '../http/lifecycle.js';
import { ModelRegistry } from '../models/model-registry.js';
import { RunStore } from '../runs/run-store.js';
import { LOCAL_OWNER } from '../runs/run.js';
import { Storage } from '../storage/storage.js';
import type { ServerState } from '../tools/mcp/mcp-connection.js';
import { McpTools } from '../tools/mcp/mcp-tools.js';

/** An id that no run has. */
const NO_RUN = '00000000-0000-7000-8000-000000000000';

/** The parts that have to work for the service to take requests, each by its name. */
@Injectable()
export class ReadinessParts {
  constructor(
    private readonly health: HealthIndicatorService,
    private readonly lifecycle: Lifecycle,
    private readonly models: ModelRegistry,
    private readonly storage: Storage,
    private readonly runs: RunStore,
    private readonly mcp: McpTools,
  ) {}

  get all(): HealthIndicatorFunction[] {
    const servers = this.mcp.states();
    return [
      () => this.#process(),
      () => this.#storage(),
      () => this.#runStore(),
      () => this.#models(),
      ...(Object.keys(servers).length > 0 ? [() => this.#mcp(servers)] : []),
    ];
  }

  /** Down while the process is stopping, so that no more requests are sent here. */
  #process(): HealthIndicatorResult {
    const part = this.health.check('process');
    return this.lifecycle.stopping ? part.down({ reason: 'stopping' }) : part.up();
  }

  /** Down while nothing can be written: what is under way waits, and what is new is refused. */
  #storage(): HealthIndicatorResult {
    const part = this.health.check('storage');
    return this.storage.available ? part.up() : part.down({ reason: 'not writable' });
  }

  async #runStore(): Promise<HealthIndicatorResult> {
    const part = this.health.check('run_store');
    try {
      await this.runs.get({ owner: LOCAL_OWNER, id: NO_RUN });
      return part.up();
    } catch {
      // What the driver said is in the log; a health answer is read by strangers.
      return part.down({ reason: 'not answering' });
    }
  }

  /** Up as soon as one can be asked, and the built-in one always can. */
  #models(): HealthIndicatorResult {
    const listed = this.models.list();
    const available = listed.filter((model) => model.available).length;
    const circuits = this.models.circuits();
    return this.health.check('models').up({ available, listed: listed.length, circuits });
  }

  /** Always up: without a tool server, agents have fewer tools, and all else works. */
  #mcp(servers: Record<string, ServerState>): HealthIndicatorResult {
    return this.health.check('mcp').up({ servers });
  }
}
