import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Validator } from '@seriousme/openapi-schema-validator';
import { parse } from 'yaml';
import { Lifecycle } from '../src/http/lifecycle.js';
import { PROBLEMS } from '../src/http/problem.js';
import { RunStore } from '../src/runs/run-store.js';
import { StorageUnavailableError } from '../src/storage/storage-errors.js';
import { ApiContract, dataOf, type ApiDocument, type Json } from './support/api-contract.js';
import { openStream, request, type Answer, type RequestOptions } from './support/http-client.js';
import { drop, httpError, pace, rateLimited, stall } from './support/provider/faults.js';
import type { Script } from './support/provider/script.js';
import {
  answer,
  done,
  errorChunk,
  finish,
  malformed,
  reasoning,
  role,
  text,
  toolCall,
  toolCalls,
  usage,
} from './support/provider/steps.js';
import { ScriptedProvider } from './support/scripted-provider.js';
import { startService, type RunningService } from './support/service.js';

const CHAT = '/api/v1/chat';
const RUN = '/api/v1/runs/{id}';
const RUN_STREAM = '/api/v1/runs/{id}/stream';
const RUNS = '/api/v1/runs';
const RUN_CANCEL = '/api/v1/runs/{id}/cancel';
/** Made in the far future: an id that is older than runs are kept would be one of an expired run. */
const NOBODY = 'ffffffff-ffff-7fff-8fff-ffffffffffff';
const EVERYWHERE = ['internal', 'shutting_down', 'storage_unavailable'];

/** What the provider does when it is asked for the model of this name. */
const FAULTS: Record<string, Script> = {
  context_too_long: httpError(400, { code: 'context_length_exceeded' }),
  content_filtered: httpError(400, { code: 'content_filter' }),
  provider_rate_limited: rateLimited(0),
  provider_auth_failed: httpError(401),
  provider_rejected: httpError(422),
  stream_malformed: malformed(),
  provider_unavailable: drop(),
  provider_timeout: httpError(504),
};

/** What a route with a body may refuse. */
const BODY = ['invalid_request', 'malformed_json', 'body_too_large', 'unsupported_media_type'];

/** The codes of each route, as its answers below show them. */
const CODES: Record<string, string[]> = {
  'POST /api/v1/chat': [
    ...Object.keys(FAULTS),
    'invalid_request',
    'malformed_json',
    'model_not_found',
    'position_invalid',
    'idempotency_key_required',
    'images_not_supported',
    'output_invalid',
    'run_timeout',
    'approval_timeout',
    'session_not_found',
    'message_not_found',
    'agent_not_found',
    'session_busy',
    'idempotency_conflict',
    'body_too_large',
    'unsupported_media_type',
    'model_unavailable',
    'overloaded',
  ],
  'GET /api/v1/runs': ['invalid_request'],
  'GET /api/v1/runs/{id}': ['invalid_request', 'run_not_found', 'run_expired'],
  'POST /api/v1/runs/{id}/cancel': [
    'invalid_request',
    'malformed_json',
    'run_not_found',
    'run_expired',
    'body_too_large',
    'unsupported_media_type',
  ],
  'GET /api/v1/runs/{id}/stream': [
    'invalid_request',
    'position_invalid',
    'run_not_found',
    'run_expired',
  ],
  'POST /api/v1/runs/{id}/approvals': [
    'invalid_request',
    'malformed_json',
    'run_not_found',
    'approval_not_found',
    'approval_decided',
    'run_expired',
    'body_too_large',
    'unsupported_media_type',
  ],
  'GET /api/v1/sessions': ['invalid_request'],
  'POST /api/v1/sessions': BODY,
  'GET /api/v1/sessions/{id}': ['session_not_found'],
  'PATCH /api/v1/sessions/{id}': [
    ...BODY,
    'session_not_found',
    'message_not_found',
    'session_busy',
  ],
  'DELETE /api/v1/sessions/{id}': ['session_not_found', 'session_busy'],
  'GET /api/v1/sessions/{id}/messages': [
    'invalid_request',
    'session_not_found',
    'message_not_found',
  ],
  'GET /api/v1/sessions/{id}/branches': ['invalid_request', 'session_not_found'],
  'POST /api/v1/sessions/{id}/fork': [...BODY, 'session_not_found', 'message_not_found'],
  'GET /api/v1/models': [],
  'GET /api/v1/agents': [],
  'GET /': [],
};

describe('the OpenAPI document', () => {
  let provider: ScriptedProvider;
  let service: RunningService;
  let contract: ApiContract;
  let document: ApiDocument;

  beforeAll(async () => {
    provider = await ScriptedProvider.start();
    for (const [model, script] of Object.entries(FAULTS)) provider.always(script, { model });
    // Nothing is tried again or gone on with: the provider's problem is the answer.
    service = await startService({
      provider,
      env: { BODY_LIMIT: '10kb', RETRY_BUDGET: '0', MAX_CONTINUATIONS: '0' },
    });
    document = (await request(`${service.url}/openapi.json`)).json<ApiDocument>();
    contract = new ApiContract(document);
  });
  afterAll(async () => {
    await service.close();
    await provider.close();
  });

  const ask = (path: string, options: RequestOptions = {}) => request(service.url + path, options);
  const chat = (body: unknown, headers = {}) =>
    ask(CHAT, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json', ...headers },
    });

  function expectTrue(method: string, path: string, answered: Answer): Answer {
    expect(contract.faults(method, path, answered)).toEqual([]);
    return answered;
  }

  describe('as a document', () => {
    it('is valid OpenAPI 3.1', async () => {
      const validator = new Validator();
      const validated = await validator.validate(document as unknown as Json);
      expect(validated).toEqual({ valid: true });
      expect(validator.version).toBe('3.1');
    });

    it('is the same in YAML', async () => {
      const answered = await ask('/openapi.yaml');
      expect(answered.status).toBe(200);
      expect(answered.headers['content-type']).toMatch(/^(text|application)\/yaml/);
      expect(parse(answered.body)).toEqual(document);
    });

    it('says what it is of, and where', () => {
      const { version } = JSON.parse(
        readFileSync(join(import.meta.dirname, '../package.json'), 'utf8'),
      ) as { version: string };
      expect(document.info.version).toBe(version);
      expect(document.servers.map(({ url }) => url)).toEqual(['/']);
    });

    it('has words for each tag, operation, parameter and answer', () => {
      const tags = document.tags.map(({ name }) => name);
      expect(document.tags.filter(({ description }) => !description)).toEqual([]);
      expect(new Set(contract.operations.flatMap(([, , { tags: used }]) => used))).toEqual(
        new Set(tags),
      );
      const ids = contract.operations.map(([, , { operationId }]) => operationId);
      expect(new Set(ids).size).toBe(ids.length);
      for (const [, , { summary, parameters, responses }] of contract.operations) {
        expect(summary).toMatch(/\w{3}/);
        for (const one of [...parameters.filter((p) => 'name' in p), ...Object.values(responses)]) {
          expect(one).toMatchObject({ description: expect.stringMatching(/\w{2}/) });
        }
      }
    });

    it('names the routes that answer, and no others', () => {
      const { router } = service.app.getHttpAdapter().getInstance() as unknown as {
        router: { stack: { route?: { path: string; methods: Record<string, boolean> } }[] };
      };
      const routes = router.stack
        .flatMap(({ route }) => route ?? [])
        .filter(({ path }) => !/^\/(docs|openapi)/.test(path))
        .flatMap(({ path, methods }) =>
          Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
        )
        .map((route) => route.replaceAll(/:(\w+)/g, '{$1}'));
      const documented = contract.operations.map(([method, path]) => `${method} ${path}`);
      expect(documented.toSorted()).toEqual([...new Set(routes)].toSorted());
    });

    it('shows both ways to be answered, and those without an answer', () => {
      const { responses } = contract.operation('POST', CHAT);
      expect(Object.keys(responses[200]!.content!)).toEqual([
        'application/json',
        'text/event-stream',
      ]);
      expect(Object.keys(responses)).toEqual(expect.arrayContaining(['202', '204']));
      expect(Object.keys(contract.operation('GET', RUN_STREAM).responses[200]!.content!)).toEqual([
        'text/event-stream',
      ]);
    });

    it('knows each chunk', () => {
      expect(document.components.schemas['Chunk']).toMatchObject({
        oneOf: [
          'TextChunk',
          'ReasoningChunk',
          'ToolCallDeltaChunk',
          'ToolCallChunk',
          'ToolResultChunk',
          'ToolProgressChunk',
          'ApprovalRequiredChunk',
          'ApprovalDecidedChunk',
          'ProviderSwitchedChunk',
          'UsageChunk',
          'LastChunk',
          'FailureChunk',
        ].map((name) => ({ $ref: `#/components/schemas/${name}` })),
      });
    });

    it('knows each code of a problem, and which route answers with it', () => {
      const { Problem: problem } = document.components.schemas;
      expect(problem).toMatchObject({ properties: { code: { enum: Object.keys(PROBLEMS) } } });
      const routes = contract.operations
        .filter(([, path]) => !path.startsWith('/health/'))
        .map(([method, path]) => `${method} ${path}`);
      expect(new Set(Object.keys(CODES))).toEqual(new Set(routes));
      for (const [route, codes] of Object.entries(CODES)) {
        const [method, path] = route.split(' ') as [string, string];
        expect([route, codesOf(method, path).toSorted()]).toEqual([
          route,
          [...codes, ...EVERYWHERE].toSorted(),
        ]);
      }
    });

    it('has no example that does not fit its schema', () => {
      let examples = 0;
      for (const { place, type, value } of contract.examples()) {
        examples += 1;
        const faults =
          type === 'text/event-stream'
            ? contract.bodyFaults(place, type, String(value))
            : contract.valueFaults(place, value);
        expect([place.join(' '), faults]).toEqual([place.join(' '), []]);
      }
      expect(examples).toBeGreaterThan(30);
    });
  });

  /** The codes that the document lists for an operation, and no status but the one they have. */
  function codesOf(method: string, path: string): string[] {
    return Object.entries(contract.operation(method, path).responses).flatMap(
      ([status, { content }]) => {
        const media = content?.['application/problem+json'];
        if (media === undefined) return [];
        const { code } = media.schema!['properties'] as {
          code: { enum: (keyof typeof PROBLEMS)[] };
        };
        expect(Object.keys(media.examples!)).toEqual(code.enum);
        for (const one of code.enum) expect(PROBLEMS[one][0]).toBe(Number(status));
        return code.enum;
      },
    );
  }

  describe('held against answers', () => {
    it.each(['/', '/api/v1/models', '/api/v1/agents', '/health/live', '/health/ready'])(
      'is true of GET %s',
      async (path) => {
        expect(expectTrue('GET', path, await ask(path)).status).toBe(200);
      },
    );

    it('is true of what a browser gets at the root', async () => {
      const answered = await ask('/', { headers: { accept: 'text/html' } });
      expect(expectTrue('GET', '/', answered).status).toBe(200);
    });

    const ANSWERS: [string, Script, object, string[]][] = [
      ['text', answer('Hel', 'lo'), {}, ['text', 'stop']],
      [
        'reasoning',
        [role(), reasoning('hm'), text('a'), finish(), usage(), done()],
        {},
        ['reasoning', 'text', 'stop'],
      ],
      [
        'a tool call',
        toolCalls({ id: 'call_1', name: 'add', arguments: { a: 1 } }),
        {},
        ['tool_call_delta', 'tool_call', 'tool_limit'],
      ],
      [
        'its usage, meanwhile',
        [role(), text('a'), pace(1_050), text('b', 'c'), pace(0), finish(), done()],
        { include: ['usage'] },
        ['usage', 'text', 'stop'],
      ],
      [
        'an object',
        answer('{"a":[1,null]}'),
        { response_format: { type: 'json_object' } },
        ['text', 'stop'],
      ],
      [
        'no object, though asked',
        [role(), text('{'), finish('length'), usage(), done()],
        { response_format: { type: 'json_object' } },
        ['text', 'length'],
      ],
      ['nothing', [role(), finish('content_filter'), usage(), done()], {}, ['content_filter']],
    ];

    it.each(ANSWERS)('is true of an answer with %s', async (_, script, body, kinds) => {
      provider.reply(script).reply(script);
      const streamed = expectTrue(
        'POST',
        CHAT,
        await chat({ message: 'Hi', stream: true, ...body }),
      );
      const chunks = dataOf(streamed.body) as Json[];
      const kind = (chunk: Json) => chunk['type'] ?? chunk['finish_reason'] ?? 'text';
      expect(new Set(chunks.map(kind))).toEqual(new Set(kinds));
      const whole = expectTrue('POST', CHAT, await chat({ message: 'Hi', ...body }));
      expect([streamed.status, whole.status]).toEqual([200, 200]);
      const id = String(whole.headers['x-run-id']);
      expectTrue('GET', RUN, await ask(`/api/v1/runs/${id}`));
      expectTrue('GET', RUN_STREAM, await ask(`/api/v1/runs/${id}/stream`));
    });

    it('is true of an answer that fails on its way', async () => {
      const cut = [role(), text('Hel'), errorChunk()];
      provider.reply(cut).reply(cut);
      const streamed = expectTrue('POST', CHAT, await chat({ message: 'Hi', stream: true }));
      expect(dataOf(streamed.body).at(-1)).toMatchObject({ finish_reason: 'error' });
      const whole = expectTrue('POST', CHAT, await chat({ message: 'Hi' }));
      expect(whole.json()).toMatchObject({ status: 503, partial: 'Hel' });
      const id = String(whole.headers['x-run-id']);
      const run = expectTrue('GET', RUN, await ask(`/api/v1/runs/${id}`));
      expect(run.json()).toMatchObject({ state: 'failed' });
    });

    it.each([true, false])(
      'is true of an answer that was cut and gone on with, stream: %p',
      async (stream) => {
        const patient = await startService({ provider });
        try {
          const call = toolCall({ id: 'call_1', name: 'add', arguments: ['{"a":', '1'] });
          provider.reply([role(), text('Hel'), call, drop()]).reply(answer('lo'));
          const answered = await request(patient.url + CHAT, { body: { message: 'Hi', stream } });
          expect(expectTrue('POST', CHAT, answered).status).toBe(200);
          const place = `${patient.url}/api/v1/runs/${String(answered.headers['x-run-id'])}`;
          expectTrue('GET', RUN, await request(place));
          const log = expectTrue('GET', RUN_STREAM, await request(`${place}/stream`));
          const kinds = (dataOf(log.body) as Json[]).map(({ type }) => type);
          expect(kinds).toEqual(expect.arrayContaining(['provider_switched', 'tool_result']));
        } finally {
          await patient.close();
        }
      },
    );

    it('is true of what is said of a provider that fails again and again', async () => {
      const forsaken = await startService({ provider, env: { RETRY_BUDGET: '0' } });
      try {
        const body = { message: 'Hi', model: 'scripted/provider_timeout' };
        for (let call = 0; call < 5; call += 1) await request(forsaken.url + CHAT, { body });
        const refused = await request(forsaken.url + CHAT, { body });
        expect(expectTrue('POST', CHAT, refused).status).toBeGreaterThanOrEqual(503);
        const models = await request(`${forsaken.url}/api/v1/models`);
        expect(expectTrue('GET', '/api/v1/models', models).body).toContain('"circuit":"open"');
        const ready = await request(`${forsaken.url}/health/ready`);
        expect(expectTrue('GET', '/health/ready', ready).body).toContain('"open"');
      } finally {
        await forsaken.close();
      }
    });

    it('is true of conversations, and of what is refused of them', async () => {
      provider.reply(answer('a'));
      const said = await chat({ message: 'Hi' });
      const id = said.json<{ session_id: string }>().session_id;
      const sessions = '/api/v1/sessions';
      const json = { 'content-type': 'application/json' };
      const sent = async (method: string, path: string, body?: object) => {
        const url = sessions + path.replace('{id}', id);
        const options = body === undefined ? {} : { body, headers: json };
        return expectTrue(method, sessions + path, await ask(url, { method, ...options }));
      };
      for (const path of ['', '/{id}', '/{id}/messages', '/{id}/branches']) {
        expect((await sent('GET', path)).status).toBe(200);
      }
      expect((await sent('POST', '', {})).status).toBe(201);
      expect((await sent('POST', '/{id}/fork', {})).status).toBe(201);
      expect((await sent('PATCH', '/{id}', { title: 'x' })).status).toBe(200);
      expect((await sent('PATCH', '/{id}', { title: '' })).status).toBe(400);
      expect((await sent('PATCH', '/{id}', { head_id: NOBODY })).status).toBe(404);
      expect((await sent('DELETE', '/{id}')).status).toBe(204);
      for (const [method, path, body] of [
        ['GET', '/{id}'],
        ['GET', '/{id}/messages'],
        ['DELETE', '/{id}'],
        ['POST', '/{id}/fork', {}],
      ] as const) {
        expect((await sent(method, path, body)).status).toBe(404);
      }
      const approvals = '/api/v1/runs/{id}/approvals';
      const decided = await ask(approvals.replace('{id}', said.json<{ run_id: string }>().run_id), {
        body: { approvals: [{ id: 'c', decision: 'approve' }] },
      });
      expect(expectTrue('POST', approvals, decided).status).toBe(404);
    });

    it('is true of a run in the background, while it goes on and when it is over', async () => {
      const gate = provider.gate();
      provider.reply([role(), text('a'), gate, text('b'), finish(), usage(), done()]);
      const headers = { 'idempotency-key': 'in-the-background' };
      const accepted = await chat({ message: 'Hi', background: true }, headers);
      expect(expectTrue('POST', CHAT, accepted).status).toBe(202);
      await gate.reached;
      const place = accepted.headers.location!;
      expect(expectTrue('GET', RUN, await ask(place)).json()).toMatchObject({ state: 'running' });
      const impatient = await chat({ message: 'Hi' }, { ...headers, prefer: 'wait=0' });
      expect(expectTrue('POST', CHAT, impatient).status).toBe(202);
      gate.open();
      const stream = await openStream(`${service.url}${place}/stream`);
      await stream.ended;
      const seen = { 'last-event-id': stream.events.at(-1)!.id! };
      const over = await ask(`${place}/stream`, { headers: seen });
      expect(expectTrue('GET', RUN_STREAM, over).status).toBe(204);
      const again = await chat({ message: 'Hi', stream: true }, { ...headers, ...seen });
      expect(expectTrue('POST', CHAT, again).status).toBe(204);
    });

    it('is true of a run that was cancelled by its caller, and of the list that it is in', async () => {
      const gate = provider.gate();
      provider.reply([role(), text('a'), gate]);
      const accepted = await chat({ message: 'Hi', background: true });
      await gate.reached;
      expectTrue('GET', RUNS, await ask(`${RUNS}?state=running`));
      const place = accepted.headers.location!;
      const cancelled = await ask(`${place}/cancel`, { method: 'POST' });
      expect(expectTrue('POST', RUN_CANCEL, cancelled).json()).toMatchObject({
        state: 'cancelled',
      });
      const again = await ask(`${place}/cancel`, { method: 'POST' });
      expect(expectTrue('POST', RUN_CANCEL, again).status).toBe(200);
      const listed = expectTrue('GET', RUNS, await ask(`${RUNS}?state=cancelled&limit=1`));
      expect(listed.json()).toMatchObject({ data: [cancelled.json()] });
    });

    it('is true of lists of any length, of pages and of none', async () => {
      provider.reply(answer('a')).reply(answer('b'));
      for (const message of ['Hi', 'Ho']) await chat({ message });
      const page = expectTrue('GET', RUNS, await ask(`${RUNS}?limit=1`));
      expect(page.json()['next_cursor']).not.toBeNull();
      const next = await ask(`${RUNS}?limit=1&cursor=${String(page.json()['next_cursor'])}`);
      expect(expectTrue('GET', RUNS, next).status).toBe(200);
      const none = expectTrue('GET', RUNS, await ask(`${RUNS}?session_id=${NOBODY}`));
      expect(none.json()).toEqual({ data: [], next_cursor: null });
      const refused = expectTrue('GET', RUNS, await ask(`${RUNS}?limit=0`));
      expect(refused.json()).toMatchObject({ code: 'invalid_request' });
    });

    it('is true of a run that nobody watched', async () => {
      const hasty = await startService({ provider, env: { DISCONNECT_GRACE: '10ms' } });
      try {
        const gate = provider.gate();
        provider.reply([role(), text('a'), gate]);
        const left = await openStream(hasty.url + CHAT, {
          body: { message: 'Hi', stream: true, on_disconnect: 'cancel' },
        });
        await left.event(0);
        left.cut();
        await hasty.log.until(({ state }) => state === 'cancelled');
        gate.open();
        const place = `${hasty.url}/api/v1/runs/${String(left.headers['x-run-id'])}`;
        const run = expectTrue('GET', RUN, await request(place));
        expect(run.json()).toMatchObject({ state: 'cancelled' });
        const stream = expectTrue('GET', RUN_STREAM, await request(`${place}/stream`));
        expect(dataOf(stream.body).at(-1)).toMatchObject({ finish_reason: 'cancelled' });
      } finally {
        await hasty.close();
      }
    });

    it.each([true, false])('is true of each problem of a chat with stream: %p', async (stream) => {
      const refused = (body: object, headers = {}) =>
        chat({ message: 'Hi', stream, ...body }, headers);
      const key = { 'idempotency-key': `used-${stream}` };
      const gate = provider.gate();
      provider.reply([role(), text('a'), gate, finish(), usage(), done()]);
      const running = await openStream(service.url + CHAT, {
        body: { message: 'Hi', stream: true },
        headers: key,
      });
      await running.event(0);
      const answers: Answer[] = [];
      provider.always([stall()], { model: 'silent' });
      try {
        answers.push(
          await refused({ message: '' }),
          await chat('{'),
          await refused({ model: 'gpt-9' }),
          await refused({}, { 'idempotency-key': 'unused', 'last-event-id': '3' }),
          await refused({}, { 'last-event-id': '3' }),
          await refused({ session_id: NOBODY }),
          await refused({ agent: 'nobody' }),
          await refused({ session_id: running.headers['x-session-id'] }),
          await refused({ message: 'Ho' }, key),
          await refused({ message: 'a'.repeat(20_000) }),
          await refused({}, { 'content-type': 'text/plain' }),
          await refused({ model: 'keyless-model' }),
          await refused({
            message: [{ type: 'image_url', image_url: { url: 'https://a.example' } }],
          }),
          await refused({
            session_id: running.headers['x-session-id'],
            edit_message_id: NOBODY,
          }),
          await refused({ model: 'scripted/silent', max_seconds: 1 }),
          await overloaded(stream),
        );
        for (const code of Object.keys(FAULTS))
          answers.push(await refused({ model: `scripted/${code}` }));
      } finally {
        gate.open();
      }
      await running.ended;
      for (const answered of answers) expectTrue('POST', CHAT, answered);
      // These come once an answer has begun, which for a stream is too late for a status.
      const later = ['output_invalid', 'approval_timeout'];
      expect(new Set(answers.map((one) => one.json()['code']))).toEqual(
        new Set(CODES[`POST ${CHAT}`]!.filter((code) => !later.includes(code))),
      );
    });

    async function overloaded(stream: boolean): Promise<Answer> {
      const full = await startService({ provider, env: { MAX_ACTIVE_RUNS: '1' } });
      const gate = provider.gate();
      try {
        provider.reply([role(), text('a'), gate, finish(), usage(), done()]);
        const body = { message: 'Hi', stream: true };
        const running = await openStream(full.url + CHAT, { body });
        await running.event(0);
        return await request(full.url + CHAT, { body: { message: 'Hi', stream } });
      } finally {
        gate.open();
        await full.close();
      }
    }

    it('is true of each problem of a run', async () => {
      const forgetful = await startService({ provider, env: { RUN_RETENTION: '10ms' } });
      try {
        provider.reply(answer('a'));
        const gone = await request(forgetful.url + CHAT, { body: { message: 'Hi' } });
        await forgetful.log.until(({ msg }) => msg === 'finished runs swept');
        const expired = `${forgetful.url}/api/v1/runs/${String(gone.headers['x-run-id'])}`;
        for (const [method, path, end] of [
          ['GET', RUN, ''],
          ['GET', RUN_STREAM, '/stream'],
          ['POST', RUN_CANCEL, '/cancel'],
        ] as const) {
          const answers = [
            await request(expired + end, { method }),
            await ask(`/api/v1/runs/${NOBODY}${end}`, { method }),
            await ask(`/api/v1/runs/%FF${end}`, { method }),
          ];
          for (const answered of answers) expectTrue(method, path, answered);
          expect(answers.map((one) => one.json()['code'])).toEqual([
            'run_expired',
            'run_not_found',
            'invalid_request',
          ]);
        }
      } finally {
        await forgetful.close();
      }
      provider.reply(answer('a'));
      const id = String((await chat({ message: 'Hi' })).headers['x-run-id']);
      const beyond = await ask(`/api/v1/runs/${id}/stream?after=99`);
      expectTrue('GET', RUN_STREAM, beyond);
      expect(beyond.json()).toMatchObject({ code: 'position_invalid' });
      const bodies = [
        ['{', 'application/json', 'malformed_json'],
        [`"${'a'.repeat(20_000)}"`, 'application/json', 'body_too_large'],
        ['{}', 'text/plain', 'unsupported_media_type'],
      ] as const;
      for (const [body, type, code] of bodies) {
        const place = `/api/v1/runs/${id}/cancel`;
        const refused = await ask(place, { body, headers: { 'content-type': type } });
        expect(expectTrue('POST', RUN_CANCEL, refused).json()).toMatchObject({ code });
      }
    });

    it('is true of what is kept, while the storage is not there', async () => {
      const store = service.app.get(RunStore);
      const lost = new StorageUnavailableError();
      for (const [method, path, port] of [
        ['POST', CHAT, 'admit'],
        ['GET', RUNS, 'list'],
        ['GET', RUN, 'get'],
        ['GET', RUN_STREAM, 'get'],
        ['POST', RUN_CANCEL, 'get'],
      ] as const) {
        jest.spyOn(store, port).mockRejectedValueOnce(lost);
        const answered =
          path === CHAT
            ? await chat({ message: 'Hi' })
            : await ask(path.replace('{id}', NOBODY), { method });
        expect(expectTrue(method, path, answered).json()).toMatchObject({
          code: 'storage_unavailable',
        });
        expect(answered.headers['retry-after']).toBe('5');
      }
    });

    it('is true of every route while the service stops', async () => {
      const stopping = await startService({ provider });
      try {
        stopping.app.get(Lifecycle).onModuleDestroy();
        for (const [method, path] of contract.operations) {
          const url = stopping.url + path.replace('{id}', NOBODY);
          const answered = await request(url, { method });
          if (path === RUN_STREAM) {
            // Not a problem, which would stop an EventSource: it is told to come again.
            expect([answered.status, answered.body]).toEqual([200, 'retry: 1000\n\n']);
            continue;
          }
          expectTrue(method, path, answered);
          if (!path.startsWith('/health/')) {
            expect(answered.json()).toMatchObject({ code: 'shutting_down' });
          }
        }
        expect((await request(`${stopping.url}/health/ready`)).status).toBe(503);
      } finally {
        await stopping.close();
      }
    });
  });

  describe('held against requests', () => {
    it('shows examples that run', async () => {
      provider.always(answer('{"colours":["green","white","red"]}'));
      const { content } = contract.operation('POST', CHAT).requestBody!;
      const examples = Object.values(content['application/json']!.examples!);
      expect(examples.length).toBeGreaterThanOrEqual(3);
      for (const { value } of examples) {
        const { stream, background, response_format: format } = value as Json;
        const answered = expectTrue('POST', CHAT, await chat(value));
        expect(answered.status).toBe(background === true ? 202 : 200);
        const type = stream === true ? 'text/event-stream' : 'application/json';
        expect(answered.headers['content-type']).toContain(type);
        if (format !== undefined) {
          expect(answered.json()['output']).toEqual({ colours: ['green', 'white', 'red'] });
        }
      }
    });

    it('shows headers that run', async () => {
      provider.always(answer('a'));
      const { parameters } = contract.operation('POST', CHAT);
      const shown = parameters
        .filter((one) => 'name' in one)
        .flatMap(({ name, schema }) => {
          const example = schema?.['example'];
          return typeof example === 'string' ? [[name, example] as const] : [];
        });
      expect(shown.map(([name]) => name)).toEqual(['Idempotency-Key', 'Prefer']);
      for (const [name, value] of shown) {
        const answered = expectTrue('POST', CHAT, await chat({ message: 'Hi' }, { [name]: value }));
        expect(answered.status).toBe(200);
      }
    });

    const BODIES: [accepted: boolean, body: Json][] = [
      [true, { message: 'a' }],
      [true, { message: 'a', messages: null, stream: null, session_id: null, metadata: null }],
      [true, { messages: [{ role: 'user', content: 'a' }], message: null, session_id: null }],
      [true, { message: 'a', model: 'test-model', temperature: 2, max_tokens: 1, include: [] }],
      [true, { message: 'a', metadata: { k: 'v' }, on_busy: 'queue', on_disconnect: 'cancel' }],
      [
        true,
        { message: 'a', response_format: { type: 'json_schema', json_schema: { name: 'a' } } },
      ],
      [true, { message: 'a', response_format: { type: 'text' }, background: true }],
      [true, { message: [{ type: 'text', text: 'a' }], store: false, max_seconds: 60 }],
      [true, { messages: [{ role: 'user', content: [{ type: 'text', text: 'a' }] }] }],
      [false, { message: [] }],
      [false, { message: [{ type: 'text' }] }],
      [false, { message: 'a', regenerate: true, session_id: NOBODY }],
      [false, { regenerate: true }],
      [false, { regenerate: false, session_id: NOBODY }],
      [false, { message: 'a', max_seconds: 0 }],
      [false, { message: 'a', max_seconds: 86_401 }],
      [false, { message: 'a', store: 'no' }],
      [false, {}],
      [false, { message: null }],
      [false, { message: '' }],
      [false, { message: 5 }],
      [false, { message: 'a', messages: [{ role: 'user', content: 'a' }] }],
      [false, { messages: [] }],
      [false, { messages: [{ role: 'tool', content: 'a' }] }],
      [false, { messages: [{ role: 'user', content: 'a', name: 'b' }] }],
      [false, { messages: [{ role: 'user' }] }],
      [false, { messages: [{ role: 'user', content: 'a' }], session_id: NOBODY }],
      [false, { message: 'a', strem: true }],
      [false, { message: 'a', stream: 'yes' }],
      [false, { message: 'a', model: '' }],
      [false, { message: 'a', agent: '' }],
      [false, { message: 'a', max_tokens: 0 }],
      [false, { message: 'a', max_tokens: 1.5 }],
      [false, { message: 'a', max_tokens: 2 ** 60 }],
      [false, { message: 'a', temperature: 2.1 }],
      [false, { message: 'a', background: true, on_disconnect: 'cancel' }],
      [false, { message: 'a', on_busy: 'wait' }],
      [false, { message: 'a', include: ['usage', 'usage'] }],
      [false, { message: 'a', include: ['all'] }],
      [false, { message: 'a', metadata: { k: 1 } }],
      [false, { message: 'a', metadata: { ['k'.repeat(65)]: '' } }],
      [false, { message: 'a', metadata: { k: 'v'.repeat(513) } }],
      [false, { message: 'a', response_format: { type: 'xml' } }],
      [false, { message: 'a', response_format: { type: 'json_schema' } }],
      [false, { message: 'a', response_format: { type: 'text', json_schema: { name: 'a' } } }],
      [false, { message: 'a', response_format: { type: 'text', strict: true } }],
    ];

    const NAMED = BODIES.map(
      ([accepted, body]) => [JSON.stringify(body).slice(0, 80), accepted, body] as const,
    );

    it('agrees with the service on what a list may be asked for', async () => {
      const { parameters } = contract.operation('GET', RUNS);
      const named = parameters.flatMap((one) => ('name' in one && one.in === 'query' ? [one] : []));
      expect(named.map(({ name, required }) => [name, required])).toEqual(
        ['limit', 'cursor', 'session_id', 'state', 'idempotency_key'].map((name) => [name, false]),
      );
      const { limit, state } = Object.fromEntries(named.map(({ name, schema }) => [name, schema!]));
      expect(limit).toMatchObject({ type: 'integer', minimum: 1, maximum: 500, default: 50 });
      for (const [query, status] of [
        ['limit=1', 200],
        ['limit=500', 200],
        ['limit=0', 400],
        ['limit=501', 400],
        ...(state!['enum'] as string[]).map((one) => [`state=${one}`, 200] as const),
        ['state=over', 400],
      ] as const) {
        expect([query, (await ask(`${RUNS}?${query}`)).status]).toEqual([query, status]);
      }
    });

    it.each(NAMED)('agrees with the service on the body %s', async (_, accepted, body) => {
      provider.always(answer('1'));
      const place = ['components', 'schemas', 'ChatRequest'];
      expect(contract.valueFaults(place, body).length === 0).toBe(accepted);
      expect((await chat(body)).status < 300).toBe(accepted);
    });
  });
});
