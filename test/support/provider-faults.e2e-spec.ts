import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openStream, request } from './http-client.js';
import { continuing, type ContinuingOptions } from './provider/continuing.js';
import {
  drop,
  headers,
  htmlPage,
  httpError,
  pace,
  rateLimited,
  respond,
  splitBytes,
  stall,
} from './provider/faults.js';
import type { Script } from './provider/script.js';
import { answer, done, errorChunk, malformed, role, text } from './provider/steps.js';
import { ScriptedProvider } from './scripted-provider.js';

describe('the faults of ScriptedProvider', () => {
  let provider: ScriptedProvider;

  beforeEach(async () => {
    provider = await ScriptedProvider.start();
  });
  afterEach(() => provider.close());

  const body = { model: 'test-model', messages: [{ role: 'user', content: 'Hi' }], stream: true };
  const url = () => `${provider.baseUrl}/chat/completions`;
  const stream = () => openStream(url(), { body });
  const ask = (script: Script) => {
    provider.reply(script);
    return request(url(), { body });
  };

  it('waits at a gate until the test opens it, with all before it sent', async () => {
    const gate = provider.gate();
    provider.reply([role(), text('before'), gate, text('after'), done()]);
    const received = await stream();
    await gate.reached;
    await received.event(1);
    expect(received.events).toHaveLength(2);
    gate.open();
    expect((await received.event(2)).data).toContain('"after"');
    expect(await received.ended).toBe('end');
  });

  it('holds the headers back at a gate that comes first, and sends them alone on demand', async () => {
    const [beforeHeaders, afterHeaders] = [provider.gate(), provider.gate()];
    provider.reply([beforeHeaders, headers({ 'x-peculiar': 'yes' }), afterHeaders, done()]);
    let opened = false;
    const opening = stream().finally(() => (opened = true));
    await beforeHeaders.reached;
    expect(opened).toBe(false);
    beforeHeaders.open();
    const received = await opening;
    expect(received.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'x-peculiar': 'yes',
    });
    expect(received.bytes).toHaveLength(0);
    afterHeaders.open();
    expect(await received.ended).toBe('end');
  });

  it('stalls with the socket open until the client leaves', async () => {
    provider.reply([text('a'), stall(), text('never')]);
    const received = await stream();
    const call = await provider.nextRequest();
    await received.event(0);
    expect([provider.openSockets, provider.openExchanges]).toEqual([1, 1]);
    received.cut();
    expect(await call.closed).toBe('left');
    expect(await received.ended).toBe('cut');
    expect(provider.openExchanges).toBe(0);
    expect(received.text).not.toContain('never');
  });

  it('drops the socket before the headers', async () => {
    await expect(ask(drop())).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(await provider.requests[0]?.closed).toBe('dropped');
  });

  it('drops the socket after what it has sent', async () => {
    provider.reply([role(), text('a'), drop(), text('never')]);
    const received = await stream();
    expect(await received.ended).toBe('cut');
    expect(received.events).toHaveLength(2);
  });

  it('resets the connection', async () => {
    await expect(ask(drop({ reset: true }))).rejects.toMatchObject({ code: 'ECONNRESET' });
  });

  it.each([
    [400, 'invalid_request_error'],
    [401, 'invalid_request_error'],
    [429, 'rate_limit_error'],
    [500, 'server_error'],
    [503, 'server_error'],
  ])('answers %i with an error as OpenAI words it', async (status, type) => {
    const received = await ask(httpError(status, { headers: { 'x-request-id': 'req_1' } }));
    expect(received.status).toBe(status);
    expect(received.headers).toMatchObject({
      'content-type': 'application/json',
      'x-request-id': 'req_1',
    });
    expect(received.json()).toMatchObject({
      error: { message: expect.stringMatching(/.+/), type, param: null },
    });
  });

  it('words an error as the test wants it', async () => {
    const received = await ask(httpError(400, { code: 'context_length_exceeded' }));
    expect(received.json()).toMatchObject({ error: { code: 'context_length_exceeded' } });
  });

  it('limits the rate with Retry-After', async () => {
    const received = await ask(rateLimited(7));
    expect([received.status, received.headers['retry-after']]).toEqual([429, '7']);
  });

  it('answers with a page of a gateway, or anything else', async () => {
    const page = await ask(htmlPage(502));
    expect([page.status, page.headers['content-type']]).toEqual([502, 'text/html']);
    expect(page.body).toContain('<h1>');
    const empty = await ask(respond(200, '', { 'content-type': 'text/event-stream' }));
    expect([empty.status, empty.body]).toEqual([200, '']);
  });

  it('sends malformed data and errors in mid-stream', async () => {
    const received = await ask([text('a'), malformed(), errorChunk({ code: 'overloaded' })]);
    const [, cut, error] = received.body.split('\n\n');
    expect(() => JSON.parse(cut?.slice(6) ?? '{}') as unknown).toThrow(SyntaxError);
    expect(JSON.parse(error?.slice(6) ?? '')).toMatchObject({
      error: { type: 'server_error', code: 'overloaded' },
    });
  });

  it('answers an error in mid-stream with a status where nothing is streamed', async () => {
    provider.reply([text('a'), errorChunk()]);
    const received = await request(url(), { body: { ...body, stream: false } });
    expect(received.status).toBe(500);
    expect(received.json()).toHaveProperty('error');
  });

  it('writes a few bytes at a time, cutting through characters', async () => {
    const whole = await ask(answer('Grüße 👋'));
    provider.reply([splitBytes(3), answer('Grüße 👋')]);
    const { port } = provider;
    const socket = connect(port, '127.0.0.1');
    const payload = JSON.stringify(body);
    socket.write(
      `POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nConnection: close\r\n` +
        `Content-Length: ${Buffer.byteLength(payload)}\r\n\r\n${payload}`,
    );
    let raw = Buffer.alloc(0);
    socket.on('data', (piece) => (raw = Buffer.concat([raw, piece])));
    await once(socket, 'end');
    // Each chunk of the transfer coding is one write: a size in hexadecimal, then the bytes. The
    // last is empty.
    const [, ...chunked] = raw.toString('latin1').split('\r\n\r\n');
    const pieces = chunked.join('\r\n\r\n').split('\r\n').slice(0, -2);
    const sizes = pieces.filter((_, index) => index % 2 === 0).map((size) => parseInt(size, 16));
    expect(Math.max(...sizes)).toBe(3);
    const joined = pieces.filter((_, index) => index % 2 === 1).join('');
    const expected = whole.body.replaceAll('chatcmpl-scripted-1', 'chatcmpl-scripted-2');
    expect(Buffer.from(joined, 'latin1').toString()).toBe(
      expected.replaceAll('1750000001', '1750000002'),
    );
  });

  it('paces its chunks, and stops at once when the client leaves', async () => {
    provider.reply([role(), pace(3_600_000), text('a', 'b')]);
    const received = await stream();
    const call = await provider.nextRequest();
    await received.event(0);
    await ask(answer('Without a pace, a whole answer comes in the meantime.'));
    expect(received.events).toHaveLength(1);
    received.cut();
    expect(await call.closed).toBe('left');
  });

  it('tells how each exchange ended', async () => {
    await ask(answer('a'));
    expect(await provider.requests[0]?.closed).toBe('completed');
  });

  it('refuses a call that nothing was scripted for, in a way that no client retries', async () => {
    expect((await request(url(), { body })).status).toBe(400);
  });

  it('says so when a function in a script throws', async () => {
    const received = await ask(() => {
      throw new Error('a mistake in the test');
    });
    expect(received.status).toBe(400);
    expect(received.body).toContain('a mistake in the test');
  });

  it('refuses what is no JSON, another key, and other paths', async () => {
    expect((await request(url(), { body: '{' })).status).toBe(400);
    expect((await request(`${provider.baseUrl}/embeddings`, { body })).status).toBe(404);
    provider.apiKey = 'right';
    const authorization = 'Bearer wrong';
    expect((await request(url(), { body, headers: { authorization } })).status).toBe(401);
  });

  it('comes back on the port where it has been', async () => {
    const { port } = provider;
    await provider.close();
    await expect(request(`http://127.0.0.1:${port}/v1/models`)).rejects.toMatchObject({
      code: 'ECONNREFUSED',
    });
    provider = await ScriptedProvider.start({ port });
    expect((await request(`http://127.0.0.1:${port}/v1/models`)).status).toBe(200);
  });

  describe('continuing an answer', () => {
    const truth = 'One two three four.';
    const user = { role: 'user', content: 'Count.' };
    const assistant = (content: string) => ({ role: 'assistant', content });
    const said = async (messages: object[], options: ContinuingOptions = {}) => {
      provider.reply(continuing(truth, options));
      const received = await openStream(url(), { body: { ...body, messages } });
      const end = await received.ended;
      const texts = received.events
        .filter(({ data }) => data !== '[DONE]')
        .flatMap((event) => event.json<{ choices: { delta: { content?: string } }[] }>().choices)
        .map(({ delta }) => delta.content ?? '');
      return { end, texts: texts.filter((piece) => piece !== '') };
    };

    it('says the whole answer where the request holds no part of it', async () => {
      const whole = { end: 'end', texts: ['One', ' two', ' three', ' four.'] };
      expect(await said([user])).toEqual(whole);
      expect(await said([user, assistant('Another answer.'), user])).toEqual(whole);
    });

    it('goes on after a last message of the assistant, or one with an instruction', async () => {
      const rest = { end: 'end', texts: [' three', ' four.'] };
      expect(await said([user, assistant('One two')])).toEqual(rest);
      expect(await said([user, assistant('One two'), user])).toEqual(rest);
    });

    it('says the tail of the part again, or all of it', async () => {
      const messages = [user, assistant('One two')];
      expect((await said(messages, { echo: 3 })).texts).toEqual(['two', ' three', ' four.']);
      expect((await said(messages, { echo: 99 })).texts.join('')).toBe(truth);
    });

    it('cuts by characters, and fails after so many chunks until it comes to the end', async () => {
      const options = { piece: 4, fault: { after: 3, script: drop() } };
      expect(await said([user], options)).toEqual({ end: 'cut', texts: ['One ', 'two ', 'thre'] });
      expect(await said([user, assistant('One two thre')], options)).toEqual({
        end: 'end',
        texts: ['e fo', 'ur.'],
      });
    });
  });
});
