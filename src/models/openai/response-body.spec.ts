import { describe, expect, it } from '@jest/globals';
import { PassThrough } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { NodeBody, WebBody, type BodySink, type ResponseBody } from './response-body.js';

/** What a body delivered. */
class Heard implements BodySink {
  text = '';
  readonly ends: unknown[] = [];
  readonly ended: Promise<void>;
  #settle: () => void = () => undefined;

  constructor() {
    this.ended = new Promise((resolve) => (this.#settle = resolve));
  }
  data(chunk: Uint8Array): void {
    this.text += Buffer.from(chunk).toString();
  }
  end(): void {
    this.ends.push('end');
    this.#settle();
  }
  error(cause: unknown): void {
    this.ends.push(cause);
    this.#settle();
  }
}

/** A body of a kind, and the hands of its sender. */
interface Sender {
  body: ResponseBody;
  send: (text: string) => void;
  finish: () => void;
  fail: (error: Error) => void;
  /** Whether the sender was told that nobody reads on. */
  closed: () => boolean;
}

const nodeSender = (): Sender => {
  const stream = new PassThrough();
  return {
    body: new NodeBody(stream),
    send: (text) => void stream.write(text),
    finish: () => void stream.end(),
    fail: (error) => void stream.destroy(error),
    closed: () => stream.destroyed,
  };
};

const webSender = (): Sender => {
  let cancelled = false;
  let controller!: ReadableStreamDefaultController<Uint8Array>;
  const stream = new ReadableStream<Uint8Array>({
    start: (given) => void (controller = given),
    cancel: () => void (cancelled = true),
  });
  return {
    body: new WebBody(stream),
    send: (text) => controller.enqueue(Buffer.from(text)),
    finish: () => controller.close(),
    fail: (error) => controller.error(error),
    closed: () => cancelled,
  };
};

describe.each([
  ['NodeBody', nodeSender],
  ['WebBody', webSender],
])('%s', (_name, sender) => {
  it('delivers what is sent, and the end once', async () => {
    const { body, send, finish } = sender();
    const heard = new Heard();
    body.open(heard);
    send('a');
    await turn();
    send('b');
    finish();
    await heard.ended;
    await turn();
    expect(heard).toMatchObject({ text: 'ab', ends: ['end'] });
  });

  it('delivers an error once, and no end', async () => {
    const { body, send, fail } = sender();
    const heard = new Heard();
    const error = new Error('reset');
    body.open(heard);
    send('a');
    await turn();
    fail(error);
    await heard.ended;
    await turn();
    expect(heard).toMatchObject({ text: 'a', ends: [error] });
  });

  it('delivers nothing while it is paused', async () => {
    const { body, send, finish } = sender();
    const heard = new Heard();
    body.open(heard);
    send('a');
    await turn();
    body.pause();
    send('b');
    send('c');
    finish();
    await turn();
    const paused = heard.text;
    body.resume();
    await heard.ended;
    expect(paused.length).toBeLessThanOrEqual('ab'.length);
    expect(heard).toMatchObject({ text: 'abc', ends: ['end'] });
  });

  it('delivers nothing once it is closed, and tells the sender', async () => {
    const { body, send, closed } = sender();
    const heard = new Heard();
    body.open(heard);
    send('a');
    await turn();
    body.close();
    await turn();
    expect(closed()).toBe(true);
    expect(heard).toMatchObject({ text: 'a', ends: [] });
  });

  it('can be closed while it is paused', async () => {
    const { body, send, closed } = sender();
    const heard = new Heard();
    body.open(heard);
    body.pause();
    send('a');
    await turn();
    body.close();
    await turn();
    expect(closed()).toBe(true);
    expect(heard.ends).toEqual([]);
  });
});

describe('NodeBody', () => {
  it('that is released is read to its end, paused or not, and tells nobody', async () => {
    const stream = new PassThrough({ highWaterMark: 1 });
    const body = new NodeBody(stream);
    const heard = new Heard();
    body.open(heard);
    body.pause();
    body.release();
    stream.end('the rest');
    await closed(stream);
    expect(stream.readableEnded).toBe(true);
    expect(heard).toMatchObject({ text: '', ends: [] });
  });

  it('outlives an error after its release', async () => {
    const stream = new PassThrough();
    const body = new NodeBody(stream);
    body.open(new Heard());
    body.release();
    stream.destroy(new Error('reset'));
    await closed(stream);
    expect(stream.errored).toBeInstanceOf(Error);
  });

  it('of a stream that broke before it was opened says so', async () => {
    const stream = new PassThrough();
    stream.on('error', () => undefined);
    const error = new Error('reset');
    stream.destroy(error);
    await closed(stream);
    const heard = new Heard();
    new NodeBody(stream).open(heard);
    await heard.ended;
    expect(heard.ends).toEqual([error]);
  });

  it('takes a stream that is destroyed without an error for a broken one', async () => {
    const stream = new PassThrough();
    const heard = new Heard();
    new NodeBody(stream).open(heard);
    stream.destroy();
    await heard.ended;
    expect(heard.ends).toEqual([expect.any(Error)]);
  });
});

/** Unlike `once`, it does not mind an error. */
function closed(stream: PassThrough): Promise<void> {
  return new Promise((resolve) => stream.once('close', resolve));
}
