import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { openStream, request } from './http-client.js';

describe('the HTTP client of the tests', () => {
  let server: Server;

  const serve = async (listener: RequestListener) => {
    server = createServer(listener).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  };
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  it('sends objects as JSON and bytes as they are', async () => {
    const url = await serve((incoming, outgoing) => {
      outgoing.setHeader('x-type', incoming.headers['content-type'] ?? 'none');
      incoming.pipe(outgoing);
    });
    const json = await request(url, { body: { a: 1 } });
    expect([json.json(), json.headers['x-type']]).toEqual([{ a: 1 }, 'application/json']);
    const text = await request(url, { method: 'PUT', body: '{' });
    expect([text.body, text.headers['x-type']]).toEqual(['{', 'none']);
  });

  it('gives the exact bytes, the events, the comments and the end of a stream', async () => {
    const whole = ': hb\n\nretry: 10\nid: 1\ndata: {"a":1}\n\nevent: x\ndata: b\n\n';
    const url = await serve((_, outgoing) => outgoing.end(whole));
    const stream = await openStream(url);
    expect(await stream.ended).toBe('end');
    expect(stream.text).toBe(whole);
    expect(stream.comments).toEqual(['hb']);
    expect(stream.events).toMatchObject([
      { id: '1', event: undefined, data: '{"a":1}', retry: 10 },
      { id: undefined, event: 'x', data: 'b', retry: undefined },
    ]);
    expect(stream.events[0]?.json()).toEqual({ a: 1 });
  });

  it('waits for events, and fails where the stream ends before them', async () => {
    let finish: () => void = () => undefined;
    const url = await serve((_, outgoing) => {
      outgoing.write('data: 0\n\n');
      finish = () => outgoing.end(': bye\n\ndata: 1\n\n');
    });
    const stream = await openStream(url);
    const [second, one, bye] = [
      stream.event(1),
      stream.until(({ data }) => data === '1'),
      stream.comment(0),
    ];
    const third = expect(stream.event(2)).rejects.toThrow('ended (end) after 2 items');
    finish();
    expect((await second).data).toBe('1');
    expect(await one).toBe(await second);
    expect(await bye).toBe('bye');
    await third;
  });

  it('fails a wait whose condition throws', async () => {
    const url = await serve((_, outgoing) => outgoing.end('data: no JSON\n\n'));
    const stream = await openStream(url);
    await expect(stream.until((event) => event.json() !== null)).rejects.toThrow(SyntaxError);
  });

  it('tells a stream that was cut from one that ended', async () => {
    const url = await serve((_, outgoing) => {
      outgoing.write('data: 0\n\n', () => outgoing.destroy());
    });
    expect(await (await openStream(url)).ended).toBe('cut');
  });

  it('leaves when the test says so', async () => {
    let left: Promise<unknown> = Promise.resolve();
    const url = await serve((_, outgoing) => {
      left = once(outgoing, 'close');
      outgoing.flushHeaders();
    });
    const stream = await openStream(url);
    stream.cut();
    expect(await stream.ended).toBe('cut');
    await left;
  });

  it('lets the server feel a reader that pauses', async () => {
    const total = 64 * 1024 * 1024;
    const gone: boolean[] = [];
    const url = await serve((_, outgoing) => {
      gone.push(outgoing.write(Buffer.alloc(total)));
      outgoing.end(() => gone.push(true));
    });
    const stream = await openStream(url);
    stream.pause();
    const small = await request(url, { method: 'HEAD' });
    expect(small.status).toBe(200);
    expect(stream.bytes.length).toBeLessThan(total);
    stream.resume();
    expect(await stream.ended).toBe('end');
    expect(stream.bytes).toHaveLength(total);
  });
});
