import { connect, type Socket } from 'node:net';
import { Duplex } from 'node:stream';

/**
 * A connection that breaks at a byte: what came up to it is delivered, what follows is lost, and the
 * other end finds the connection closed.
 */
export class BreakingSocket extends Duplex {
  readonly #socket: Socket;
  #left: number;
  #broken = false;

  /** @param bytes how many it lets in before it breaks, 1 at least */
  constructor({ hostname, port }: URL, bytes: number) {
    super({ allowHalfOpen: false });
    this.#left = bytes;
    this.#socket = connect(Number(port), hostname)
      .on('data', (piece: Buffer) => this.#letIn(piece))
      .on('end', () => this.push(null))
      .on('error', (error) => {
        if (!this.#broken) this.destroy(error);
      });
  }

  /** Whether it broke by itself. */
  get broken(): boolean {
    return this.#broken;
  }

  override _read(): void {
    this.#socket.resume();
  }

  override _write(piece: Buffer, encoding: BufferEncoding, written: () => void): void {
    this.#socket.write(piece, encoding, () => written());
  }

  override _final(ended: () => void): void {
    this.#socket.end();
    ended();
  }

  override _destroy(error: Error | null, destroyed: (error: Error | null) => void): void {
    this.#socket.destroy();
    destroyed(error);
  }

  #letIn(piece: Buffer): void {
    if (this.#broken) return;
    this.#broken = piece.length >= this.#left;
    const wantsMore = this.push(piece.subarray(0, this.#left));
    this.#left -= piece.length;
    if (this.#broken) {
      this.#socket.destroy();
      this.push(null);
    } else if (!wantsMore) {
      this.#socket.pause();
    }
  }
}
