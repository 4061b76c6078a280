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
    for await (const piece of pacedStream(source(true).events, 1, undefined)) {
      pieces.push(Buffer.from(piece).toString());
    }
    expect(pieces).toEqual(['0', '1', '2']);
  });

  it('makes nothing ahead of its reader', async () => {
    const { made, events } = source();
    const reader = pacedStream(events, 0, undefined).getReader();
    await new Promise(setImmediate);
    expect(made).toEqual([]);
    await reader.read();
    await new Promise(setImmediate);
    expect(made).toEqual([0]);
  });

  it('pauses before what is paced only', async () => {
    const before = timers();
    const unpaced = pacedStream(source(false).events, HOUR, undefined).getReader();
    expect((await unpaced.read()).done).toBe(false);
    expect(timers()).toBe(before);
    const paced = pacedStream(source(true).events, HOUR, undefined).getReader();
    const reading = paced.read();
    await new Promise(setImmediate);
    expect(timers()).toBe(before + 1);
    await paced.cancel();
    expect((await reading).done).toBe(true);
  });

  it.each(['in a pause', 'between two reads'])('fails at once when aborted %s', async (when) => {
    const before = timers();
    const abort = new AbortController();
    const reader = pacedStream(source(true).events, HOUR, abort.signal).getReader();
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
    const reader = pacedStream(events, 0, AbortSignal.abort('late')).getReader();
    await expect(reader.read()).rejects.toBe('late');
    expect(made).toEqual([]);
  });

  it.each(['ended', 'cancelled', 'aborted'])('leaves no listener when it has %s', async (how) => {
    const abort = new AbortController();
    const stream = pacedStream(source().events, 0, abort.signal);
    expect(getEventListeners(abort.signal, 'abort')).toHaveLength(1);
    if (how === 'ended') await new Response(stream).text();
    if (how === 'cancelled') await stream.cancel();
    if (how === 'aborted') abort.abort();
    expect(getEventListeners(abort.signal, 'abort')).toHaveLength(0);
  });
});
