import type { Run } from '../../runs/run.js';
import { ChunkEncoder } from './chunk-encoder.js';

/**
 * The encoders of the runs that are being read: watchers of one run share one, so that a chunk is
 * encoded once for all who read it at about the same time. With its last watcher an encoder goes.
 */
export class SharedEncoders {
  readonly #encoders = new Map<string, { encoder: ChunkEncoder; watchers: number }>();

  /** Counts a watcher in. @returns the run's encoder, and what counts the watcher out again */
  join(run: Run): { encoder: ChunkEncoder; leave: () => void } {
    const shared = this.#encoders.get(run.id) ?? { encoder: new ChunkEncoder(run), watchers: 0 };
    this.#encoders.set(run.id, shared);
    shared.watchers += 1;
    const leave = () => {
      shared.watchers -= 1;
      if (shared.watchers === 0) this.#encoders.delete(run.id);
    };
    return { encoder: shared.encoder, leave };
  }
}
