import { createHash } from 'node:crypto';
import { get, type IncomingMessage } from 'node:http';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openStream } from './support/http-client.js';
import { contentOf } from './support/native-chunks.js';
import type { OpenStream } from './support/open-stream.js';
import { together } from './support/provider/faults.js';
import { done, finish, role, text, usage } from './support/provider/steps.js';
import { ScriptedProvider } from './support/scripted-provider.js';
import { startService, type RunningService } from './support/service.js';
import { StalledReaders } from './support/stalled-readers.js';

/** More than the kernel's buffers of a connection take in. */
const TEXT_LENGTH = 10_000_000;
const READERS = 200;

/** An answer's text in pieces of a length, no two of them alike. */
function piecesOf(length: number): string[] {
  return Array.from({ length: TEXT_LENGTH / length }, (_, index) =>
    String(index)
      .padStart(length - 1, '.')
      .concat('\n'),
  );
}

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

/** The same of bytes at hand. */
const digest = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

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

  const ask = (url: string, stream = true): Promise<OpenStream> =>
    openStream(`${url}/api/v1/chat`, { body: { message: 'Hi', stream } });

  it.each([
    ['small pieces that come together', 40, 100],
    ['pieces of 8 KB', 8_000, 1],
  ])(
    'slows nobody, is kept, costs no memory to speak of, and gets the whole of %s later',
    async (_, length, atOnce) => {
      const pieces = piecesOf(length);
      const arrivals = Array.from({ length: pieces.length / atOnce }, (_, index) =>
        together(text(...pieces.slice(index * atOnce, (index + 1) * atOnce))),
      );
      provider.reply([role(), ...arrivals, finish(), usage(), done()]);
      const asked = await ask(service.url);
      await asked.ended;
      const replay = `${service.url}/api/v1/runs/${String(asked.headers['x-run-id'])}/stream`;
      const before = await heapMb();
      const slow = await StalledReaders.open(replay, READERS);
      try {
        // All of it reaches a quick reader although the others stand still.
        expect(await digestOf(replay)).toBe(digest(asked.bytes));
        expect((await heapMb()) - before).toBeLessThan(20);
        expect(await slow.readOne()).toBe(digest(asked.bytes));
        expect(await slow.dropped()).toBe(0);
      } finally {
        await slow.close();
      }
      expect(contentOf(asked.events)).toBe(pieces.join(''));
      expect(service.log.text).not.toContain('not reading its events');
    },
    120_000,
  );

  it('is closed after STALL_LIMIT, not so one that has nothing to read', async () => {
    const impatient = await startService({ provider, env: { STALL_LIMIT: '200ms' } });
    try {
      const gate = provider.gate();
      provider.reply([role(), text('a'), gate, text('b'), finish(), done()]);
      const waiting = await ask(impatient.url);
      await waiting.event(0);
      provider.reply([role(), gate, text('c'), finish(), done()]);
      const whole = ask(impatient.url, false);
      provider.always([role(), text(...piecesOf(8_000)), finish(), done()]);
      for (const stream of [true, false]) {
        const stalled = await ask(impatient.url, stream);
        stalled.pause();
        const closed = await impatient.log.until(
          ({ msg, run_id: id }) =>
            msg === 'stalled reader closed' && id === stalled.headers['x-run-id'],
        );
        expect(closed.level).toBe('info');
        stalled.resume();
        expect(await stalled.ended).toBe('cut');
      }
      // By now these two have been silent for longer than the limit.
      gate.open();
      expect([await waiting.ended, contentOf(waiting.events)]).toEqual(['end', 'ab']);
      const answered = await whole;
      await answered.ended;
      expect(JSON.parse(answered.text)).toMatchObject({ message: { content: 'c' } });
    } finally {
      await impatient.close();
    }
  }, 60_000);
});
