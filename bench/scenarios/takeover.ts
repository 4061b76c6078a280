import type { IncomingMessage } from 'node:http';
import type { AnswerSpec } from '../answer.ts';
import { followAgain, startRun } from '../load/our-runs.ts';
import { RunReader } from '../load/run-reader.ts';
import { metric } from './metrics.ts';
import { halfAndWorst } from './quantiles.ts';
import type { Bench, Measurement, Scenario } from './scenario.ts';

const RUNS = 20;
const TOKENS = 200;
const EVERY_MS = 20;
/** How much of each answer is there when the process is killed, in events. */
const BEFORE = 50;
const LOOK_EVERY_MS = 5;

const READY = metric('ready', 'ready', 'ms');
const FIRST_P50 = metric('first_p50', 'next text p50', 'ms');
const FIRST_LAST = metric('first_last', 'next text, last run', 'ms');

/** One reader of a run that is killed under it. */
class Survivor {
  readonly #reader: RunReader;
  readonly #runId: string;
  readonly #cut: Promise<void>;
  readonly wellBegun: Promise<void>;

  private constructor(spec: AnswerSpec, runId: string, response: IncomingMessage) {
    this.#reader = new RunReader(spec);
    this.#runId = runId;
    const begun = Promise.withResolvers<void>();
    this.wellBegun = begun.promise;
    this.#cut = new Promise((resolve) => {
      response.setEncoding('utf8').on('data', (bytes: string) => {
        this.#reader.take(bytes);
        if (this.#reader.lastId >= BEFORE) begun.resolve();
      });
      response.on('error', () => resolve()).on('close', () => resolve());
    });
  }

  static async start(port: number, id: number): Promise<Survivor> {
    const spec = { id, seed: id, tokens: TOKENS, everyMs: EVERY_MS, held: false };
    const { runId, response } = await startRun(port, spec);
    return new Survivor(spec, runId, response);
  }

  /** Reads on to the end. Resolves with the moment at which the next text was there. */
  async goOn(port: number): Promise<number> {
    await this.#cut;
    this.#reader.cut();
    const response = await followAgain(port, this.#runId, this.#reader.lastId, LOOK_EVERY_MS);
    const { chunks } = this.#reader;
    let firstAt = Number.NaN;
    for await (const bytes of response.setEncoding('utf8')) {
      this.#reader.take(bytes as string);
      if (Number.isNaN(firstAt) && this.#reader.chunks > chunks) firstAt = performance.now();
    }
    this.#reader.mustBeWhole();
    return firstAt;
  }
}

async function measure({ server, provider }: Bench): Promise<Measurement> {
  const ids = Array.from({ length: RUNS }, (_, index) => index + 1);
  const survivors = await Promise.all(ids.map((id) => Survivor.start(server.port, id)));
  await Promise.all(survivors.map(({ wellBegun }) => wellBegun));
  const killedAt = performance.now();
  await server.kill();
  const revived = server.revive().then(() => performance.now());
  const firsts = await Promise.all(survivors.map((survivor) => survivor.goOn(server.port)));
  await provider.take();
  const sinceDeath = firsts.map((at) => at - killedAt);
  return {
    [READY.id]: (await revived) - killedAt,
    [FIRST_P50.id]: halfAndWorst(sinceDeath).p50,
    [FIRST_LAST.id]: Math.max(...sinceDeath),
  };
}

export const takeover: Scenario = {
  id: 'takeover',
  title: 'Take-over',
  description:
    `The process is killed (SIGKILL) under ${RUNS} running answers and started again at once: ` +
    'from the death until it serves, and until each answer goes on at its reader.',
  metrics: [READY, FIRST_P50, FIRST_LAST],
  isFresh: true,
  charts: [],
  only: ['ours'],
  measure,
};
