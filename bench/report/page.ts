import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { chart } from './chart.ts';
import { head, table } from './cells.ts';
import type { Source } from './machine.ts';
import type { ScenarioResult } from './results.ts';

/** A scenario's results, and where they come from. */
export type Kept = ScenarioResult & { readonly source: Source };

const BEGIN = '<!-- results: npm run bench -- --write -->';
const END = '<!-- end of results -->';

/**
 * Writes results into `docs/benchmarks.md`, between its markers, with their charts. Scenarios that were
 * not measured this time stay as they are, from `docs/benchmarks/results.json`.
 *
 * @param order the scenarios' ids
 */
export async function writePage(
  docs: string,
  measured: readonly ScenarioResult[],
  source: Source,
  order: readonly string[],
): Promise<void> {
  const folder = join(docs, 'benchmarks');
  const kept = new Map((await read(join(folder, 'results.json'))).map((one) => [one.id, one]));
  for (const result of measured) kept.set(result.id, { ...result, source });
  const all = order.flatMap((id) => kept.get(id) ?? []);

  await mkdir(folder, { recursive: true });
  await writeFormatted(join(folder, 'results.json'), JSON.stringify(all));
  for (const result of measured) {
    for (const column of charted(result)) {
      await writeFile(join(folder, fileOf(result, column)), chart(result, column));
    }
  }
  const page = join(docs, 'benchmarks.md');
  await writeFormatted(page, between(await readFile(page, 'utf8'), markdown(all)));
}

async function read(file: string): Promise<Kept[]> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Kept[];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

async function writeFormatted(file: string, text: string): Promise<void> {
  const options = await resolveConfig(file);
  await writeFile(file, await format(text, { ...options, filepath: file }));
}

function between(page: string, text: string): string {
  const begin = page.indexOf(BEGIN);
  const end = page.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`docs/benchmarks.md has lost ${BEGIN} or ${END}`);
  return `${page.slice(0, begin + BEGIN.length)}\n\n${text}\n\n${page.slice(end)}`;
}

const charted = ({ charts, columns }: ScenarioResult) =>
  columns.filter(({ id }) => charts.includes(id));

const fileOf = ({ id }: ScenarioResult, column: { id: string }) => `${id}-${column.id}.svg`;

function markdown(all: readonly Kept[]): string {
  return [...all.map(section), versions(all)].join('\n\n');
}

function section(result: Kept): string {
  const { title, description, rounds, source } = result;
  const { date, command, commit, machine } = source;
  const images = charted(result).map(
    (column) => `![${title}: ${head(column)}](benchmarks/${fileOf(result, column)})`,
  );
  const measured = `_${rounds === 1 ? 'One round' : `${rounds} rounds`} on ${date}, commit ${commit}; ${machine}:_ \`${command}\``;
  return [`### ${title}`, description, ...images, rowsOf(result), measured].join('\n\n');
}

function rowsOf(result: ScenarioResult): string {
  const [heads, ...rows] = table(result);
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const rule = line(heads!.map((_, column) => (column === 0 ? '---' : '--:')));
  return [line(heads!), rule, ...rows.map(line)].join('\n');
}

/** All versions that took part: more than one of a package where scenarios were measured apart. */
function versions(all: readonly Kept[]): string {
  const seen = new Map<string, Set<string>>();
  for (const { source } of all) {
    for (const [name, version] of Object.entries(source.versions)) {
      seen.set(name, (seen.get(name) ?? new Set()).add(version));
    }
  }
  const list = [...seen].map(([name, found]) => `${name} ${[...found].join(', ')}`);
  return `Versions: ${list.join('; ')}.`;
}
