/** A list that grows while a test watches: it can wait for an item that has not come yet. */
export class ObservedList<T> {
  readonly items: T[] = [];
  readonly #watchers = new Set<() => void>();
  #closed: string | undefined;

  push(item: T): void {
    this.items.push(item);
    this.#wake();
  }

  /** Nothing more will come. Whoever still waits fails, with this reason. */
  close(reason: string): void {
    this.#closed ??= reason;
    this.#wake();
  }

  /** The item at this index, counted from 0. */
  at(index: number): Promise<T> {
    return this.#when(() => this.items[index], `item ${index}`);
  }

  /** The first item that fits, of those that are there and those to come. */
  find(fits: (item: T) => boolean): Promise<T> {
    let looked = 0;
    return this.#when(() => {
      const fresh = this.items.slice(looked);
      looked = this.items.length;
      return fresh.find(fits);
    }, 'an item that fits');
  }

  #when(look: () => T | undefined, what: string): Promise<T> {
    return new Promise((resolve, reject) => {
      const check = () => {
        try {
          const found = look();
          if (found !== undefined) resolve(found);
          else if (this.#closed === undefined) return;
          else
            reject(new Error(`${this.#closed} after ${this.items.length} items, before ${what}`));
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)));
        }
        this.#watchers.delete(check);
      };
      this.#watchers.add(check);
      check();
    });
  }

  #wake(): void {
    for (const check of [...this.#watchers]) check();
  }
}
