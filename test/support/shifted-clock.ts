const RealDate = globalThis.Date;

/** The machine's calendar clock, set to another time while the service runs. Timers do not notice. */
export class ShiftedClock {
  #by = 0;

  private constructor() {
    const now = () => RealDate.now() + this.#by;
    globalThis.Date = class extends RealDate {
      constructor(...given: unknown[]) {
        super(...((given.length === 0 ? [now()] : given) as [number]));
      }
      static override now = now;
    } as DateConstructor;
  }

  /** Takes the place of `Date` until `putBack`. */
  static take(): ShiftedClock {
    return new ShiftedClock();
  }

  /** @param milliseconds away from the real time; negative: back */
  jumpTo(milliseconds: number): void {
    this.#by = milliseconds;
  }

  putBack(): void {
    globalThis.Date = RealDate;
  }
}
