import { getEventListeners } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { pacedStream } from './paced-stream.js';

const HOUR = 3_600_000;

describe('pacedStream', () => {
  const source = (paced = false) => {
    const made: number[] = [];
    function* events() {
      for (let number = 0; number < 3; number += 1) {
        made.push(number);
        yield { text: `${number}`, paced };
      }
    }
    return { made, events: events() };
  };
  /** The timers that keep this process alive. */
  const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;

  it('says every event, each as a piece of its own, and ends', async () => {
    const pieces: string[] = [];
    for await (const piece of pacedStream(source(true).events, { pauseMs: 1 }, undefined)) {
      pieces.push(Buffer.from(piece).toString());
    }
    expect(pieces).toEqual(['0', '1', '2']);
  });

  it('makes nothing ahead of its reader', async () => {
    const { made, events } = source();
    const reader = pacedStream(events, { pauseMs: 0 }, undefined).getReader();
    await new Promise(setImmediate);
    expect(made).toEqual([]);
    await reader.read();
    await new Promise(setImmediate);
    expect(made).toEqual([0]);
  });

  it('pauses before what is paced only', async () => {
    const before = timers();
    const unpaced = pacedStream(source(false).events, { pauseMs: HOUR }, undefined).getReader();
    expect((await unpaced.read()).done).toBe(false);
    expect(timers()).toBe(before);
    const paced = pacedStream(source(true).events, { pauseMs: HOUR }, undefined).getReader();
    const reading = paced.read();
    await new Promise(setImmediate);
    expect(timers()).toBe(before + 1);
    await paced.cancel();
    expect((await reading).done).toBe(true);
  });

  it.each(['in a pause', 'between two reads'])('fails at once when aborted %s', async (when) => {
    const before = timers();
    const abort = new AbortController();
    const reader = pacedStream(source(true).events, { pauseMs: HOUR }, abort.signal).getReader();
    const reading = when === 'in a pause' ? reader.read() : undefined;
    await new Promise(setImmediate);
    const reason = new Error('no longer wanted');
    abort.abort(reason);
    await expect(reading ?? reader.read()).rejects.toBe(reason);
    await expect(reader.closed).rejects.toBe(reason);
    expect(timers()).toBe(before);
  });

  it('fails where the signal was aborted before', async () => {
    const { made, events } = source();
    const reader = pacedStream(events, { pauseMs: 0 }, AbortSignal.abort('late')).getReader();
    await expect(reader.read()).rejects.toBe('late');
    expect(made).toEqual([]);
  });

  it('breaks after so many paced events, all of which have been read', async () => {
    const failure = { how: 'drop', afterWords: 2 } as const;
    const reader = pacedStream(source(true).events, { pauseMs: 0, failure }, undefined).getReader();
    expect(Buffer.from((await reader.read()).value!).toString()).toBe('0');
    expect(Buffer.from((await reader.read()).value!).toString()).toBe('1');
    await expect(reader.read()).rejects.toMatchObject({
      name: 'TypeError',
      message: 'terminated',
      cause: { code: 'ECONNRESET' },
    });
  });

  it('falls silent after so many paced events, until it is aborted', async () => {
    const before = timers();
    const failure = { how: 'stall', afterWords: 1 } as const;
    const abort = new AbortController();
    const manner = { pauseMs: 0, failure };
    const reader = pacedStream(source(true).events, manner, abort.signal).getReader();
    await reader.read();
    const silent = reader.read();
    await new Promise(setImmediate);
    expect(timers()).toBe(before);
    const reason = new Error('given up');
    abort.abort(reason);
    await expect(silent).rejects.toBe(reason);
  });

  it.each(['ended', 'cancelled', 'aborted'])('leaves no listener when it has %s', async (how) => {
    const abort = new AbortController();
    const stream = pacedStream(source().events, { pauseMs: 0 }, abort.signal);
    expect(getEventListeners(abort.signal, 'abort')).toHaveLength(1);
    if (how === 'ended') await new Response(stream).text();
    if (how === 'cancelled') await stream.cancel();
    if (how === 'aborted') abort.abort();
    expect(getEventListeners(abort.signal, 'abort')).toHaveLength(0);
  });
});
