import { CPU_PER_TOKEN } from './scenarios/metrics.ts';
import { figure } from './report/cells.ts';
import { spread } from './report/results.ts';
import type { Rounds } from './rounds.ts';

/** What the guard measures: enough to tell the two apart, in a minute; twice where it fails first. */
export const GUARDED = { scenarios: ['paced'], contenders: ['ours', 'express'], rounds: 3 };

/** What a token may cost us of what it costs Express on the `openai` iterator, which keeps no log. */
const MOST = 1;

/** Whether a token costs us no more than Express, round by round, and that in a sentence. */
export function guard(measured: readonly Rounds[]): { holds: boolean; verdict: string } {
  const costs = (id: string) =>
    measured
      .find(({ contender }) => contender.id === id)!
      .rounds.map((round) => round[CPU_PER_TOKEN.id]!);
  const express = costs('express');
  const ratio = spread(costs('ours').map((cost, round) => cost / express[round]!));
  const holds = ratio.median <= MOST;
  const verdict =
    `a token costs ${figure(ratio.median)} times the CPU that it costs Express ` +
    `(${figure(ratio.min)} to ${figure(ratio.max)}); at most ${figure(MOST)} is allowed`;
  return { holds, verdict: `${holds ? 'Held' : 'Failed'}: ${verdict}.` };
}
