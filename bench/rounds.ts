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
    const servers = new Map<string, ContenderProcess>();
    try {
      for (const scenario of course.scenarios) {
        const able = group.filter(({ id }) => scenario.only?.includes(id) ?? true);
        if (!scenario.isFresh) await startMissing(able, servers, course);
        measured.push(...(await measureScenario(scenario, able, servers, course)));
      }
    } finally {
      await Promise.all([...servers.values()].map((server) => server.stop()));
    }
  }
  return measured;
}

/** Two measurements of the same course as one with the rounds of both. */
export function joined(first: readonly Rounds[], second: readonly Rounds[]): Rounds[] {
  return first.map((one, index) => {
    const other = second[index]!;
    const yardstick = one.yardstick && other.yardstick && [...one.yardstick, ...other.yardstick];
    return { ...one, rounds: [...one.rounds, ...other.rounds], yardstick };
  });
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

async function startMissing(
  contenders: readonly Contender[],
  servers: Map<string, ContenderProcess>,
  course: Course,
): Promise<void> {
  for (const contender of contenders) {
    if (!servers.has(contender.id)) servers.set(contender.id, await started(contender, course));
  }
}

/** A contender's process, warmed up. */
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

/** @param servers the processes of all rounds; a scenario that needs fresh ones has its own */
async function measureScenario(
  scenario: Scenario,
  contenders: readonly Contender[],
  servers: ReadonlyMap<string, ContenderProcess>,
  course: Course,
): Promise<Rounds[]> {
  const byId = new Map(contenders.map(({ id }) => [id, [] as Measurement[]]));
  for (let round = 0; round < course.rounds; round += 1) {
    for (let turn = 0; turn < contenders.length; turn += 1) {
      // Each round begins with another one: none is always measured after the same.
      const contender = contenders[(round + turn) % contenders.length]!;
      const { id } = contender;
      const server = scenario.isFresh ? await started(contender, course) : servers.get(id)!;
      course.say(`${scenario.id}, round ${round + 1} of ${course.rounds}: ${id}`);
      try {
        await pause(SETTLE_MS);
        const profile =
          id === 'ours' && course.profiles !== undefined
            ? join(course.profiles, `${scenario.id}-${round + 1}.cpuprofile`)
            : undefined;
        byId.get(id)!.push(await scenario.measure(benchOf(server, course.provider, profile)));
      } finally {
        if (scenario.isFresh) await server.stop();
      }
    }
  }
  const yardstick = byId.get(YARDSTICK);
  return contenders.map((contender) => ({
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
