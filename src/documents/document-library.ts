import { readFile, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { markdownSections } from './markdown/markdown-sections.js';
import { openApiSections, type OpenApi } from './openapi/openapi-sections.js';
import { SectionSearch, type Finding, type SearchContext } from './search/section-search.js';
import type { Section } from './section.js';

/** The package's own folder: as far up from `src/` as from `dist/`. */
const PACKAGE = fileURLToPath(new URL('../../', import.meta.url));

/** What the documents are served under, from the package's folder. */
const README = 'README.md';
const FOLDER = 'docs';
const OPENAPI_PATH = '/openapi.json';

/** What may be read by its name; nothing else of the folder is anybody's business. */
const READABLE =
  /^(?:README\.md|ARCHITECTURE\.md|CONTRIBUTING\.md|CHANGELOG\.md|LICENSE|docs\/[\w-]+\.md|docs\/benchmarks\/[\w-]+\.svg|docs\/images\/[\w-]+\.png)$/;

/** A document as it was found. */
interface Source {
  /** From the package's folder, as `docs/streaming.md`. */
  name: string;
  /** Changes whenever the file does. */
  version: string;
}

/** What was made of the documents as they were found. */
interface Index {
  version: string;
  search: SectionSearch;
}

/** The project's own documents, read where they are: what is changed there is found changed. */
export class DocumentLibrary {
  readonly #folder: string;
  #openApi: () => readonly Section[] = () => [];
  #index: Promise<Index> | undefined;

  /** @param folder that of `README.md` and `docs/`. @default the package's own */
  constructor(folder: string = PACKAGE) {
    this.#folder = folder;
  }

  /** Takes the OpenAPI document into the library, as it is served at `/openapi.json`, once one looks there. */
  addOpenApi(describe: () => OpenApi): void {
    this.#openApi = () => openApiSections(describe(), OPENAPI_PATH);
    this.#index = undefined;
  }

  /** The passages that answer a question best, the best first. */
  async find(question: string, context?: SearchContext): Promise<Finding[]> {
    const { search } = await this.#upToDate();
    return search.find(question, context);
  }

  /** Whether there may be a document of this name: nothing is looked at for it. */
  has(name: string): boolean {
    return READABLE.test(name);
  }

  /**
   * A document, or a picture in one, as it is now; undefined where there is none of this name.
   *
   * @param name from the folder, as `docs/streaming.md`
   */
  async read(name: string): Promise<Buffer | undefined> {
    if (!this.has(name)) return undefined;
    return readFile(join(this.#folder, name)).catch(() => undefined);
  }

  async #upToDate(): Promise<Index> {
    const sources = await this.#sources();
    const version = sources.map((source) => source.version).join('\n');
    const known = await this.#index?.catch(() => undefined);
    if (known?.version === version) return known;
    this.#index = this.#read(sources, version);
    return this.#index;
  }

  async #read(sources: readonly Source[], version: string): Promise<Index> {
    const documents = await Promise.all(
      sources.map(async ({ name }) =>
        markdownSections(await readFile(join(this.#folder, name), 'utf8'), `/${name}`),
      ),
    );
    return { version, search: await SectionSearch.of([...documents.flat(), ...this.#openApi()]) };
  }

  /** The documents that are there; an installation may have left them out. */
  async #sources(): Promise<Source[]> {
    const folder = await readdir(join(this.#folder, FOLDER)).catch(() => []);
    const names = folder.filter((name) => name.endsWith('.md')).sort();
    const sources = [README, ...names.map((name) => `${FOLDER}/${name}`)].map(async (name) => {
      const file = await stat(join(this.#folder, name)).catch(() => undefined);
      return file === undefined ? [] : [{ name, version: `${name} ${file.mtimeMs} ${file.size}` }];
    });
    return (await Promise.all(sources)).flat();
  }
}
