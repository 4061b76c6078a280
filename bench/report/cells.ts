import type { Column, MetricResult, ScenarioResult, Spread } from './results.ts';

/** A number with three digits that count. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return '–';
  if (value >= 100) return Math.round(value).toLocaleString('en-US');
  return value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

/** The median, and the least and most of the rounds where there is more than one. */
function cell({ median, min, max, rounds }: Spread): string {
  if (rounds.length === 1) return figure(median);
  return `${figure(median)} (${figure(min)}–${figure(max)})`;
}

/** The head of a metric's column. */
export const head = ({ title, unit }: Column) => (unit === '' ? title : `${title}, ${unit}`);

/** A metric's cells: the median with its spread, and the ratio where there is one. */
export function cells(result: MetricResult): string[] {
  return result.ratio === undefined
    ? [cell(result.value)]
    : [cell(result.value), cell(result.ratio)];
}

/** A scenario as rows of cells, the heads first. */
export function table({ columns, rows }: ScenarioResult): string[][] {
  const isCompared = ({ id }: Column) => rows.some(({ metrics }) => metrics[id]!.ratio);
  const heads = columns.flatMap((column) =>
    isCompared(column) ? [head(column), '× proxy'] : [head(column)],
  );
  return [
    ['', ...heads],
    ...rows.map(({ contender, metrics }) => [
      contender,
      ...columns.flatMap(({ id }) => cells(metrics[id]!)),
    ]),
  ];
}
