import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { modelsFor, writeConfigDir, type ConfigDir } from './support/config-dir.js';
import { checkDelivery } from './support/delivery-check.js';
import { openStream, request } from './support/http-client.js';
import { MortalService, type EarlyDeath } from './support/mortal-service.js';
import { PlannedDeath } from './support/planned-death.js';
import { continuing, partialAnswer } from './support/provider/continuing.js';
import type { Gate } from './support/provider/gate.js';
import type { Script } from './support/provider/script.js';
import { role, text } from './support/provider/steps.js';
import { QueuedPair } from './support/queued-pair.js';
import { ResumingReader, ROUTES } from './support/resuming-reader.js';
import { ScriptedProvider } from './support/scripted-provider.js';
import { questionFor, truth } from './support/truths.js';

const RUNS = 8;
const LISTENING = { takenOver: Infinity };

let provider: ScriptedProvider;
let config: ConfigDir;
let service: MortalService;

beforeEach(async () => {
  provider = await ScriptedProvider.start();
  const models = modelsFor(provider.baseUrl);
  for (const continuation of ['instruct', 'prefix']) {
    Object.assign(models.models, {
      [continuation]: { ...models.models['test-model'], continuation },
    });
  }
  config = await writeConfigDir({ modelsYaml: models });
});
afterEach(async () => {
  await service.kill();
  await provider.close();
  await config.remove();
});

/** Says a little more each time it is asked, and the whole rest once the gate is open. */
function hesitating(whole: string, gate: Gate): Script {
  return (asked) => {
    const from = partialAnswer(asked, whole).length;
    const next = [...whole.slice(from)].slice(0, 30).join('');
    return [role(), text(next), gate, continuingAfter(whole, from + next.length)];
  };
}

function continuingAfter(whole: string, from: number): Script {
  return continuing(whole.slice(from), { piece: 40 });
}

/** A run of which something has been read. */
interface BegunRun {
  truth: string;
  readsOn(): Promise<ResumingReader>;
}

async function begin(number: number, gate: Gate): Promise<BegunRun> {
  const [whole, model] = [truth(number), number % 2 === 0 ? 'instruct' : 'prefix'];
  provider.always(hesitating(whole, gate), {
    when: ({ body }) => body.messages.some(({ content }) => content === questionFor(number)),
  });
  const run = {
    url: service.url,
    body: { message: questionFor(number), model },
    idempotencyKey: `run-${number}`,
  };
  const first = await openStream(`${service.url}/api/v1/chat`, {
    body: { ...run.body, stream: true },
    headers: { 'idempotency-key': run.idempotencyKey },
  });
  await first.event(0);
  first.cut();
  const routes = [...ROUTES.slice(number % ROUTES.length), ...ROUTES];
  const reader = new ResumingReader(run, { cuts: [], routes }, String(first.headers['x-run-id']));
  return { truth: whole, readsOn: () => reader.read() };
}

const stateOf = (state: string) =>
  request(`${service.url}/api/v1/runs?state=${state}`).then((answer) => answer.json()['data']);

async function expectNothingUnfinished(): Promise<void> {
  for (const state of ['queued', 'running', 'waiting']) expect(await stateOf(state)).toEqual([]);
}

describe('a server that is killed while it takes over', () => {
  const CASES: readonly (readonly [string, readonly EarlyDeath[]])[] = [
    ['before it has said anything', ['before any output']],
    ['after the first run', [{ takenOver: 1 }]],
    ['after a half of the runs', [{ takenOver: RUNS / 2 }]],
    ['after the last run', [{ takenOver: RUNS }]],
    ['as soon as it listens', [LISTENING]],
    ['here and there', [{ takenOver: 2 }, 'before any output', { takenOver: RUNS - 1 }]],
    ['as often as it may be', [LISTENING, LISTENING]],
  ];

  it.each(CASES)(
    'ends up with whole answers: %s',
    async (_, deaths) => {
      service = await MortalService.start(config.env);
      const gate = provider.gate();
      const numbers = Array.from({ length: RUNS }, (_run, index) => index);
      const runs = await Promise.all(numbers.map((number) => begin(number, gate)));
      const reading = runs.map((run) => run.readsOn());
      await service.kill();
      for (const death of deaths) await service.reviveInVain(death);
      await service.revive();
      gate.open();
      for (const [index, reader] of (await Promise.all(reading)).entries()) {
        await checkDelivery(service.url, reader, runs[index]!.truth);
      }
      await expectNothingUnfinished();
    },
    40_000,
  );

  it('gives them up, with what there is of them, once it has been killed too often', async () => {
    service = await MortalService.start(config.env);
    const gate = provider.gate();
    const numbers = Array.from({ length: RUNS }, (_run, index) => index);
    const runs = await Promise.all(numbers.map((number) => begin(number, gate)));
    const reading = runs.map((run) => run.readsOn());
    await service.kill();
    for (const death of [LISTENING, LISTENING, LISTENING]) await service.reviveInVain(death);
    const asked = provider.requests.length;
    await service.revive();
    for (const [index, reader] of (await Promise.all(reading)).entries()) {
      await checkDelivery(service.url, reader);
      expect(reader.text).not.toBe('');
      expect(runs[index]!.truth.startsWith(reader.text)).toBe(true);
      expect(reader.terminalChunks).toMatchObject([
        { finish_reason: 'error', error: { code: 'shutting_down', retryable: true } },
      ]);
      const run = await request(`${service.url}/api/v1/runs/${reader.runId}`);
      expect(run.json()).toMatchObject({ state: 'failed', text: reader.text });
    }
    expect(provider.requests).toHaveLength(asked);
    await expectNothingUnfinished();
  }, 40_000);

  it('ends up with each answer whole and once, after whichever commit of its own it dies', async () => {
    const death = new PlannedDeath(config);
    service = await MortalService.start({ ...config.env, ...death.env });
    const cameUp: boolean[] = [];
    for (let commit = 1, isLast = false; !isLast; commit += 1) {
      const keys = [`first-${commit}`, `second-${commit}`] as const;
      const routes = [...ROUTES.slice(commit % ROUTES.length), ...ROUTES];
      const pair = new QueuedPair({ service, provider, keys, routes });
      await pair.begin();
      await pair.gate.reached;
      await service.kill();
      death.at(commit, 'after');
      pair.gate.open();
      const reading = pair.read();
      cameUp.push(await service.tryToRevive());
      await Promise.race([service.died, reading]);
      death.cancel();
      isLast = await request(`${service.url}/health/live`).then(
        () => true,
        () => false,
      );
      if (!isLast) await service.revive();
      await pair.check(await reading);
    }
    // It has died before it served, and after: while it went on with what it had taken over.
    expect(cameUp.filter((came) => !came).length).toBeGreaterThanOrEqual(5);
    expect(cameUp.filter((came) => came).length).toBeGreaterThanOrEqual(10);
  }, 240_000);
});
