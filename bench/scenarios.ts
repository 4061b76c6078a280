import { burst } from './scenarios/burst.ts';
import { idle } from './scenarios/idle.ts';
import { opening } from './scenarios/opening.ts';
import { paced, quiet } from './scenarios/paced.ts';
import { replayed } from './scenarios/replay.ts';
import type { Scenario } from './scenarios/scenario.ts';
import { session } from './scenarios/session.ts';
import { takeover } from './scenarios/takeover.ts';

/** All loads, in the order of the tables. */
export const SCENARIOS: readonly Scenario[] = [
  paced,
  quiet,
  burst,
  opening,
  idle,
  replayed,
  takeover,
  session,
];
