import type { AgnoClient } from '../index.js';
import type { Options } from './options.js';
import { printable } from './printable.js';
import { columns } from './terminal-table.js';
import type { Terminal } from './terminal.js';

/** The longest part of a text that a line of a list shows, in columns. */
const LONGEST = 60;

/** How many are shown where nobody says it. */
const USUAL = 20;

/** What of a list is printed, and how. */
export type ListOptions = Pick<Options, 'limit' | 'json'>;

/** Prints the models that may be asked for. */
export async function listModels(
  client: AgnoClient,
  terminal: Terminal,
  { limit = Infinity, json }: ListOptions,
): Promise<void> {
  const models = await client.models.list();
  if (json) return terminal.printJson({ data: models.slice(0, limit) });
  const rows = models
    .slice(0, limit)
    .map(({ id, provider, available, unavailable_reason, default: isDefault }) => [
      `${isDefault ? '*' : ' '} ${id}`,
      provider,
      available ? 'available' : `not available: ${unavailable_reason ?? 'no reason told'}`,
    ]);
  printRows(terminal, rows);
  tellMore(terminal, models.length > limit);
}

/** Prints the sessions, newest first. */
export async function listSessions(
  client: AgnoClient,
  terminal: Terminal,
  { limit = USUAL, json }: ListOptions,
): Promise<void> {
  const page = await client.sessions.list({ limit });
  if (json) return terminal.printJson(page);
  const { data, next_cursor: next } = page;
  const rows = data.map(({ id, title, updated_at: at }) => [id, at, cut(title)]);
  if (rows.length === 0) terminal.tell('No sessions yet');
  printRows(terminal, rows);
  tellMore(terminal, next !== null);
}

/** Prints the runs, newest first. */
export async function listRuns(
  client: AgnoClient,
  terminal: Terminal,
  { limit = USUAL, json }: ListOptions,
): Promise<void> {
  const page = await client.runs.list({ limit });
  if (json) return terminal.printJson(page);
  const { data, next_cursor: next } = page;
  const rows = data.map((run) => [run.run_id, run.state, run.model, cut(run.text)]);
  if (rows.length === 0) terminal.tell('No runs yet');
  printRows(terminal, rows);
  tellMore(terminal, next !== null);
}

function tellMore(terminal: Terminal, isMore: boolean): void {
  if (isMore) terminal.tell('There are more: --limit shows them');
}

function printRows(terminal: Terminal, rows: readonly string[][]): void {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, at) => (widths[at] = Math.max(widths[at] ?? 0, columns(cell))));
  }
  for (const row of rows) {
    const cells = row.map((cell, at) => cell + ' '.repeat(widths[at]! - columns(cell)));
    terminal.print(`${printable(cells.join('  ')).trimEnd()}\n`);
  }
}

/** The beginning of a text, on one line. */
function cut(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  if (columns(line) <= LONGEST) return line;
  let shown = '';
  for (const character of line) {
    if (columns(shown + character) >= LONGEST) break;
    shown += character;
  }
  return `${shown}…`;
}
