import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openStream } from './support/http-client.js';
import { contentOf } from './support/native-chunks.js';
import { done, finish, role, text, usage } from './support/provider/steps.js';
import { ScriptedProvider } from './support/scripted-provider.js';
import { startService, type RunningService } from './support/service.js';

const PIECE = `${'0123456789'.repeat(400)}\n`;
const PIECES = 2_500;
const SLOW_READERS = 50;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** The heap in use, in megabytes, once what is garbage has been collected. */
function heapMb(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed / 1024 / 1024;
}

describe('a reader that does not read', () => {
  let provider: ScriptedProvider;
  let service: RunningService;

  beforeAll(async () => {
    provider = await ScriptedProvider.start();
    service = await startService({ provider });
  });
  afterAll(async () => {
    await service.close();
    await provider.close();
  });

  it('slows nobody, is kept, costs no memory to speak of, and gets the whole answer later', async () => {
    const whole = PIECE.repeat(PIECES);
    const gate = provider.gate();
    provider.reply([
      role(),
      text('first\n'),
      gate,
      text(...Array<string>(PIECES).fill(PIECE)),
      finish(),
      usage(),
      done(),
    ]);
    const quick = await openStream(`${service.url}/api/v1/chat`, {
      body: { message: 'Hi', stream: true },
    });
    await quick.event(0);
    const stream = `${service.url}/api/v1/runs/${String(quick.headers['x-run-id'])}/stream`;
    const slow = await Promise.all(Array.from({ length: SLOW_READERS }, () => openStream(stream)));
    await Promise.all(slow.map((reader) => reader.event(0)));
    for (const reader of slow) reader.pause();

    gate.open();
    // Ten megabytes reach the quick reader although fifty others stand still.
    expect(await quick.ended).toBe('end');
    expect(contentOf(quick.events)).toBe(`first\n${whole}`);

    const standing = heapMb();
    const [resumed, ...left] = slow;
    for (const reader of left) reader.cut();
    await Promise.all(left.map(({ ended }) => ended));
    expect(standing - heapMb()).toBeLessThan(20);

    resumed!.resume();
    expect(await resumed!.ended).toBe('end');
    expect(resumed!.text).toBe(quick.text);
    expect(service.log.text).not.toContain('not reading its events');
  }, 60_000);
});
