import { readdir, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { ToolError } from '../../tool-error.js';
import { readCsv, type CsvTable } from './csv-table.js';

const MOST_FILES = 500;
const LARGEST_FILE = 20 * 1024 * 1024;
const TYPES = new Set(['.csv', '.tsv']);

/** How much is kept of tables that were read, in bytes of their files. */
const KEPT = 64 * 1024 * 1024;

interface KnownTable {
  version: string;
  size: number;
  table: CsvTable;
}

/** The CSV files that stand in a folder; links and folders in it are passed over. Read again when they change. */
export class TableFolder {
  /** By their files; the one that was used last is the last. */
  readonly #known = new Map<string, KnownTable>();

  constructor(private readonly folder: string) {}

  /** The names of the tables: those of their files, without `.csv`. */
  async names(): Promise<string[]> {
    return [...(await this.#files()).keys()];
  }

  /** @throws ToolError where there is none of this name, or it cannot be read */
  async table(name: string): Promise<CsvTable> {
    const files = await this.#files();
    const file = files.get(name) ?? files.get(name.replace(/\.[ct]sv$/i, ''));
    if (file === undefined) {
      const names = [...files.keys()].join(', ') || 'none';
      throw new ToolError(`There is no table ${JSON.stringify(name)}. There are: ${names}.`);
    }
    const path = join(this.folder, file);
    const { mtimeMs, size } = await stat(path);
    if (size > LARGEST_FILE) throw new ToolError(`The table ${name} is larger than 20 MB.`);
    const version = `${mtimeMs} ${size}`;
    const known = this.#known.get(file);
    if (known?.version === version) return known.table;
    const table = await readCsv(path).catch((error: Error) => {
      throw new ToolError(`The table ${name} cannot be read: ${error.message}`);
    });
    this.#keep(file, { version, size, table });
    return table;
  }

  async #files(): Promise<Map<string, string>> {
    const entries = await readdir(this.folder, { withFileTypes: true });
    const files = entries
      .filter((entry) => entry.isFile() && TYPES.has(extname(entry.name).toLowerCase()))
      .map(({ name }) => name)
      .sort()
      .slice(0, MOST_FILES);
    const bare = (file: string): string => file.slice(0, -4);
    // Two of one name are told apart by their endings.
    const isAlone = (file: string): boolean =>
      files.filter((other) => bare(other) === bare(file)).length === 1;
    return new Map(files.map((file) => [isAlone(file) ? bare(file) : file, file]));
  }

  #keep(file: string, known: KnownTable): void {
    this.#known.delete(file);
    this.#known.set(file, known);
    let kept = [...this.#known.values()].reduce((sum, { size }) => sum + size, 0);
    for (const [oldest, { size }] of this.#known) {
      if (kept <= KEPT || oldest === file) return;
      this.#known.delete(oldest);
      kept -= size;
    }
  }
}
