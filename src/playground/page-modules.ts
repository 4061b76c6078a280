import { createHash } from 'node:crypto';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What the page imports by name, each served from where it is installed. */
const NAMES = [
  '@preact/signals',
  '@preact/signals-core',
  'agno-api-client',
  'dompurify',
  'eventsource-parser',
  'htm',
  'marked',
  'preact',
  'preact/hooks',
] as const;

/** Where the modules are served. */
export const MODULES_PATH = '/playground/modules';

/** A module that the page imports by its name. */
export interface PageModule {
  name: string;
  /** The folder of its file: modules that it imports relatively are beside or below it. */
  folder: string;
  /** Where that folder is served. */
  path: string;
  /** Where the module itself is served. */
  url: string;
}

/** Finds the modules where they are installed; fails where one is not, or not built. */
export function pageModules(): PageModule[] {
  return NAMES.map((name) => {
    const file = fileURLToPath(import.meta.resolve(name));
    const folder = dirname(file);
    const path = `${MODULES_PATH}/${name}`;
    return { name, folder, path, url: `${path}${file.slice(folder.length)}` };
  });
}

/** What tells the browser where the modules are, as the page has to hold it. */
export interface ModuleTags {
  html: string;
  /** What a Content-Security-Policy allows the inline import map by. */
  hash: string;
}

/**
 * The import map, and hints to load the modules at once: the browser would find each only in the one
 * that imports it. An import map has to be inline, hence the hash.
 *
 * @see https://html.spec.whatwg.org/multipage/webappapis.html#import-maps
 */
export function moduleTags(modules: readonly PageModule[], own: readonly string[]): ModuleTags {
  const imports = Object.fromEntries(modules.map(({ name, url }) => [name, url]));
  const map = JSON.stringify({ imports });
  const preloads = [...modules.map(({ url }) => url), ...own].map(
    (url) => `<link rel="modulepreload" href="${url}" />`,
  );
  return {
    html: [`<script type="importmap">${map}</script>`, ...preloads].join('\n    '),
    hash: `'sha256-${createHash('sha256').update(map).digest('base64')}'`,
  };
}
