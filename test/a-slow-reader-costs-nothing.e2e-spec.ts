import { createHash } from 'node:crypto';
import { get, type IncomingMessage } from 'node:http';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openStream } from './support/http-client.js';
import { contentOf } from './support/native-chunks.js';
import { done, finish, role, text, usage } from './support/provider/steps.js';
import { ScriptedProvider } from './support/scripted-provider.js';
import { startService, type RunningService } from './support/service.js';

const PIECE = `${'0123456789'.repeat(400)}\n`;
/** 26 MB: several times what the kernel's buffers of a connection take in. */
const PIECES = 6_500;
const SLOW_READERS = 20;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** The heap in use, in megabytes, once what is garbage has been collected. */
async function heapMb(): Promise<number> {
  for (let round = 0; round < 3; round += 1) {
    // Garbage that is only reachable from the running turn goes with the next one.
    await new Promise((resolve) => setImmediate(resolve));
    collectGarbage();
  }
  return process.memoryUsage().heapUsed / 1024 / 1024;
}

/** Reads a whole answer and keeps none of it. */
async function digestOf(url: string): Promise<string> {
  const hash = createHash('sha256');
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    get(url, { agent: false }, resolve).once('error', reject);
  });
  for await (const piece of response) hash.update(piece as Buffer);
  return hash.digest('hex');
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
    provider.reply([role(), text(...Array<string>(PIECES).fill(PIECE)), finish(), usage(), done()]);
    const asked = await openStream(`${service.url}/api/v1/chat`, {
      body: { message: 'Hi', stream: true },
    });
    await asked.ended;
    const replay = `${service.url}/api/v1/runs/${String(asked.headers['x-run-id'])}/stream`;
    const before = await heapMb();

    const slow = await Promise.all(
      Array.from({ length: SLOW_READERS }, async () => {
        const reader = await openStream(replay);
        reader.pause();
        return reader;
      }),
    );
    // All of it reaches a quick reader although the others stand still.
    expect(await digestOf(replay)).toBe(createHash('sha256').update(asked.bytes).digest('hex'));
    expect((await heapMb()) - before).toBeLessThan(10);

    const [resumed, ...left] = slow;
    for (const reader of left) reader.cut();
    resumed!.resume();
    expect(await resumed!.ended).toBe('end');
    expect(resumed!.bytes.equals(asked.bytes)).toBe(true);
    expect(contentOf(resumed!.events)).toBe(PIECE.repeat(PIECES));
    expect(service.log.text).not.toContain('not reading its events');
  }, 60_000);
});
