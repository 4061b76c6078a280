import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { YARDSTICK } from './contenders.ts';
import type { Contender } from './contenders/contender.ts';
import { Crowd } from './load/crowd.ts';
import { ContenderProcess } from './processes/contender-process.ts';
import type { ProviderProcess } from './processes/provider-process.ts';
import type { Bench, Measurement, Scenario } from './scenarios/scenario.ts';

/** More at a time would fall out of the caches between two rounds. */
const CONTENDERS_AT_ONCE = 4;

/** Runs until the compiler has seen every path, and then some. */
const WARM_UP = { requests: 1000, atOnce: 20, answer: { tokens: 8, everyMs: 2, held: false } };

/** For what is left of the last measurement, and the collection of its garbage. */
const SETTLE_MS = 300;

/** The measurements of one contender in one scenario, a round each. */
export interface Rounds {
  readonly scenario: Scenario;
  readonly contender: Contender;
  readonly rounds: Measurement[];
  /** The yardstick's, of the same rounds, where it took part. */
  readonly yardstick: Measurement[] | undefined;
}

export interface Course {
  readonly scenarios: readonly Scenario[];
  readonly contenders: readonly Contender[];
  readonly rounds: number;
  /** Where the service's profiles go, one a measurement; undefined: it is not profiled. */
  readonly profiles: string | undefined;
  readonly provider: ProviderProcess;
  /** Told what is being done. */
  say(what: string): void;
}

/** Measures all contenders in all scenarios, interleaved, so that what the machine does meets all alike. */
export async function measureAll(course: Course): Promise<Rounds[]> {
  if (course.profiles !== undefined) mkdirSync(course.profiles, { recursive: true });
  const measured: Rounds[] = [];
  for (const group of groups(course.contenders)) {
    const servers: ContenderProcess[] = [];
    try {
      for (const contender of group) servers.push(await started(contender, course));
      for (const scenario of course.scenarios) {
        measured.push(...(await measureScenario(scenario, servers, course)));
      }
    } finally {
      await Promise.all(servers.map((server) => server.stop()));
    }
  }
  return measured;
}

/** At most four at a time, the yardstick among them each time. */
export function groups(contenders: readonly Contender[]): Contender[][] {
  const yardstick = contenders.filter(({ id }) => id === YARDSTICK);
  const others = contenders.filter(({ id }) => id !== YARDSTICK);
  if (others.length === 0) return [yardstick];
  const count = Math.ceil(others.length / (CONTENDERS_AT_ONCE - yardstick.length));
  const size = Math.ceil(others.length / count);
  return Array.from({ length: count }, (_, index) => [
    ...yardstick,
    ...others.slice(index * size, (index + 1) * size),
  ]);
}

async function started(contender: Contender, course: Course): Promise<ContenderProcess> {
  const { provider } = course;
  course.say(`${contender.id}: warming up`);
  const server = await ContenderProcess.start(contender, provider.upstream);
  try {
    const crowd = new Crowd(server);
    await crowd.askInTurn(WARM_UP.requests, WARM_UP.atOnce, WARM_UP.answer);
    crowd.leave();
    await provider.take();
    return server;
  } catch (error) {
    await server.stop();
    throw error;
  }
}

async function measureScenario(
  scenario: Scenario,
  servers: readonly ContenderProcess[],
  course: Course,
): Promise<Rounds[]> {
  const byId = new Map(servers.map(({ contender }) => [contender.id, [] as Measurement[]]));
  for (let round = 0; round < course.rounds; round += 1) {
    for (let turn = 0; turn < servers.length; turn += 1) {
      // Each round begins with another one: none is always measured after the same.
      const server = servers[(round + turn) % servers.length]!;
      const { id } = server.contender;
      course.say(`${scenario.id}, round ${round + 1} of ${course.rounds}: ${id}`);
      await pause(SETTLE_MS);
      const profile =
        id === 'ours' && course.profiles !== undefined
          ? join(course.profiles, `${scenario.id}-${round + 1}.cpuprofile`)
          : undefined;
      byId.get(id)!.push(await scenario.measure(benchOf(server, course.provider, profile)));
    }
  }
  const yardstick = byId.get(YARDSTICK);
  return servers.map(({ contender }) => ({
    scenario,
    contender,
    rounds: byId.get(contender.id)!,
    yardstick,
  }));
}

function benchOf(server: ContenderProcess, provider: ProviderProcess, profile?: string): Bench {
  return {
    server,
    provider,
    watched: async (measured) => {
      await server.watch(profile !== undefined);
      await measured();
      return server.unwatch(profile);
    },
  };
}
