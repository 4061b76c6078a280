/**
 * A map that stays as it is made, in the order of `entries`. Freezing a `Map` alone would not do:
 * its entries are no properties, so `set` would still work.
 */
export function frozenMap<K, V>(entries: Iterable<readonly [K, V]>): ReadonlyMap<K, V> {
  const map = new Map(entries);
  const refuse = (): never => {
    throw new TypeError('The configuration is read-only.');
  };
  // Hidden, so that a map still equals one with the same entries.
  Object.defineProperties(map, {
    set: { value: refuse },
    delete: { value: refuse },
    clear: { value: refuse },
  });
  return Object.freeze(map);
}
