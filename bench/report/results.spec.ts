import { describe, expect, it } from '@jest/globals';
import { contenders } from '../contenders.ts';
import { guard } from '../guard.ts';
import { groups, joined, type Rounds } from '../rounds.ts';
import { CPU_PER_TOKEN, LATENCY_P50 } from '../scenarios/metrics.ts';
import type { Scenario } from '../scenarios/scenario.ts';
import { table } from './cells.ts';
import { results, spread } from './results.ts';

const all = contenders('/nowhere');
const scenario: Scenario = {
  ...{ id: 'paced', title: 'Paced', description: 'A load.', charts: [] },
  metrics: [CPU_PER_TOKEN, LATENCY_P50],
  measure: () => Promise.reject(new Error('measures nothing')),
};

const rounds = (costs: readonly number[]) =>
  costs.map((cost) => ({ [CPU_PER_TOKEN.id]: cost, [LATENCY_P50.id]: 1 }));

function measured(id: string, costs: readonly number[], yardstick?: readonly number[]): Rounds {
  return {
    scenario,
    contender: all.find((one) => one.id === id)!,
    rounds: rounds(costs),
    yardstick: yardstick && rounds(yardstick),
  };
}

describe('results', () => {
  it('have the median and the spread, and the ratio to the proxy of the same round', () => {
    const proxy = [40, 50, 45];
    const [result] = results(
      [measured('proxy', proxy, proxy), measured('ours', [60, 50, 90], proxy)],
      ['ours', 'proxy'],
    );
    expect(table(result!)).toEqual([
      ['', 'CPU a token, µs', '× proxy', 'latency p50, ms'],
      ['ours', '60.0 (50.0–90.0)', '1.50 (1.00–2.00)', '1.00 (1.00–1.00)'],
      ['proxy', '45.0 (40.0–50.0)', '1.00 (1.00–1.00)', '1.00 (1.00–1.00)'],
    ]);
  });

  it('have no ratios where the proxy took no part', () => {
    const [result] = results([measured('ours', [60])], ['ours']);
    expect(table(result!)).toEqual([
      ['', 'CPU a token, µs', 'latency p50, ms'],
      ['ours', '60.0', '1.00'],
    ]);
  });

  it('take the mean of the two in the middle of an even number', () => {
    expect(spread([4, 1, 3, 100])).toMatchObject({ median: 3.5, min: 1, max: 100 });
  });
});

describe('the guard', () => {
  it('holds where most rounds cost no more than Express', () => {
    const express = measured('express', [100, 100, 100]);
    expect(guard([measured('ours', [90, 100, 130]), express])).toEqual({
      holds: true,
      verdict:
        'Held: a token costs 1.00 times the CPU that it costs Express (0.90 to 1.30); at most 1.00 is allowed.',
    });
    expect(guard([measured('ours', [90, 101, 130]), express]).holds).toBe(false);
  });

  it('counts the rounds of both where it has measured twice', () => {
    const both = (rounds: number[], more: number[]) =>
      joined(
        [measured('ours', rounds), measured('express', [100, 100, 100])],
        [measured('ours', more), measured('express', [100, 100, 100])],
      );
    expect(guard(both([80, 104, 105], [75, 80, 90]))).toEqual({
      holds: true,
      verdict:
        'Held: a token costs 0.85 times the CPU that it costs Express (0.75 to 1.05); at most 1.00 is allowed.',
    });
    expect(guard(both([80, 104, 105], [75, 101, 102])).holds).toBe(false);
  });
});

describe('the contenders', () => {
  it('are measured four at a time, the proxy always among them', () => {
    const ids = groups(all).map((group) => group.map(({ id }) => id));
    expect(ids).toEqual([
      ['proxy', 'ours', 'pipe', 'express'],
      ['proxy', 'nest-sse', 'ai-sdk', 'mastra'],
      ['proxy', 'langgraph'],
    ]);
  });

  it('do without it where it was not asked for', () => {
    const some = all.filter(({ id }) => ['ours', 'express'].includes(id));
    expect(groups(some)).toEqual([some]);
    expect(groups(all.filter(({ id }) => id === 'proxy'))).toHaveLength(1);
  });
});
