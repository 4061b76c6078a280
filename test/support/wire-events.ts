/** One event of a stream, as its bytes say it. */
export interface WireEvent {
  id: number;
  data: string;
}

/** A service that ends an event in any other form breaks the promise that replays are the same bytes. */
const EVENT = /^id: ([1-9]\d*)\ndata: ([\x20-\x7f]+)$/;

/** Comments and waits: they belong to a connection and not to the run. */
const ASIDE = /^(:.*|retry: \d+)$/;

/**
 * Takes the bytes of a stream in pieces of any size and gives the events that are whole. What is cut
 * off in the middle never becomes one. It is stricter than a client has to be: only the exact form
 * in which the service writes is let through.
 */
export class WireEvents {
  #rest = '';

  /** The events that these bytes complete. @throws where they are not what the service writes */
  *feed(piece: Buffer): Generator<WireEvent> {
    const blocks = (this.#rest + piece.toString('latin1')).split('\n\n');
    this.#rest = blocks.pop()!;
    for (const block of blocks) {
      const lines = block.split('\n').filter((line) => line !== '' && !ASIDE.test(line));
      if (lines.length === 0) continue;
      const [, id, data] = EVENT.exec(lines.join('\n')) ?? [];
      if (data === undefined) throw new Error(`No event of the service: ${JSON.stringify(block)}`);
      yield { id: Number(id), data };
    }
  }
}
