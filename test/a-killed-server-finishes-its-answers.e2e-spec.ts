import { randomInt } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ask, checkGot, CONTINUATIONS, type Got } from './support/asked-once.js';
import { modelsFor, writeConfigDir, type ConfigDir } from './support/config-dir.js';
import { CALLERS, drawRound, type DeathRound } from './support/death-round.js';
import { request } from './support/http-client.js';
import { MortalService } from './support/mortal-service.js';
import { ScriptedProvider } from './support/scripted-provider.js';
import { TruthTeller } from './support/truth-teller.js';
import { questionFor, truth } from './support/truths.js';

const ROUNDS = 20;
/** Of the first round; a failure names it, and this repeats it, as far as a race can be repeated. */
const SEED = Number(process.env['ROUNDS_SEED'] ?? randomInt(1_000_000));
/** Prints a line a round. */
const SHOWS_ROUNDS = process.env['SHOW_ROUNDS'] === '1';

interface Message {
  role: string;
  content: string;
}

/** A session over all rounds: what the provider was told of it last. */
interface KnownSession {
  id: string;
  messages: readonly Message[];
}

function described(then: DeathRound['then']): string {
  if (then === undefined) return '-';
  if (then === 'before any output') return then;
  return 'moment' in then
    ? `at ${percent(then.moment)} of the rest`
    : `at take-over ${then.takenOver}`;
}

function percent(part: number): string {
  return `${Math.round(part * 100)} %`;
}

describe('a server that is killed at random moments of 50 runs', () => {
  const teller = new TruthTeller();
  let provider: ScriptedProvider;
  let config: ConfigDir;
  let service: MortalService;
  const sessions: KnownSession[] = [];
  /** Also the number of the last question. */
  let runs = 0;

  beforeAll(async () => {
    provider = await ScriptedProvider.start();
    provider.always(teller.script);
    const models = modelsFor(provider.baseUrl);
    for (const continuation of CONTINUATIONS) {
      Object.assign(models.models, {
        [continuation]: { ...models.models['test-model'], continuation },
      });
    }
    config = await writeConfigDir({ modelsYaml: models });
    service = await MortalService.start(config.env);
    for (let count = 0; count < 2; count += 1) {
      const { session, messages } = await askAlone({});
      sessions.push({ id: session, messages });
    }
  });
  afterAll(async () => {
    await service.kill();
    await provider.close();
    await config.remove();
  });

  /** Asks while nothing else is asked. @returns the conversation that the provider was told, with the answer */
  async function askAlone(where: { session_id?: string }) {
    const number = (runs += 1);
    teller.expect(number, { delay: 0, reasons: false });
    const body = { message: questionFor(number), model: 'prefix', ...where };
    const answer = await request(`${service.url}/api/v1/chat`, { body });
    expect(answer.json()).toMatchObject({ message: { content: truth(number) } });
    const told = provider.requests.at(-1)!.body.messages.slice(1);
    const messages: Message[] = [...told, { role: 'assistant', content: truth(number) }];
    return { session: String(answer.json()['session_id']), messages };
  }

  /** @returns what happened, in figures */
  async function play({ callers, moment, then }: DeathRound): Promise<string> {
    const lines = service.lines.length;
    const before = teller.said;
    const whole = callers.reduce((sum, { caller }) => sum + truth(caller.number).length, 0);
    for (const { caller, telling } of callers) teller.expect(caller.number, telling);

    let left = callers.length;
    const asking = callers.map(({ caller }) => ask(service.url, caller).finally(() => (left -= 1)));
    const all = Promise.all(asking);
    const reached = (part: number) =>
      Promise.race([teller.hasSaid(teller.said + part * (before + whole - teller.said)), all]);
    await reached(moment);
    const inFlight = [left];
    await service.kill();
    if (typeof then === 'object' && 'moment' in then) {
      await service.revive();
      await reached(then.moment);
      inFlight.push(left);
      await service.kill();
    } else if (then !== undefined) {
      await service.reviveInVain(then);
    }
    await service.revive();
    const got = await all;

    for (const one of got) await checkGot(service.url, one);
    await checkSessions(got);
    await checkRuns();
    const logged = (msg: string) =>
      service.lines.slice(lines).filter((line) => line['msg'] === msg).length;
    const again = callers.map(({ caller }) => teller.timesAsked(caller.number) - 1);
    return [
      `killed at ${percent(moment)}`.padEnd(14),
      `in flight ${inFlight.join(' and ')}`.padEnd(19),
      `then ${described(then)}`.padEnd(23),
      `taken over ${logged('run taken over')}`.padEnd(15),
      `closed ${logged('run closed')}`.padEnd(9),
      `readers resumed ${got.filter(({ reader }) => reader.attempts > 1).length}`.padEnd(19),
      `asked again ${again.reduce((sum, times) => sum + times, 0)}`,
    ].join('  ');
  }

  /** Each conversation has each question of the round once, right before its answer, and nothing else. */
  async function checkSessions(got: readonly Got[]): Promise<void> {
    for (const [index, { id, messages: known }] of sessions.entries()) {
      const waited = got.filter(
        ({ caller: { session } }) => typeof session === 'object' && session.id === id,
      );
      const { messages } = await askAlone({ session_id: id });
      expect(messages.slice(0, known.length)).toEqual(known);
      const fresh = messages.slice(known.length, -2);
      const pairs = Array.from({ length: fresh.length / 2 }, (_, at) =>
        fresh.slice(2 * at, 2 * at + 2),
      );
      expect(pairs).toHaveLength(waited.length);
      expect(pairs).toEqual(
        expect.arrayContaining(
          waited.map(({ caller, reader }) => [
            { role: 'user', content: questionFor(caller.number) },
            { role: 'assistant', content: reader.text },
          ]),
        ),
      );
      sessions[index] = { id, messages };
    }
  }

  /** All that was ever asked for is listed once, and nothing of it is unfinished. */
  async function checkRuns(): Promise<void> {
    const ids: string[] = [];
    const states = new Set<string>();
    let cursor: string | null = '';
    while (cursor !== null) {
      const page = await request(
        `${service.url}/api/v1/runs?limit=500${cursor && `&cursor=${cursor}`}`,
      );
      const { data, next_cursor: next } = page.json<{
        data: { run_id: string; state: string }[];
        next_cursor: string | null;
      }>();
      for (const { run_id: id, state } of data) {
        ids.push(id);
        states.add(state);
      }
      cursor = next;
    }
    expect(ids).toHaveLength(runs);
    expect(new Set(ids).size).toBe(runs);
    expect([...states].filter((state) => state !== 'completed' && state !== 'failed')).toEqual([]);
  }

  it(`finishes them, in ${ROUNDS} rounds on one data directory`, async () => {
    for (let round = 1; round <= ROUNDS; round += 1) {
      const seed = SEED + round - 1;
      const drawn = drawRound(
        seed,
        runs + 1,
        sessions.map(({ id }) => id),
      );
      runs += CALLERS;
      const start = performance.now();
      try {
        const figures = await play(drawn);
        const seconds = ((performance.now() - start) / 1000).toFixed(1);
        if (SHOWS_ROUNDS) {
          process.stdout.write(
            `round ${String(round).padStart(2)}  seed ${seed}  ${figures}  ${seconds} s\n`,
          );
        }
      } catch (error) {
        throw new Error(`In the round ${round} of ROUNDS_SEED=${SEED}`, { cause: error });
      }
    }
  }, 300_000);
});
