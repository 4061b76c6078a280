import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { modelsFor, writeConfigDir, type ConfigDir } from './support/config-dir.js';
import { checkDelivery } from './support/delivery-check.js';
import { openStream, request } from './support/http-client.js';
import { MortalService } from './support/mortal-service.js';
import { PlannedDeath, type DeathMoment } from './support/planned-death.js';
import { placeOfDeath } from './support/post-mortem.js';
import { continuing } from './support/provider/continuing.js';
import { done, finish, role, text, usage } from './support/provider/steps.js';
import { QueuedPair } from './support/queued-pair.js';
import { ResumingReader, ROUTES } from './support/resuming-reader.js';
import { ScriptedProvider } from './support/scripted-provider.js';

let provider: ScriptedProvider;
let config: ConfigDir;
let service: MortalService;

async function start(env: Readonly<Record<string, string>> = {}): Promise<void> {
  service = await MortalService.start({ ...config.env, ...env });
}

beforeEach(async () => {
  provider = await ScriptedProvider.start();
  const models = modelsFor(provider.baseUrl);
  for (const continuation of ['instruct', 'prefix', 'none']) {
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

const isAlive = () =>
  request(`${service.url}/health/live`).then(
    () => true,
    () => false,
  );

/** The routes, each time another one first. */
function routesFrom(number: number) {
  const at = number % ROUTES.length;
  return [...ROUTES.slice(at), ...ROUTES.slice(0, at)];
}

/** Where a commit can leave a run that begins at once, in their order. */
const PLACES_OF_THE_FIRST = [
  'not admitted',
  'running, without a session',
  'running, nothing said, no event',
  'running, user, no event',
  'running, user, text',
  'running, user, turn_finished',
  'running, user assistant, turn_finished',
  'completed, user assistant, turn_finished',
  'completed, user assistant, completed',
];
/** Where a commit can leave one that waits for it, and whose answer comes in one piece. */
const PLACES_OF_THE_SECOND = [
  'not admitted',
  'queued, nothing said, no event',
  'running, nothing said, no event',
  'running, user, no event',
  'running, user, turn_finished',
  'running, user assistant, turn_finished',
  'completed, user assistant, turn_finished',
  'completed, user assistant, completed',
];

describe('a server that is killed in the middle of two answers of a session', () => {
  it.each<DeathMoment>(['before', 'after'])(
    'ends up with each of them whole and once, %s whichever commit it dies',
    async (moment) => {
      const death = new PlannedDeath(config);
      await start(death.env);
      const places: [first: string, second: string][] = [];
      for (let commit = 1, isLast = false; !isLast; commit += 1) {
        const keys = [`first-${commit}`, `second-${commit}`] as const;
        const pair = new QueuedPair({ service, provider, keys, routes: routesFrom(commit) });
        death.at(commit, moment);
        const reading = pair.begin().then(() => {
          pair.gate.open();
          return pair.read();
        });
        await Promise.race([service.died, reading]);
        death.cancel();
        // The readers may have got all there is in the moment of the death.
        isLast = await isAlive();
        if (!isLast) {
          await service.died;
          places.push([placeOfDeath(config, keys[0]), placeOfDeath(config, keys[1])]);
          await service.revive();
        }
        await pair.check(await reading);
      }
      expect([...new Set(places.map(([first]) => first))]).toEqual(PLACES_OF_THE_FIRST);
      // Nothing is written after its end, before which a death could come.
      const ofTheSecond = PLACES_OF_THE_SECOND.slice(0, moment === 'before' ? -1 : undefined);
      expect([...new Set(places.map(([, second]) => second))]).toEqual(ofTheSecond);
    },
    240_000,
  );
});

describe('a server that is killed between the last word and the end of an answer', () => {
  const TRUTH = 'All has been said. \n';

  async function killedAtTheEnd(model: string) {
    await start();
    const gate = provider.gate();
    provider.reply([role(), text(TRUTH), gate, finish(), usage(), done()]);
    const body = { message: 'Hi', model };
    const key = `at-the-end-${model}`;
    const first = await openStream(`${service.url}/api/v1/chat`, {
      body: { ...body, stream: true },
      headers: { 'idempotency-key': key },
    });
    await first.event(0);
    provider.always(continuing(TRUTH));
    await service.kill();
    await service.revive();
    const run = { url: service.url, body, idempotencyKey: key };
    const reader = new ResumingReader(run, { cuts: [], routes: ROUTES });
    await reader.read();
    expect(reader.runId).toBe(first.headers['x-run-id']);
    return reader;
  }

  it.each(['instruct', 'prefix'])('adds nothing to it (%s)', async (model) => {
    const reader = await killedAtTheEnd(model);
    await checkDelivery(service.url, reader, TRUTH);
    expect(reader.terminalChunks).toMatchObject([{ finish_reason: 'stop', attempts: 2 }]);
    expect(provider.requests).toHaveLength(2);
  });

  it('says that it may not be whole where nobody can be asked for the rest (none)', async () => {
    const reader = await killedAtTheEnd('none');
    await checkDelivery(service.url, reader);
    expect(reader.text).toBe(TRUTH);
    expect(reader.terminalChunks).toMatchObject([
      { finish_reason: 'error', attempts: 1, error: { code: 'shutting_down', retryable: true } },
    ]);
    expect(provider.requests).toHaveLength(1);
  });
});
