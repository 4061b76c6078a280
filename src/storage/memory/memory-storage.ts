import { NEVER } from 'rxjs';
import { Storage } from '../storage.js';

/** The memory of the process: always there, and gone with it. */
export class MemoryStorage extends Storage {
  override readonly available: boolean = true;
  override readonly lost = NEVER;
  override readonly restored = NEVER;
  override readonly trustedSince: number = 0;
}
