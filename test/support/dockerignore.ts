/**
 * Whether a `.dockerignore` leaves a file out of the build's context: the last pattern that matches
 * the path or a folder above it counts; `!` takes it back in. Knows `*`, `**` and `?`.
 */
export function isIgnored(dockerignore: string, path: string): boolean {
  const patterns = dockerignore.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  const folders = path.split('/').map((_, index, parts) => parts.slice(0, index + 1).join('/'));
  let ignored = false;
  for (const pattern of patterns) {
    const expression = toRegExp(pattern.replace(/^!/, '').replace(/\/$/, ''));
    if (folders.some((folder) => expression.test(folder))) ignored = !pattern.startsWith('!');
  }
  return ignored;
}

function toRegExp(pattern: string): RegExp {
  const source = pattern
    .split(/(\*\*\/|\*\*|\*|\?)/)
    .map((part) => WILDCARDS[part] ?? part.replace(/[.+^${}()|[\]\\]/g, '\\$&'))
    .join('');
  return new RegExp(`^${source}$`);
}

const WILDCARDS: Readonly<Record<string, string>> = {
  '**/': '(?:.*/)?',
  '**': '.*',
  '*': '[^/]*',
  '?': '[^/]',
};
