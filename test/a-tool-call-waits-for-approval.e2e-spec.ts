import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { openStream, request } from './support/http-client.js';
import { chunksOf } from './support/native-chunks.js';
import { answer, toolCalls } from './support/provider/steps.js';
import { ScriptedProvider } from './support/scripted-provider.js';
import { startService, type RunningService } from './support/service.js';
import { TestTools, TestToolsModule, TOOL_AGENT } from './support/test-tools.js';

const mail = (id: string, to: string) => ({ id, name: 'send_mail', arguments: { to } });

describe('a tool call that needs approval', () => {
  let provider: ScriptedProvider;
  let service: RunningService;
  let chat: string;
  let sent: string[];

  beforeAll(async () => {
    provider = await ScriptedProvider.start();
    service = await startService({
      provider,
      env: { HEARTBEAT_INTERVAL: '50ms' },
      modules: [TestToolsModule],
      agentsYaml: {
        agents: {
          assistant: TOOL_AGENT,
          careful: { ...TOOL_AGENT, approval: { required: ['a*'], exempt: ['send_mail'] } },
          hasty: { ...TOOL_AGENT, approval: { timeout: '100ms', on_timeout: 'approve' } },
          strict: { ...TOOL_AGENT, approval: { timeout: '100ms', on_timeout: 'fail' } },
        },
      },
    });
    chat = `${service.url}/api/v1/chat`;
    sent = service.app.get(TestTools, { strict: false }).sent;
  });
  afterAll(async () => {
    await service.close();
    await provider.close();
  });
  afterEach(() => void sent.splice(0));

  const stream = (body: object = {}) =>
    openStream(chat, { body: { message: 'Hi', stream: true, ...body } });
  const decide = (runId: string, ...approvals: object[]) =>
    request(`${service.url}/api/v1/runs/${runId}/approvals`, { body: { approvals } });
  const runOf = (id: string) => request(`${service.url}/api/v1/runs/${id}`);
  /** A stream up to where it waits. */
  async function waiting(body: object = {}) {
    const reading = await stream(body);
    for (let index = 0; ; index += 1) {
      const event = await reading.event(index);
      if (event.data.includes('"approval_required"')) {
        return { reading, event, runId: reading.headers['x-run-id'] as string };
      }
    }
  }

  it('waits, shows that it does, and is made once it is approved', async () => {
    provider.reply(toolCalls(mail('c1', 'ann'))).reply(answer('Done.'));
    const { reading, event, runId } = await waiting();
    expect(event.data).toBe(
      '{"content":"","done":false,"model":"test-model","type":"approval_required",' +
        '"approvals":[{"id":"c1","name":"send_mail","arguments":{"to":"ann"}}]}',
    );
    expect((await runOf(runId)).json()).toMatchObject({
      state: 'waiting',
      approvals: [{ id: 'c1', name: 'send_mail', arguments: { to: 'ann' } }],
    });
    const listed = await request(`${service.url}/api/v1/runs?state=waiting`);
    expect(listed.json<{ data: unknown[] }>().data).toHaveLength(1);
    // The stream stays open.
    await reading.comment(1);
    expect(sent).toEqual([]);
    const decided = await decide(runId, { id: 'c1', decision: 'approve' });
    expect(decided.status).toBe(200);
    expect(decided.json()).not.toHaveProperty('approvals');
    expect(['running', 'completed']).toContain(decided.json()['state']);
    expect(await reading.ended).toBe('end');
    expect(sent).toEqual(['ann']);
    const chunks = chunksOf(reading.events);
    expect(chunks.find(({ type }) => type === 'approval_decided')).toMatchObject({
      decisions: [{ id: 'c1', decision: 'approve', by: 'caller' }],
    });
    expect(chunks.find(({ type }) => type === 'tool_result')).toMatchObject({
      tool_result: { content: 'Sent to ann.', is_error: false },
    });
  });

  it('is not made once it is rejected, and its model is told why', async () => {
    provider.reply(toolCalls(mail('c1', 'ann'))).reply(answer('I did not.'));
    const { reading, runId } = await waiting();
    await decide(runId, { id: 'c1', decision: 'reject', reason: 'Too late in the day.' });
    await reading.ended;
    expect(sent).toEqual([]);
    expect(provider.requests.at(-1)!.body.messages.at(-1)).toEqual({
      role: 'tool',
      tool_call_id: 'c1',
      content: 'The user has rejected this call. Reason: Too late in the day.',
    });
  });

  it('is made with other arguments where the caller changes them; each call by itself', async () => {
    provider.reply(toolCalls(mail('c1', 'ann'), mail('c2', 'bob'))).reply(answer('Done.'));
    const { reading, runId } = await waiting();
    const first = await decide(runId, {
      id: 'c2',
      decision: 'approve',
      arguments: { to: 'carl' },
    });
    expect(first.json()).toMatchObject({ state: 'waiting', approvals: [{ id: 'c1' }] });
    await decide(runId, { id: 'c1', decision: 'approve' });
    await reading.ended;
    expect(sent).toEqual(['carl', 'ann']);
    expect(provider.requests.at(-1)!.body.messages.at(-1)).toMatchObject({
      tool_call_id: 'c2',
      content: 'The user has changed the arguments to {"to":"carl"}.\nSent to carl.',
    });
  });

  it('answers a JSON request with 202, since its caller has to hear of it', async () => {
    provider.reply(toolCalls(mail('c1', 'ann'))).reply(answer('Done.'));
    const answered = await request(chat, { body: { message: 'Hi' } });
    expect(answered.status).toBe(202);
    const { run_id: runId, ...rest } = answered.json<{ run_id: string }>();
    expect(answered.headers.location).toBe(`/api/v1/runs/${runId}`);
    expect(rest).toEqual({
      state: 'waiting',
      approvals: [{ id: 'c1', name: 'send_mail', arguments: { to: 'ann' } }],
    });
    const key = { 'idempotency-key': 'mail' };
    await decide(runId, { id: 'c1', decision: 'approve' });
    const followed = await openStream(`${service.url}/api/v1/runs/${runId}/stream`);
    await followed.ended;
    expect((await runOf(runId)).json()).toMatchObject({ state: 'completed', text: 'Done.' });
    // A repeat of a request whose calls were decided on gets the answer.
    provider.reply(toolCalls(mail('c1', 'ann'))).reply(answer('Done.'));
    const keyed = await request(chat, { body: { message: 'Hi' }, headers: key });
    await decide(keyed.json<{ run_id: string }>().run_id, { id: 'c1', decision: 'approve' });
    const repeated = await request(chat, { body: { message: 'Hi' }, headers: key });
    expect(repeated.status).toBe(200);
    expect(repeated.json()).toMatchObject({ message: { content: 'Done.' } });
  });

  it('is decided on once, and by nobody who means another one', async () => {
    provider.reply(toolCalls(mail('c1', 'ann'), mail('c2', 'bob'))).reply(answer('Done.'));
    const { reading, runId } = await waiting();
    const approve = (id: string) => ({ id, decision: 'approve' });
    const twice = await Promise.all([decide(runId, approve('c1')), decide(runId, approve('c1'))]);
    expect(twice.map(({ status }) => status).sort()).toEqual([200, 409]);
    expect(twice.find(({ status }) => status === 409)!.json()).toMatchObject({
      code: 'approval_decided',
    });
    const other = await decide(runId, approve('c2'), approve('c9'));
    expect(other.status).toBe(404);
    expect(other.json()).toMatchObject({ code: 'approval_not_found' });
    expect((await decide('ffffffff-ffff-7fff-8fff-ffffffffffff', approve('c2'))).status).toBe(404);
    expect((await runOf(runId)).json()).toMatchObject({ approvals: [{ id: 'c2' }] });
    await decide(runId, approve('c2'));
    await reading.ended;
    const late = await decide(runId, approve('c2'));
    expect(late.status).toBe(409);
    expect(late.json()).toMatchObject({ code: 'approval_decided' });
    expect(sent.sort()).toEqual(['ann', 'bob']);
  });

  it.each<[string, unknown, string]>([
    ['no decisions', [], '#/approvals'],
    ['no list', 'c1', '#/approvals'],
    ['an unknown word', [{ id: 'c1', decision: 'maybe' }], '#/approvals/0/decision'],
    ['no id', [{ decision: 'approve' }], '#/approvals/0/id'],
    [
      'a reason to approve',
      [{ id: 'c1', decision: 'approve', reason: 'x' }],
      '#/approvals/0/reason',
    ],
    [
      'arguments to reject',
      [{ id: 'c1', decision: 'reject', arguments: {} }],
      '#/approvals/0/arguments',
    ],
    [
      'arguments that are no object',
      [{ id: 'c1', decision: 'approve', arguments: [] }],
      '#/approvals/0/arguments',
    ],
    [
      'one call twice',
      [
        { id: 'c1', decision: 'approve' },
        { id: 'c1', decision: 'reject' },
      ],
      '#/approvals/1',
    ],
    ['more than is asked', [{ id: 'c1', decision: 'approve', by: 'timeout' }], '#/approvals/0/by'],
  ])('is not decided on with %s', async (_, approvals, pointer) => {
    const url = `${service.url}/api/v1/runs/0198c2a4-7d3e-7c55-9f0a-2b1f6c1d9e21/approvals`;
    const refused = await request(url, { body: { approvals } });
    expect(refused.status).toBe(400);
    expect(refused.json()).toMatchObject({ code: 'invalid_request', errors: [{ pointer }] });
  });

  it('is one where the agent’s policy says so, and none where it is exempt', async () => {
    provider
      .reply(toolCalls(mail('c1', 'ann'), { id: 'c2', name: 'add', arguments: { a: 1, b: 2 } }))
      .reply(answer('Done.'));
    const { reading, event, runId } = await waiting({ agent: 'careful' });
    expect(event.json()).toMatchObject({ approvals: [{ id: 'c2', name: 'add' }] });
    await decide(runId, { id: 'c2', decision: 'approve' });
    await reading.ended;
    expect(sent).toEqual(['ann']);
  });

  it('is decided on by the policy where nobody does in time', async () => {
    provider.reply(toolCalls(mail('c1', 'ann'))).reply(answer('Done.'));
    const { reading } = await waiting({ agent: 'hasty' });
    await reading.ended;
    expect(sent).toEqual(['ann']);
    provider.reply(toolCalls(mail('c1', 'bob')));
    const strict = await waiting({ agent: 'strict' });
    await strict.reading.ended;
    expect(sent).toEqual(['ann']);
    expect(chunksOf(strict.reading.events).at(-1)).toMatchObject({
      finish_reason: 'error',
      error: { code: 'approval_timeout', retryable: true },
    });
  });

  it('ends with its run where that is cancelled', async () => {
    provider.reply(toolCalls(mail('c1', 'ann')));
    const { reading, runId } = await waiting();
    const cancelled = await request(`${service.url}/api/v1/runs/${runId}/cancel`, {
      method: 'POST',
    });
    expect(cancelled.json()).toMatchObject({ state: 'cancelled', finish_reason: 'cancelled' });
    expect(cancelled.json()).not.toHaveProperty('approvals');
    await reading.ended;
    expect(chunksOf(reading.events).find(({ type }) => type === 'tool_result')).toMatchObject({
      tool_result: { content: 'This call was not made: the run was cancelled.', is_error: true },
    });
    expect((await decide(runId, { id: 'c1', decision: 'approve' })).status).toBe(409);
  });
});
