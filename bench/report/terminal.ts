import { table } from './cells.ts';
import type { ScenarioResult } from './results.ts';

/** A scenario's table for a terminal: median, least and most of the rounds in brackets. */
export function terminalTable(result: ScenarioResult): string {
  const lines = table(result);
  const widths = lines[0]!.map((_, column) =>
    Math.max(...lines.map((line) => line[column]!.length)),
  );
  const text = lines.map((line) =>
    line
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!),
      )
      .join('  '),
  );
  return [`${result.title}: ${result.description}`, '', ...text, ''].join('\n');
}
