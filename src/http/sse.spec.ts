import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { MessageEvent } from '@nestjs/common';
import type { Response } from 'express';
import { NEVER, Subject, lastValueFrom, map, throwError, type Observable } from 'rxjs';
import { closeAsAsked, deliver, drained, type Page } from './sse.js';

/** As much of a response as the operators look at. */
class FakeResponse extends EventEmitter {
  writableNeedDrain = false;
  destroyed = false;
  destroy = jest.fn();
  shouldKeepAlive = true;
  req = { socket: { destroySoon: jest.fn() } };
  get response(): Response {
    return this as unknown as Response;
  }
}

/** Delivers as they are what events are given. */
function delivered(
  events: Observable<MessageEvent>,
  { response }: FakeResponse,
  report: (error: unknown) => void = () => {},
): Observable<MessageEvent> {
  const lifecycle = { graceOver: NEVER };
  const pages = events.pipe(map((event) => ({ events: [event], isReplay: false })));
  const encode = (event: MessageEvent) => (event.data === 'hidden' ? undefined : event);
  return deliver(pages, { response, encode, heartbeatMs: 15_000, lifecycle, report });
}

describe('a heartbeat', () => {
  let fake: FakeResponse;
  let source: Subject<MessageEvent>;
  let received: unknown[];

  beforeEach(() => {
    jest.useFakeTimers();
    fake = new FakeResponse();
    source = new Subject();
    received = [];
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  const open = () =>
    delivered(source, fake).subscribe({
      next: (event) => received.push(event.data ?? `: ${(event as { comment: string }).comment}`),
      complete: () => received.push('end'),
    });

  it('is a comment after each time of silence', () => {
    open();
    jest.advanceTimersByTime(14_999);
    expect(received).toEqual([]);
    jest.advanceTimersByTime(1);
    expect(received).toEqual([': hb']);
    jest.advanceTimersByTime(15_000);
    expect(received).toEqual([': hb', ': hb']);
  });

  it('counts the silence from the last event', () => {
    open();
    jest.advanceTimersByTime(10_000);
    source.next({ data: 'a' });
    jest.advanceTimersByTime(9_999);
    source.next({ data: 'hidden' });
    jest.advanceTimersByTime(5_000);
    expect(received).toEqual(['a']);
    jest.advanceTimersByTime(1);
    expect(received).toEqual(['a', ': hb']);
  });

  it('adds nothing to a socket that is backed up', () => {
    open();
    fake.writableNeedDrain = true;
    jest.advanceTimersByTime(60_000);
    expect(received).toEqual([]);
    fake.writableNeedDrain = false;
    jest.advanceTimersByTime(15_000);
    expect(received).toEqual([': hb']);
  });

  it('leaves no timer behind, at the end or when the reader leaves', () => {
    open();
    source.complete();
    expect(received).toEqual(['end']);
    expect(jest.getTimerCount()).toBe(0);
    source = new Subject();
    open().unsubscribe();
    expect(jest.getTimerCount()).toBe(0);
  });
});

describe('drained', () => {
  it('takes a turn of the event loop in a replay', async () => {
    const fake = new FakeResponse();
    let turns = 0;
    setImmediate(() => (turns += 1));
    await drained(fake.response)(true);
    expect(turns).toBe(1);
  });

  it('takes none after a piece that was waited for', () => {
    expect(drained(new FakeResponse().response)(false)).toBeUndefined();
  });

  it.each(['drain', 'close'])('waits for %s where the socket is backed up', async (event) => {
    const fake = new FakeResponse();
    fake.writableNeedDrain = true;
    let over = false;
    const waiting = drained(fake.response)(false)!.then(() => (over = true));
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    expect(over).toBe(false);
    fake.emit(event);
    await waiting;
    expect(fake.eventNames()).toEqual([]);
  });
});

describe('events that cannot be read on', () => {
  it('cut the connection instead of ending the stream in good order', async () => {
    const fake = new FakeResponse();
    const reported: unknown[] = [];
    const failure = new Error('the disk is gone');
    const failing = throwError(() => failure);
    const stream = delivered(failing, fake, (error) => reported.push(error));
    // What was subscribed to before it, as Nest does with the headers, has its turn.
    let headers = 'not sent';
    fake.destroy.mockImplementation(() => expect(headers).toBe('sent'));
    setTimeout(() => (headers = 'sent'), 0);
    expect(await lastValueFrom(stream, { defaultValue: 'complete' })).toBe('complete');
    expect(fake.destroy).toHaveBeenCalledTimes(1);
    expect(reported).toEqual([failure]);
  });

  it('is as true of one that cannot be encoded', async () => {
    const fake = new FakeResponse();
    const reported: unknown[] = [];
    const source = new Subject<Page<string>>();
    const failure = new Error('no such event');
    const encode = (event: string): MessageEvent => {
      if (event === 'odd') throw failure;
      return { data: event };
    };
    const report = (error: unknown) => reported.push(error);
    const lifecycle = { graceOver: NEVER };
    const { response } = fake;
    const received: unknown[] = [];
    const over = new Promise<void>((complete) => {
      deliver(source, { response, encode, heartbeatMs: 15_000, lifecycle, report }).subscribe({
        next: ({ data }) => received.push(data),
        complete,
      });
    });
    source.next({ events: ['fine', 'odd', 'never'], isReplay: false });
    source.next({ events: ['later'], isReplay: false });
    await over;
    expect([received, reported, source.observed]).toEqual([['fine'], [failure], false]);
    expect(fake.destroy).toHaveBeenCalledTimes(1);
  });
});

describe('closeAsAsked', () => {
  it.each([
    [true, 0],
    [false, 1],
  ])('after a request that keeps the connection (%p) ends it %i times', (keeps, times) => {
    const fake = new FakeResponse();
    fake.shouldKeepAlive = keeps;
    closeAsAsked(fake.response);
    const { destroySoon } = fake.req.socket;
    expect(destroySoon).not.toHaveBeenCalled();
    fake.emit('close');
    expect(destroySoon).toHaveBeenCalledTimes(times);
  });
});

describe('a long replay', () => {
  const messages = (from: number, count: number): MessageEvent[] =>
    Array.from({ length: count }, (_, index) => ({ id: String(from + index), data: '{}' }));
  const frames = (from: number, count: number) =>
    messages(from, count)
      .map(({ id }) => `id: ${id}\ndata: {}\n\n`)
      .join('');
  const turn = () => new Promise((resolve) => setImmediate(resolve));

  function replaying() {
    const response = {
      headersSent: false,
      destroyed: false,
      written: [] as string[],
      write: (text: string) => response.written.push(text),
    };
    const pages = new Subject<Page<MessageEvent>>();
    const nexts: unknown[] = [];
    let ended = false;
    const subscription = deliver(pages, {
      response: response as unknown as Response,
      encode: (event: MessageEvent) => event,
      heartbeatMs: 15_000,
      lifecycle: { graceOver: NEVER },
      report: () => {},
    }).subscribe({ next: ({ id }) => nexts.push(id), complete: () => (ended = true) });
    return { response, pages, nexts, subscription, hasEnded: () => ended };
  }

  it('is written in pieces once the headers are sent, then ends', async () => {
    const { response, pages, nexts, hasEnded } = replaying();
    pages.next({ events: messages(1, 40), isReplay: true });
    pages.next({ events: messages(41, 1), isReplay: true });
    pages.complete();
    await turn();
    expect([response.written, hasEnded()]).toEqual([[], false]);
    response.headersSent = true;
    await turn();
    await turn();
    expect([response.written.join(''), hasEnded(), nexts]).toEqual([frames(1, 41), true, []]);
  });

  it('goes on through Nest with what had to be waited for, and stays there', async () => {
    const { response, pages, nexts, subscription } = replaying();
    response.headersSent = true;
    pages.next({ events: messages(1, 40), isReplay: true });
    pages.next({ events: messages(41, 2), isReplay: false });
    pages.next({ events: messages(43, 50), isReplay: true });
    expect(response.written.join('')).toBe(frames(1, 40));
    expect(nexts).toEqual(messages(41, 52).map(({ id }) => id));
    subscription.unsubscribe();
  });

  it('lets nothing overtake what waits for the headers', async () => {
    const { response, pages, nexts, subscription } = replaying();
    pages.next({ events: messages(1, 40), isReplay: true });
    pages.next({ events: messages(41, 1), isReplay: false });
    response.headersSent = true;
    await turn();
    await turn();
    pages.next({ events: messages(42, 1), isReplay: false });
    expect([response.written.join(''), nexts]).toEqual([frames(1, 41), ['42']]);
    subscription.unsubscribe();
  });

  it('is given up with its reader', async () => {
    const { response, pages, subscription } = replaying();
    pages.next({ events: messages(1, 40), isReplay: true });
    subscription.unsubscribe();
    response.headersSent = true;
    await turn();
    await turn();
    expect(response.written).toEqual([]);
  });
});
