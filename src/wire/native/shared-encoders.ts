import type { RunEvent } from '../../runs/run-event.js';
import type { Run } from '../../runs/run.js';
import { ChunkEncoder, type EncodedChunk } from './chunk-encoder.js';

/** How much is kept for watchers that follow close behind one another, in characters of chunks. */
const KEPT = 256 * 1024;

/** The encoder of one run, for all its watchers. */
class SharedEncoder {
  watchers = 0;
  readonly #encoder: ChunkEncoder;
  /** The last chunks, by number. */
  readonly #recent = new Map<number, EncodedChunk>();
  #kept = 0;

  constructor(run: Run) {
    this.#encoder = new ChunkEncoder(run);
  }

  /** The chunk of an event; undefined for one that has none, or that the run's request switched off. */
  encode(event: RunEvent): EncodedChunk | undefined {
    // Most runs have one watcher, and nobody to keep anything for.
    if (this.watchers === 1) return this.#encoder.encode(event);
    const known = this.#recent.get(event.seq);
    if (known !== undefined) return known;
    const chunk = this.#encoder.encode(event);
    if (chunk !== undefined) this.#keep(event.seq, chunk);
    return chunk;
  }

  leave(): void {
    this.watchers -= 1;
    if (this.watchers > 1) return;
    this.#recent.clear();
    this.#kept = 0;
  }

  #keep(seq: number, chunk: EncodedChunk): void {
    this.#recent.set(seq, chunk);
    this.#kept += chunk.data.length;
    for (const [oldest, { data }] of this.#recent) {
      if (this.#kept <= KEPT) return;
      this.#recent.delete(oldest);
      this.#kept -= data.length;
    }
  }
}

/**
 * The encoders of the runs that are being read: watchers of one run share one, so that a chunk is
 * encoded once for all who read it at about the same time. With its last watcher an encoder goes.
 */
export class SharedEncoders {
  readonly #encoders = new Map<string, SharedEncoder>();

  /** Counts a watcher in. @returns the run's encoder, and what counts the watcher out again */
  join(run: Run): { encoder: Pick<ChunkEncoder, 'encode'>; leave: () => void } {
    const encoder = this.#encoders.get(run.id) ?? new SharedEncoder(run);
    this.#encoders.set(run.id, encoder);
    encoder.watchers += 1;
    const leave = () => {
      encoder.leave();
      if (encoder.watchers === 0) this.#encoders.delete(run.id);
    };
    return { encoder, leave };
  }
}
