import { signal } from '@preact/signals';

/** What the address names: `/?session=…`, `/?run=…`. */
export const route = signal(read());

addEventListener('popstate', () => (route.value = read()));

/**
 * Names something else in the address.
 *
 * @param {{session?: string, run?: string}} named
 * @param {{replace?: boolean}} [how] in place of the entry of the history
 */
export function navigate(named, { replace = false } = {}) {
  const query = new URLSearchParams(Object.entries(named).filter(([, value]) => value));
  const address = query.size > 0 ? `/?${query}` : '/';
  if (address !== location.pathname + location.search) {
    history[replace ? 'replaceState' : 'pushState'](null, '', address);
  }
  route.value = read();
}

function read() {
  const query = new URLSearchParams(location.search);
  return { session: query.get('session') ?? undefined, run: query.get('run') ?? undefined };
}
