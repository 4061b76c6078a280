import { randomFrom } from './random.js';
import { CONTINUATIONS, WAYS, type Caller } from './asked-once.js';
import type { EarlyDeath } from './mortal-service.js';
import { ROUTES, type ReadingPlan } from './resuming-reader.js';
import type { Telling } from './truth-teller.js';

/** How many ask at once. */
export const CALLERS = 50;

/** How many of them wait in one session. */
const QUEUED = 4;

/** What happens in a round: all of it follows from its seed. */
export interface DeathRound {
  callers: readonly { caller: Caller; telling: Telling }[];
  /** How much of all answers has been said when the service is killed: 0 up to 1. */
  moment: number;
  /** Whether, and when, the process after that is killed too. */
  then: EarlyDeath | { moment: number } | undefined;
}

/**
 * Draws a round.
 * @param first the number of its first question
 * @param sessions that are there, and idle
 */
export function drawRound(seed: number, first: number, sessions: readonly string[]): DeathRound {
  const random = randomFrom(seed);
  const below = (limit: number) => Math.floor(random() * limit);
  const oneOf = <T>(list: readonly T[]) => list[below(list.length)]!;
  const plan = (): ReadingPlan => ({
    cuts: random() < 0.3 ? [1 + below(6_000)] : [],
    routes: Array.from({ length: 4 }, () => oneOf(ROUTES)),
  });
  const callers = Array.from({ length: CALLERS }, (_, index) => {
    const id = sessions[Math.floor(index / QUEUED)];
    const caller: Caller = {
      number: first + index,
      way: oneOf(WAYS),
      model: oneOf(CONTINUATIONS),
      session: id === undefined ? oneOf(['new', 'none'] as const) : { id },
      plan: plan(),
    };
    // Those that wait for each other have to be quick.
    const delay = id === undefined ? 15 + below(15) : 4;
    return { caller, telling: { delay, reasons: random() < 0.3 } };
  });
  // More often early than late: at first much happens at once.
  const moment = random() ** 1.5;
  const kind = random();
  const then =
    kind < 0.4
      ? undefined
      : kind < 0.5
        ? 'before any output'
        : kind < 0.75
          ? { takenOver: 1 + below(CALLERS) }
          : { moment: random() };
  return { callers, moment, then };
}
