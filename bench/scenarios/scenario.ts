import type { ContenderProcess } from '../processes/contender-process.ts';
import type { ProviderProcess } from '../processes/provider-process.ts';

/** Something that a scenario tells of a contender. */
export interface Metric {
  readonly id: string;
  /** For the head of a table's column. */
  readonly title: string;
  readonly unit: string;
  /** Whether its ratio to the yardstick, in the same round, says something. */
  readonly isCompared: boolean;
}

/** What a scenario measures with. */
export interface Bench {
  readonly server: ContenderProcess;
  readonly provider: ProviderProcess;
  /** Runs what is measured with the server's event loop watched: its delay, in milliseconds. */
  watched(measured: () => Promise<void>): Promise<number>;
}

/** One value for each metric of a scenario, by their ids. */
export type Measurement = Readonly<Record<string, number>>;

/** A load, and what it shows. */
export interface Scenario {
  readonly id: string;
  readonly title: string;
  /** What is done, in a sentence. */
  readonly description: string;
  readonly metrics: readonly Metric[];
  /** Those that are drawn. */
  readonly charts: readonly Metric[];
  /** Whether each round has a new process: it measures its memory, or kills it. @default false */
  readonly isFresh?: boolean;
  /** The contenders that can do it. @default all */
  readonly only?: readonly string[];
  /** One round with one contender. */
  measure(bench: Bench): Promise<Measurement>;
}
