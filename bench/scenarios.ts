import { burst } from './scenarios/burst.ts';
import { opening } from './scenarios/opening.ts';
import { paced, quiet } from './scenarios/paced.ts';
import type { Scenario } from './scenarios/scenario.ts';

/** All loads, in the order of the tables. */
export const SCENARIOS: readonly Scenario[] = [paced, quiet, burst, opening];
