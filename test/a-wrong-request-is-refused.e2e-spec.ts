import { createConnection } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { request, type Answer } from './support/http-client.js';
import { answer } from './support/provider/steps.js';
import { ScriptedProvider } from './support/scripted-provider.js';
import { startService, type RunningService } from './support/service.js';

const NO_SESSION = '0198c2a4-7d3e-7c55-9f0a-2b1f6c1d9e21';
const JSON_TYPE = { 'content-type': 'application/json' };

describe('a wrong request', () => {
  let provider: ScriptedProvider;
  let service: RunningService;
  let chat: string;

  beforeAll(async () => {
    provider = await ScriptedProvider.start();
    service = await startService({ provider, env: { BODY_LIMIT: '10kb' } });
    chat = `${service.url}/api/v1/chat`;
  });
  afterAll(async () => {
    // Whatever was refused, nothing was asked of the provider.
    expect(provider.requests).toHaveLength(0);
    await service.close();
    await provider.close();
  });

  function expectProblem(refused: Answer, status: number, code: string): Record<string, unknown> {
    expect(refused.json()).toMatchObject({ status, code });
    expect(refused.status).toBe(status);
    expect(refused.headers['content-type']).toBe('application/problem+json; charset=utf-8');
    const problem = refused.json();
    expect(Object.keys(problem).slice(0, 6)).toEqual([
      'type',
      'title',
      'status',
      'detail',
      'instance',
      'code',
    ]);
    expect(problem['type']).toBe(`urn:agno-api:problem:${code}`);
    expect(problem['instance']).toBe('/api/v1/chat');
    expect(problem['request_id']).toBe(refused.headers['x-request-id']);
    return problem;
  }

  describe.each([true, false])('with stream: %p', (stream) => {
    it.each<[string, object, string, RegExp]>([
      ['neither message nor messages', {}, '#', /Exactly one/],
      [
        'both message and messages',
        { message: 'a', messages: [{ role: 'user', content: 'a' }] },
        '#',
        /Exactly one/,
      ],
      ['an empty message', { message: '' }, '#/message', /should not be empty/],
      [
        'a message of the wrong type',
        { message: 5 },
        '#/message',
        /must be a text or a list of parts/,
      ],
      ['empty instructions', { message: 'a', instructions: '' }, '#/instructions', /not be empty/],
      [
        'instructions that are no text',
        { message: 'a', instructions: ['Be brief.'] },
        '#/instructions',
        /string/,
      ],
      ['no messages', { messages: [] }, '#/messages', /should not be empty/],
      ['messages of the wrong type', { messages: 'a' }, '#/messages', /must be an array/],
      [
        'a list in the place of a message',
        { messages: [[], { role: 'user', content: 'Hi' }] },
        '#/messages',
        /must be an object/,
      ],
      ['a name without end', { message: 'a', model: 'm'.repeat(257) }, '#/model', /256/],
      [
        'a field that every object has',
        { message: 'a', constructor: 1 },
        '#/constructor',
        /not a field/,
      ],
      [
        'such a field in a message',
        { messages: [{ role: 'user', content: 'a', toString: 1 }] },
        '#/messages/0/toString',
        /not a field/,
      ],
      [
        'metadata under such a name',
        { message: 'a', metadata: { constructor: 'x' } },
        '#/metadata/constructor',
        /./,
      ],
      [
        'a list as response format',
        { message: 'a', response_format: [{ type: 'text' }] },
        '#/response_format',
        /object/,
      ],
      [
        'a list as schema',
        { message: 'a', response_format: { type: 'json_schema', json_schema: [] } },
        '#/response_format/json_schema',
        /object/,
      ],
      ['a message that is no object', { messages: ['a'] }, '#/messages', /must be an object/],
      [
        'an unknown role',
        { messages: [{ role: 'tool', content: 'a' }] },
        '#/messages/0/role',
        /system, user, assistant/,
      ],
      [
        'a message without content',
        { messages: [{ role: 'user' }] },
        '#/messages/0/content',
        /must be a text or a list of parts/,
      ],
      [
        'an unknown field in a message',
        { messages: [{ role: 'user', content: 'a', naem: 'b' }] },
        '#/messages/0/naem',
        /not a field/,
      ],
      [
        "a last message that is not the user's",
        { messages: [{ role: 'assistant', content: 'a' }] },
        '#/messages/0',
        /user's/,
      ],
      ['an unknown field', { message: 'a', strem: true }, '#/strem', /not a field/],
      [
        'a field named __proto__',
        JSON.parse('{"message":"a","__proto__":{"b":1}}') as object,
        '#/__proto__',
        /not a field/,
      ],
      ['max_tokens of 0', { message: 'a', max_tokens: 0 }, '#/max_tokens', /not be less than 1/],
      ['max_tokens as text', { message: 'a', max_tokens: '5' }, '#/max_tokens', /integer/],
      ['max_tokens with a fraction', { message: 'a', max_tokens: 1.5 }, '#/max_tokens', /integer/],
      [
        'a temperature over 2',
        { message: 'a', temperature: 2.1 },
        '#/temperature',
        /greater than 2/,
      ],
      ['a temperature below 0', { message: 'a', temperature: -1 }, '#/temperature', /less than 0/],
      [
        'models that differ',
        { message: 'a', model: 'test-model', model_name: 'other-model' },
        '#/model_name',
        /different models/,
      ],
      ['an empty model', { message: 'a', model: '' }, '#/model', /should not be empty/],
      [
        'messages with a session',
        { messages: [{ role: 'user', content: 'a' }], session_id: NO_SESSION },
        '#/session_id',
        /conversation of its own/,
      ],
      ['an unknown on_busy', { message: 'a', on_busy: 'wait' }, '#/on_busy', /reject, queue/],
      [
        'an unknown on_disconnect',
        { message: 'a', on_disconnect: 'die' },
        '#/on_disconnect',
        /continue, cancel/,
      ],
      [
        'on_disconnect: cancel in the background',
        { message: 'a', on_disconnect: 'cancel', background: true },
        '#/on_disconnect',
        /no watcher/,
      ],
      ['background as text', { message: 'a', background: 'yes' }, '#/background', /boolean/],
      ['an unknown include', { message: 'a', include: ['all'] }, '#/include', /reasoning, usage/],
      ['include as text', { message: 'a', include: 'usage' }, '#/include', /must be an array/],
      ['metadata with a number', { message: 'a', metadata: { a: 1 } }, '#/metadata', /16 strings/],
      ['metadata as a list', { message: 'a', metadata: [] }, '#/metadata', /16 strings/],
      [
        'too much metadata',
        {
          message: 'a',
          metadata: Object.fromEntries(Array.from({ length: 17 }, (_, i) => [i, ''])),
        },
        '#/metadata',
        /16 strings/,
      ],
      [
        'an unknown response format',
        { message: 'a', response_format: { type: 'xml' } },
        '#/response_format/type',
        /json_schema/,
      ],
      [
        'a response format without its schema',
        { message: 'a', response_format: { type: 'json_schema' } },
        '#/response_format/json_schema',
        /./,
      ],
      [
        'a schema that the response format has no use for',
        { message: 'a', response_format: { type: 'text', json_schema: { name: 'a' } } },
        '#/response_format/json_schema',
        /only/,
      ],
      [
        'a response format that is no object',
        { message: 'a', response_format: 'json' },
        '#/response_format',
        /./,
      ],
    ])('%s is invalid_request', async (_, body, pointer, detail) => {
      const refused = await request(chat, { body: { ...body, stream } });
      const problem = expectProblem(refused, 400, 'invalid_request');
      const errors = problem['errors'] as { pointer: string; detail: string }[];
      const fault = errors.find((error) => error.pointer === pointer);
      expect(errors.map((error) => error.pointer)).toContain(pointer);
      expect(fault?.detail).toMatch(detail);
    });

    it.each([
      ['messages', { messages: Array(3_000).fill({}) }],
      ['fields', Object.fromEntries(Array.from({ length: 900 }, (_, n) => [`f${n}`, 1]))],
    ])('with faulty %s without number is told a few of them', async (_, body) => {
      const refused = await request(chat, { body: { ...body, stream } });
      const problem = expectProblem(refused, 400, 'invalid_request');
      expect(problem['errors']).toHaveLength(20);
    });

    it('names every fault, not only the first', async () => {
      const refused = await request(chat, {
        body: { message: 5, temperature: 'hot', nonsense: 1, stream },
      });
      const problem = expectProblem(refused, 400, 'invalid_request');
      const errors = problem['errors'] as { pointer: string }[];
      expect(new Set(errors.map(({ pointer }) => pointer))).toEqual(
        new Set(['#/message', '#/temperature', '#/nonsense']),
      );
    });

    it('for an unknown model lists the ones that are allowed', async () => {
      const refused = await request(chat, { body: { message: 'a', model: 'gpt-9', stream } });
      const problem = expectProblem(refused, 400, 'model_not_found');
      expect(problem['detail']).toContain(
        'test-model, other-model, keyless-model, offline/assistant',
      );
    });

    it('for a model without its key says which is missing', async () => {
      const refused = await request(chat, {
        body: { message: 'a', model_name: 'keyless-model', stream },
      });
      const problem = expectProblem(refused, 503, 'model_unavailable');
      expect(problem['detail']).toContain('KEYLESS_API_KEY is not set');
    });

    it('for an unknown agent lists the agents', async () => {
      const refused = await request(chat, { body: { message: 'a', agent: 'nobody', stream } });
      expect(expectProblem(refused, 404, 'agent_not_found')['detail']).toContain('assistant');
    });

    it.each([NO_SESSION, 'x', '../runs'])('for the unknown session %j makes none', async (id) => {
      const refused = await request(chat, { body: { message: 'a', session_id: id, stream } });
      expectProblem(refused, 404, 'session_not_found');
    });

    it('with Last-Event-ID and no key is refused: it would be a second run', async () => {
      const refused = await request(chat, {
        body: { message: 'a', stream },
        headers: { 'last-event-id': '3' },
      });
      expectProblem(refused, 400, 'idempotency_key_required');
    });

    it('with a position of a run that the key does not name starts nothing', async () => {
      const refused = await request(chat, {
        body: { message: 'a', stream },
        headers: { 'last-event-id': '3', 'idempotency-key': 'never-used' },
      });
      expectProblem(refused, 400, 'position_invalid');
    });

    it.each(['two words', 'x'.repeat(256), 'caf\u00e9'])(
      'with the Idempotency-Key %j is refused',
      async (key) => {
        const refused = await request(chat, {
          body: { message: 'a', stream },
          headers: { 'idempotency-key': key },
        });
        expectProblem(refused, 400, 'invalid_request');
      },
    );

    it('with a body over the limit is body_too_large, plain or compressed', async () => {
      const body = JSON.stringify({ message: 'a'.repeat(20_000), stream });
      expectProblem(await request(chat, { body, headers: JSON_TYPE }), 413, 'body_too_large');
      const headers = { ...JSON_TYPE, 'content-encoding': 'gzip' };
      expectProblem(await request(chat, { body: gzipSync(body), headers }), 413, 'body_too_large');
    });
  });

  it.each(['', '{', '{"message":"a"', "{'message':'a'}", '{"message":"a"}x', 'undefined', 'NaN'])(
    'with the body %j is malformed_json',
    async (body) => {
      const refused = await request(chat, { body, headers: JSON_TYPE, method: 'POST' });
      // Without any body there is nothing that could be malformed.
      if (body === '') expectProblem(refused, 400, 'invalid_request');
      else expectProblem(refused, 400, 'malformed_json');
    },
  );

  it.each(['null', '[]', '"hello"', '5', 'true'])(
    'with the JSON %s, which is no object, is invalid_request',
    async (body) => {
      expectProblem(await request(chat, { body, headers: JSON_TYPE }), 400, 'invalid_request');
    },
  );

  it('nested without end is invalid_request, not an error of ours', async () => {
    for (const nested of [
      '['.repeat(4_000) + ']'.repeat(4_000),
      '{"a":'.repeat(1_500) + '1' + '}'.repeat(1_500),
    ]) {
      const body = `{"message":"a","response_format":{"type":"json_schema","json_schema":{"name":"a","schema":{"b":${nested}}}}}`;
      expectProblem(await request(chat, { body, headers: JSON_TYPE }), 400, 'invalid_request');
    }
  });

  it('with bytes that are not UTF-8 is malformed_json', async () => {
    const body = Buffer.concat([
      Buffer.from('{"message":"'),
      Buffer.from([0xc3, 0x28]),
      Buffer.from('"}'),
    ]);
    expectProblem(await request(chat, { body, headers: JSON_TYPE }), 400, 'malformed_json');
  });

  it.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/xml',
    'json',
  ])('of the media type %s is unsupported_media_type', async (type) => {
    const headers = { 'content-type': type };
    const refused = await request(chat, { body: '{"message":"a"}', headers });
    expectProblem(refused, 415, 'unsupported_media_type');
  });

  it('without a media type is unsupported_media_type', async () => {
    expectProblem(await request(chat, { body: '{"message":"a"}' }), 415, 'unsupported_media_type');
  });

  it('in a charset or an encoding that we do not read is unsupported_media_type', async () => {
    const body = '{"message":"a"}';
    const charset = { 'content-type': 'application/json; charset=ebcdic' };
    expectProblem(await request(chat, { body, headers: charset }), 415, 'unsupported_media_type');
    const encoding = { ...JSON_TYPE, 'content-encoding': 'rot13' };
    expectProblem(await request(chat, { body, headers: encoding }), 415, 'unsupported_media_type');
  });

  it('by a method that the path does not know is told the ones it knows', async () => {
    for (const method of ['GET', 'PUT', 'DELETE', 'PATCH']) {
      const refused = await request(chat, { method, body: method === 'GET' ? undefined : 'junk' });
      expectProblem(refused, 405, 'method_not_allowed');
      expect(refused.headers['allow']).toBe('POST');
    }
    const root = await request(`${service.url}/health/live`, { method: 'POST', body: {} });
    expect(root.status).toBe(405);
    expect(root.headers['allow']).toBe('GET, HEAD');
  });

  it.each(['/nope', '/api/v1/nope', '/api/v1/chat/x', '/api', '/API/V2/chat'])(
    'to the unknown path %s is route_not_found, whatever its body is',
    async (path) => {
      const refused = await request(service.url + path, { method: 'POST', body: '{' });
      expect(refused.status).toBe(404);
      expect(refused.json()).toMatchObject({ code: 'route_not_found', instance: path });
    },
  );

  it('with a path that cannot be decoded is refused, not an error of ours', async () => {
    const refused = await request(`${service.url}/api/v1/runs/%FF`);
    expect(refused.status).toBe(400);
    expect(refused.json()).toMatchObject({ code: 'invalid_request' });
  });

  it('that breaks off in its body takes nothing down', async () => {
    const { port } = new URL(service.url);
    const socket = createConnection(Number(port), '127.0.0.1');
    socket.write(
      'POST /api/v1/chat HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n' +
        'Content-Length: 100\r\n\r\n{"message":"a',
    );
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.end();
    socket.resume();
    await closed;
    expect((await request(`${service.url}/health/live`)).status).toBe(200);
  });

  it('keeps none of what it said', async () => {
    expect(service.log.text).not.toContain('"level":"error"');
  });
});

describe('a right request after wrong ones', () => {
  it('is answered, compressed and with a byte-order mark too', async () => {
    const provider = await ScriptedProvider.start();
    const service = await startService({ provider });
    try {
      provider.always(answer('a'));
      const chat = `${service.url}/api/v1/chat`;
      await request(chat, { body: '{', headers: JSON_TYPE });
      const endless = await request(chat, {
        body: { message: 'a', include: Array(10_000).fill(1) },
      });
      expect(endless.json()).toMatchObject({
        status: 400,
        errors: [{ pointer: '#', detail: 'The body has more than 10000 members.' }],
      });
      const marked = await request(chat, { body: '\ufeff{"message":"a"}', headers: JSON_TYPE });
      expect(marked.status).toBe(200);
      const zipped = await request(chat, {
        body: gzipSync('{"message":"a"}'),
        headers: { 'content-type': 'application/json; charset=utf-8', 'content-encoding': 'gzip' },
      });
      expect(zipped.status).toBe(200);
      const vendor = await request(chat, {
        body: '{"message":"a"}',
        headers: { 'content-type': 'application/vnd.api+json' },
      });
      expect(vendor.status).toBe(200);
    } finally {
      await service.close();
      await provider.close();
    }
  });
});
