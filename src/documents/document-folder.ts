import { readdir, readFile, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { markdownSections } from './markdown/markdown-sections.js';
import type { Section } from './section.js';
import { SectionSearch, type Finding } from './search/section-search.js';

/** What a folder may hold: more would not be searched but in minutes. */
const MOST_FILES = 10_000;
const LARGEST_FILE = 2 * 1024 * 1024;

/** How long what was found is taken for up to date, in milliseconds: to look takes a while in large folders. */
const FRESH = 1_000;

/** A document as it was found. */
interface Source {
  /** From the folder, with `/`: `guides/setup.md`. */
  name: string;
  /** Changes whenever the file does. */
  version: string;
}

interface Index {
  version: string;
  search: SectionSearch;
  names: ReadonlySet<string>;
}

/** The Markdown files of a folder and those below it, found by what they say. Symbolic links are not followed. */
export class DocumentFolder {
  #index: Promise<Index> | undefined;
  #lookedAt = -Infinity;

  constructor(private readonly folder: string) {}

  /** The passages that answer a question best, the best first. Links are `name#anchor`. */
  async find(question: string): Promise<Finding[]> {
    const { search } = await this.#upToDate();
    return search.find(question);
  }

  /** The names of all documents, in alphabetical order. */
  async names(): Promise<readonly string[]> {
    return [...(await this.#upToDate()).names];
  }

  /** A document as it is now; undefined where there is none of this name. */
  async read(name: string): Promise<string | undefined> {
    const { names } = await this.#upToDate();
    // Nothing but what was found is read: a name leads nowhere else.
    if (!names.has(name)) return undefined;
    return readFile(join(this.folder, name), 'utf8').catch(() => undefined);
  }

  async #upToDate(): Promise<Index> {
    if (this.#index !== undefined && performance.now() - this.#lookedAt < FRESH) return this.#index;
    const before = this.#index;
    this.#lookedAt = performance.now();
    this.#index = this.#look(before);
    return this.#index;
  }

  async #look(before: Promise<Index> | undefined): Promise<Index> {
    const sources = await this.#sources();
    const version = sources.map((source) => source.version).join('\n');
    const known = await before?.catch(() => undefined);
    if (known?.version === version) return known;
    const sections: Section[] = [];
    for (const { name } of sources) {
      const text = await readFile(join(this.folder, name), 'utf8').catch(() => '');
      // Links in a passage lead to other files of the folder: they stay as they are written.
      for (const section of markdownSections(text, `/${name}`)) {
        sections.push({ ...section, link: section.link.slice(1) });
      }
      await setImmediate();
    }
    const names = new Set(sources.map(({ name }) => name));
    return { version, search: await SectionSearch.of(sections), names };
  }

  async #sources(): Promise<Source[]> {
    const entries = await readdir(this.folder, { recursive: true, withFileTypes: true });
    const paths = entries
      .filter((entry) => entry.isFile() && entry.name.toLowerCase().endsWith('.md'))
      .map((entry) => join(entry.parentPath, entry.name))
      .sort()
      .slice(0, MOST_FILES);
    const sources: Source[] = [];
    for (const path of paths) {
      const file = await stat(path).catch(() => undefined);
      if (file === undefined || file.size > LARGEST_FILE) continue;
      const name = relative(this.folder, path).split(sep).join('/');
      sources.push({ name, version: `${name} ${file.mtimeMs} ${file.size}` });
    }
    return sources;
  }
}
