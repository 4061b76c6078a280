import type { Rounds } from '../rounds.ts';

/** The middle of the rounds, the least and most of them, and all. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  /** In the order of the rounds. */
  readonly rounds: readonly number[];
}

/** What one metric came to for one contender. */
export interface MetricResult {
  readonly value: Spread;
  /** To the yardstick in the same round. */
  readonly ratio?: Spread;
}

export interface Row {
  readonly contender: string;
  readonly title: string;
  /** By the metrics' ids. */
  readonly metrics: Readonly<Record<string, MetricResult>>;
}

export interface Column {
  readonly id: string;
  readonly title: string;
  readonly unit: string;
}

export interface ScenarioResult {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly rounds: number;
  readonly columns: readonly Column[];
  /** The columns that are drawn, by their ids. */
  readonly charts: readonly string[];
  readonly rows: readonly Row[];
}

/** @param measured rounded to four digits, of which two or three mean something */
export function spread(measured: readonly number[]): Spread {
  const values = measured.map((value) => Number(value.toPrecision(4)));
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const median =
    sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
  return { median, min: sorted[0]!, max: sorted.at(-1)!, rounds: values };
}

/** Sums the rounds up: a result for each scenario, in the order in which they were measured. */
export function results(measured: readonly Rounds[], order: readonly string[]): ScenarioResult[] {
  const scenarios = [...new Set(measured.map(({ scenario }) => scenario))];
  return scenarios.map((scenario) => {
    const rows = new Map<string, Row>();
    for (const one of measured.filter((other) => other.scenario === scenario)) {
      // The yardstick takes part in every group; its first measurements are its own row.
      if (!rows.has(one.contender.id)) rows.set(one.contender.id, row(one));
    }
    return {
      id: scenario.id,
      title: scenario.title,
      description: scenario.description,
      rounds: measured[0]!.rounds.length,
      columns: scenario.metrics.map(({ id, title, unit }) => ({ id, title, unit })),
      charts: scenario.charts.map(({ id }) => id),
      rows: order.flatMap((id) => rows.get(id) ?? []),
    };
  });
}

function row({ scenario, contender, rounds, yardstick }: Rounds): Row {
  const metrics = scenario.metrics.map(({ id, isCompared }) => {
    const values = rounds.map((round) => round[id]!);
    const value = spread(values);
    if (!isCompared || yardstick === undefined) return [id, { value }] as const;
    const ratio = spread(values.map((of, round) => of / yardstick[round]![id]!));
    return [id, { value, ratio }] as const;
  });
  return {
    contender: contender.id,
    title: contender.title,
    metrics: Object.fromEntries(metrics),
  };
}
