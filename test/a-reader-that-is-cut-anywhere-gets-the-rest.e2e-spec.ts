import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { checkDelivery } from './support/delivery-check.js';
import { answer } from './support/provider/steps.js';
import { ROUTES, ResumingReader, type AskedRun } from './support/resuming-reader.js';
import { ScriptedProvider } from './support/scripted-provider.js';
import { startService, type RunningService } from './support/service.js';
import { questionFor, tellingTruths, truth } from './support/truths.js';

/** Past the headers, which are about a thousand bytes, and some events on. */
const cutInTheStream = fc.integer({ min: 1_000, max: 4_000 });
const cutInTheHeaders = fc.integer({ min: 1, max: 1_000 });

const plan = fc.record({
  cuts: fc.array(
    fc.oneof({ weight: 5, arbitrary: cutInTheStream }, { weight: 1, arbitrary: cutInTheHeaders }),
    { minLength: 1, maxLength: 10 },
  ),
  routes: fc.array(fc.constantFrom(...ROUTES), { minLength: 1, maxLength: 8 }),
});

/** Shrinking stops here too: what was found until then is reported, with its seed. */
const withinSeconds = (seconds: number) => ({ interruptAfterTimeLimit: seconds * 1000 });

describe('a reader that is cut', () => {
  let provider: ScriptedProvider;
  let service: RunningService;
  let runs = 0;

  beforeAll(async () => {
    provider = await ScriptedProvider.start();
    provider.always(tellingTruths({ delay: 3 }));
    service = await startService({ provider });
  });
  afterAll(async () => {
    await service.close();
    await provider.close();
  });

  /** A run that nobody has asked for yet. */
  const asked = (number: number): AskedRun => ({
    url: service.url,
    body: { message: questionFor(number) },
    idempotencyKey: `run-${(runs += 1)}`,
  });

  /** A run that has ended. */
  const finished = async (number: number) => {
    const run = asked(number);
    return { run, first: await new ResumingReader(run, { cuts: [], routes: ['after'] }).read() };
  };

  it('gets the rest of a run that goes on, by every route, alone or among others', async () => {
    const plans = fc.array(plan, { minLength: 1, maxLength: 4 });
    let cuts = 0;
    await fc.assert(
      fc.asyncProperty(fc.nat(1_000), plans, async (number, each) => {
        const run = asked(number);
        const reading = each.map((one) => new ResumingReader(run, one).read());
        for (const reader of await Promise.all(reading)) {
          cuts += reader.connections.filter(({ cut }) => cut).length;
          await checkDelivery(service.url, reader, truth(number));
        }
      }),
      { numRuns: 15, ...withinSeconds(40) },
    );
    expect(cuts).toBeGreaterThan(15);
  }, 60_000);

  it('gets the rest of a run that has ended, by every route', async () => {
    const { run, first } = await finished(4711);
    await checkDelivery(service.url, first, truth(4711));
    await fc.assert(
      fc.asyncProperty(plan, async (one) => {
        const reader = await new ResumingReader(run, one, first.runId).read();
        expect(reader.events).toEqual(first.events);
      }),
      { numRuns: 100, ...withinSeconds(20) },
    );
  }, 40_000);

  it.each(ROUTES)(
    'gets the rest by %s after a cut at each single byte of the stream',
    async (route) => {
      provider.reply(answer('é🙂\n'));
      const { run, first } = await finished(0);
      let connections = 0;
      for (let bytes = 1_000; connections !== 1; bytes += 1) {
        const reader = new ResumingReader(run, { cuts: [bytes], routes: [route] }, first.runId);
        expect((await reader.read()).events).toEqual(first.events);
        connections = reader.connections.length;
      }
    },
  );
});
