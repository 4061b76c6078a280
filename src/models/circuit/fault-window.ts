/** What counts, in milliseconds back from now. */
const WINDOW = 30_000;

/** What is added up together, in milliseconds. */
const SLOT = 1_000;

/** Fewer faults than this are nothing to go by. */
const FEWEST = 5;

interface Slot {
  /** The number of the slot since the clock began. */
  at: number;
  calls: number;
  faults: number;
}

/** How the calls of a provider came out in the last 30 seconds. */
export class FaultWindow {
  /** Oldest first. */
  #slots: Slot[] = [];

  /** @param now a monotonic clock, in milliseconds */
  constructor(private readonly now: () => number) {}

  /** A call was answered, or failed. */
  addCall(): void {
    this.#slot().calls += 1;
  }

  /** A call failed, now or after it had been answered. */
  addFault(): void {
    this.#slot().faults += 1;
  }

  /** Whether there are 5 faults or more, and at least half as many as there are calls. */
  get isFailing(): boolean {
    let calls = 0;
    let faults = 0;
    for (const slot of this.#current()) {
      calls += slot.calls;
      faults += slot.faults;
    }
    return faults >= FEWEST && faults * 2 >= calls;
  }

  clear(): void {
    this.#slots = [];
  }

  #slot(): Slot {
    const slots = this.#current();
    const at = Math.floor(this.now() / SLOT);
    const last = slots.at(-1);
    if (last?.at === at) return last;
    const slot = { at, calls: 0, faults: 0 };
    slots.push(slot);
    return slot;
  }

  #current(): Slot[] {
    const oldest = Math.floor((this.now() - WINDOW) / SLOT);
    const gone = this.#slots.findIndex(({ at }) => at > oldest);
    if (gone !== 0) this.#slots.splice(0, gone === -1 ? this.#slots.length : gone);
    return this.#slots;
  }
}
