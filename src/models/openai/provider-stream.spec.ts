import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { getEventListeners } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import { MAX_BACKLOG, ProviderStream, USAGE_WAIT, type ProviderCall } from './provider-stream.js';
import type { BodySink, ResponseBody } from './response-body.js';
import { chunk, collect, events, HELLO } from './testing/answers.js';

/** A body whose bytes the spec sends. */
class ScriptedBody implements ResponseBody {
  sink: BodySink | undefined;
  readonly did: string[] = [];

  open(sink: BodySink): void {
    this.sink = sink;
    this.did.push('open');
  }
  pause = () => void this.did.push('pause');
  resume = () => void this.did.push('resume');
  close = () => {
    this.sink = undefined;
    this.did.push('close');
  };
  release = () => void this.did.push('release');

  send(...payloads: string[]): void {
    this.sink?.data(Buffer.from(events(...payloads)));
  }
  sendRaw(text: string): void {
    this.sink?.data(Buffer.from(text));
  }
}

class Timeout extends Error {}
class Failure extends Error {}

let body: ScriptedBody;
let caller: AbortController;
let requested: AbortSignal | undefined;

beforeEach(() => {
  body = new ScriptedBody();
  caller = new AbortController();
  requested = undefined;
});

function streaming(changes: Partial<ProviderCall> = {}): ProviderStream {
  return new ProviderStream({
    open(signal) {
      requested = signal;
      return Promise.resolve({ body, contentType: 'text/event-stream' });
    },
    signal: caller.signal,
    firstTokenTimeoutMs: 1_000,
    tokenTimeoutMs: 500,
    timeout: (limitMs, answered) => new Timeout(`${limitMs} ${answered}`),
    failure: (cause) => new Failure('failed', { cause }),
    ...changes,
  });
}

const listeners = () => getEventListeners(caller.signal, 'abort').length;
const text = (value: string) => ({ done: false, value: [{ type: 'text', text: value }] });
const over = { done: true, value: undefined };
const a = chunk({ content: 'a' });
const stop = chunk({}, 'stop');

describe('ProviderStream', () => {
  it('sends nothing before it is read', async () => {
    const stream = streaming();
    await turn();
    expect(requested).toBeUndefined();
    void stream.next();
    expect(requested).toBeDefined();
    await stream.return();
  });

  it('gives what came in one read of the socket as one array', async () => {
    const stream = streaming();
    const next = stream.next();
    await turn();
    body.send(chunk({ content: 'a' }));
    body.send(chunk({ content: 'b' }));
    body.send(chunk({ reasoning: 'c' }));
    await expect(next).resolves.toEqual({
      done: false,
      value: [
        { type: 'text', text: 'ab' },
        { type: 'reasoning', text: 'c' },
      ],
    });
    await stream.return();
  });

  it('gives what came meanwhile as one array', async () => {
    const stream = streaming();
    const next = stream.next();
    await turn();
    body.send(a);
    await next;
    for (const content of ['b', 'c', 'd']) {
      body.send(chunk({ content }));
      await turn();
    }
    await expect(stream.next()).resolves.toEqual(text('bcd'));
    await stream.return();
  });

  it('ends after [DONE] without waiting for the connection, which it keeps', async () => {
    const stream = streaming();
    const all = collect(stream);
    await turn();
    body.sendRaw(HELLO);
    expect(await all).toEqual([
      { type: 'text', text: 'Hello' },
      { type: 'usage', usage: { inputTokens: 3, outputTokens: 2, totalTokens: 5 } },
      { type: 'finish', reason: 'stop' },
    ]);
    expect(body.did).toEqual(['open', 'release']);
    expect(listeners()).toBe(0);
    await expect(stream.next()).resolves.toEqual(over);
  });

  it('ends with the body where there is no [DONE]', async () => {
    const all = collect(streaming());
    await turn();
    body.sendRaw(`data: ${a}\n\ndata: ${stop}`);
    body.sink?.end();
    expect(await all).toEqual([
      { type: 'text', text: 'a' },
      { type: 'finish', reason: 'stop' },
    ]);
    expect(body.did).toEqual(['open']);
  });

  it('fails where the body ends before the answer', async () => {
    const stream = streaming();
    const next = stream.next();
    await turn();
    body.send(a);
    body.sink?.end();
    await expect(next).resolves.toEqual(text('a'));
    await expect(stream.next()).rejects.toThrow(Failure);
    await expect(stream.next()).resolves.toEqual(over);
  });

  it('gives text and usage that came before a failure, then the failure', async () => {
    const stream = streaming();
    const next = stream.next();
    await turn();
    const usage = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 };
    body.send(chunk({ content: 'a' }, null, { usage }), '{"error":{"message":"no"}}', a);
    await expect(next).resolves.toEqual({
      done: false,
      value: [
        { type: 'text', text: 'a' },
        { type: 'usage', usage: { inputTokens: 1, outputTokens: 1, totalTokens: 2 } },
      ],
    });
    await expect(stream.next()).rejects.toMatchObject({ cause: expect.any(Error) as unknown });
    expect(body.did).toContain('close');
    expect(listeners()).toBe(0);
  });

  it('takes a connection that breaks after the finish reason for an end', async () => {
    const all = collect(streaming());
    await turn();
    body.send(a, stop);
    body.sink?.error(new Error('reset'));
    expect(await all).toContainEqual({ type: 'finish', reason: 'stop' });
  });

  it.each([
    ['a cut usage chunk', 'data: {"choices":[],"usage":{"prom'],
    ['a stated error', events('{"error":{"message":"no"}}')],
    ['junk', events('junk')],
    ['a page', '<html>'],
    ['a finish reason that is a failure', events(chunk({}, 'error'))],
  ])('takes %s after the finish reason for an end', async (_name, rest) => {
    const all = collect(streaming());
    await turn();
    body.send(a, stop);
    body.sendRaw(rest);
    body.sink?.end();
    expect(await all).toEqual([
      { type: 'text', text: 'a' },
      { type: 'finish', reason: 'stop' },
    ]);
    expect(listeners()).toBe(0);
  });

  it('closes the connection on what cannot be read after the finish reason', async () => {
    const all = collect(streaming());
    await turn();
    body.send(a, stop, 'junk');
    await all;
    expect(body.did).toEqual(['open', 'close']);
  });

  it('takes a connection that breaks before it for a failure', async () => {
    const all = collect(streaming());
    await turn();
    body.send(a);
    body.sink?.error(new Error('reset'));
    await expect(all).rejects.toThrow(Failure);
  });

  it('fails when the request does', async () => {
    const cause = new Error('refused');
    const all = collect(streaming({ open: () => Promise.reject(cause) }));
    await expect(all).rejects.toMatchObject({ cause });
    expect(listeners()).toBe(0);
  });

  it('refuses to be read twice at a time', async () => {
    const stream = streaming();
    const first = stream.next();
    await expect(stream.next()).rejects.toThrow(/one piece at a time/);
    await turn();
    body.send(a);
    await expect(first).resolves.toEqual(text('a'));
    await stream.return();
  });

  describe('aborted', () => {
    const reason = new Error('enough');

    it('before it is read, sends nothing', async () => {
      caller.abort(reason);
      const stream = streaming();
      await expect(stream.next()).rejects.toBe(reason);
      expect(requested).toBeUndefined();
    });

    it('before the headers, gives up the request', async () => {
      const stream = streaming({
        open(signal) {
          requested = signal;
          return new Promise(() => undefined);
        },
      });
      const next = stream.next();
      caller.abort(reason);
      await expect(next).rejects.toBe(reason);
      expect(requested?.aborted).toBe(true);
      expect(listeners()).toBe(0);
    });

    it('while the provider is silent, closes the socket at once', async () => {
      const stream = streaming();
      const next = stream.next();
      await turn();
      caller.abort(reason);
      expect(body.did).toEqual(['open', 'close']);
      await expect(next).rejects.toBe(reason);
      await expect(stream.next()).resolves.toEqual(over);
      expect(listeners()).toBe(0);
    });

    it('throws an AbortError where no reason was given', async () => {
      const next = streaming().next();
      caller.abort();
      await expect(next).rejects.toMatchObject({ name: 'AbortError' });
    });

    it('closes a body whose headers come too late', async () => {
      let answer: () => void = () => undefined;
      const stream = streaming({
        open: () =>
          new Promise((resolve) => {
            answer = () => resolve({ body, contentType: null });
          }),
      });
      const next = stream.next();
      caller.abort(reason);
      await expect(next).rejects.toBe(reason);
      answer();
      await turn();
      expect(body.did).toEqual(['close']);
    });
  });

  describe('left early by its consumer', () => {
    it('closes the socket', async () => {
      const stream = streaming();
      setImmediate(() => body.send(a));
      for await (const piece of stream) {
        expect(piece).toHaveLength(1);
        break;
      }
      expect(body.did).toEqual(['open', 'close']);
      expect(listeners()).toBe(0);
    });

    it('ends a read that still waits', async () => {
      const stream = streaming();
      const next = stream.next();
      await turn();
      await expect(stream.return()).resolves.toEqual(over);
      await expect(next).resolves.toEqual(over);
      await expect(stream.next()).resolves.toEqual(over);
    });

    it('before it was read, sends nothing', async () => {
      const stream = streaming();
      await stream.return();
      await expect(stream.next()).resolves.toEqual(over);
      expect(requested).toBeUndefined();
    });
  });

  describe('with a slow consumer', () => {
    const large = chunk({ content: 'x'.repeat(MAX_BACKLOG) });

    it('pauses the socket, and resumes it once the backlog is taken', async () => {
      const stream = streaming();
      const next = stream.next();
      await turn();
      body.send(a);
      await next;
      body.send(a);
      expect(body.did).toEqual(['open']);
      body.send(large);
      expect(body.did).toEqual(['open', 'pause']);
      await stream.next();
      expect(body.did).toEqual(['open', 'pause', 'resume']);
      await stream.return();
    });

    it('does not pause for what leaves nothing to take', async () => {
      const stream = streaming();
      const next = stream.next();
      await turn();
      body.send(chunk({}, null, { obfuscation: 'x'.repeat(2 * MAX_BACKLOG) }));
      expect(body.did).toEqual(['open']);
      body.send(a);
      await expect(next).resolves.toEqual(text('a'));
      await stream.return();
    });
  });

  describe('deadlines', () => {
    beforeEach(() => {
      jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask'] });
    });
    afterEach(() => {
      jest.useRealTimers();
    });
    const settled = () => Promise.resolve().then(() => undefined);

    it('for the first token run from the request', async () => {
      const next = streaming().next();
      const failed = expect(next).rejects.toThrow('1000 false');
      await jest.advanceTimersByTimeAsync(1_001);
      await failed;
      expect(requested?.aborted).toBe(false);
      expect(body.did).toEqual(['open', 'close']);
      expect(jest.getTimerCount()).toBe(0);
    });

    it('give up a request without an answer', async () => {
      const next = streaming({
        open(signal) {
          requested = signal;
          return new Promise(() => undefined);
        },
      }).next();
      const failed = expect(next).rejects.toThrow(Timeout);
      await jest.advanceTimersByTimeAsync(1_001);
      await failed;
      expect(requested?.aborted).toBe(true);
    });

    it('for the first token hold until a piece of the answer came', async () => {
      const stream = streaming();
      const next = stream.next();
      await settled();
      await jest.advanceTimersByTimeAsync(900);
      body.send(chunk({ role: 'assistant', content: '' }));
      await jest.advanceTimersByTimeAsync(900);
      body.send(a);
      await expect(next).resolves.toEqual(text('a'));
      await stream.return();
    });

    it('between tokens are shorter', async () => {
      const stream = streaming();
      const first = stream.next();
      await settled();
      body.send(a);
      await first;
      const failed = expect(stream.next()).rejects.toThrow('500 true');
      await jest.advanceTimersByTimeAsync(501);
      await failed;
    });

    it('are put off by comments', async () => {
      const stream = streaming();
      const next = stream.next();
      await settled();
      for (let sign = 0; sign < 5; sign++) {
        await jest.advanceTimersByTimeAsync(900);
        body.sendRaw(': PROCESSING\n\n');
      }
      body.send(a);
      await expect(next).resolves.toEqual(text('a'));
      await stream.return();
    });

    it('are not put off by a byte now and then', async () => {
      const stream = streaming();
      const failed = expect(stream.next()).rejects.toThrow('1000 false');
      await settled();
      for (const byte of 'data') {
        await jest.advanceTimersByTimeAsync(249);
        body.sendRaw(byte);
      }
      await jest.advanceTimersByTimeAsync(5);
      await failed;
    });

    it('do not count the time that the consumer takes', async () => {
      const stream = streaming();
      const first = stream.next();
      await settled();
      body.send(a);
      await first;
      await jest.advanceTimersByTimeAsync(60_000);
      const second = stream.next();
      await jest.advanceTimersByTimeAsync(499);
      body.send(a);
      await expect(second).resolves.toEqual(text('a'));
      await stream.return();
    });

    it('after the finish reason end the answer, which is whole', async () => {
      const all = collect(streaming());
      await settled();
      body.send(a, stop);
      await jest.advanceTimersByTimeAsync(501);
      expect(await all).toContainEqual({ type: 'finish', reason: 'stop' });
      expect(body.did).toEqual(['open', 'close']);
    });

    it('after the finish reason are short, however much the provider says', async () => {
      const all = collect(streaming({ tokenTimeoutMs: 60_000 }));
      await settled();
      body.send(a, stop);
      for (let sign = 0; sign < 5; sign++) {
        await jest.advanceTimersByTimeAsync(USAGE_WAIT / 5);
        body.sendRaw(': still here\n\n');
      }
      expect(await all).toContainEqual({ type: 'finish', reason: 'stop' });
      expect(body.did).toEqual(['open', 'close']);
      expect(jest.getTimerCount()).toBe(0);
    });

    it('after the finish reason leave time for the usage', async () => {
      const all = collect(streaming({ tokenTimeoutMs: 60_000 }));
      await settled();
      body.send(a, stop);
      await jest.advanceTimersByTimeAsync(USAGE_WAIT - 1);
      body.send('{"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":1}}', '[DONE]');
      expect((await all).map(({ type }) => type)).toEqual(['text', 'usage', 'finish']);
      expect(jest.getTimerCount()).toBe(0);
    });

    it.each<[name: string, end: (stream: ProviderStream) => unknown]>([
      ['its end', () => body.sendRaw(HELLO)],
      ['a failure', () => body.send('junk')],
      ['an abort', () => caller.abort()],
      ['an early leave', (stream) => stream.return()],
    ])('leave no timer after %s', async (_name, end) => {
      const stream = streaming();
      const all = collect(stream).catch(() => undefined);
      await settled();
      expect(jest.getTimerCount()).toBe(1);
      end(stream);
      await all;
      expect(jest.getTimerCount()).toBe(0);
      expect(listeners()).toBe(0);
    });
  });
});
