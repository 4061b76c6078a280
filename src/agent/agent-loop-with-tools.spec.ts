import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { drop } from '../../test/support/provider/faults.js';
import {
  answer,
  done,
  finish,
  role,
  text,
  toolCall,
  toolCalls,
  usage,
} from '../../test/support/provider/steps.js';
import { ScriptedProvider } from '../../test/support/scripted-provider.js';
import type { AgentConfig } from '../config/agents-config.js';
import { RunCancelledError, RunInterruptedError, RunReleasedError } from '../runs/run-errors.js';
import type { RunEventBody } from '../runs/run-event.js';
import type { ToolContext } from '../tools/tool.js';
import { AgentAtWork, type TestTool } from './testing/agent-at-work.js';

const SYSTEM = { role: 'system', content: 'Be brief.' };
const HI = { role: 'user', content: 'Hi' };

const add: TestTool = {
  run: (args) => {
    const { a, b } = args as { a: number; b: number };
    return { content: String(a + b), isError: false };
  },
};
const call = (id: string, name: string, args: Record<string, unknown>) => ({
  id,
  name,
  arguments: args,
});
const result = (id: string, name: string, content: string, isError = false): RunEventBody => ({
  type: 'tool_result',
  toolResult: { id, name, content, isError },
});
const calledAs = (id: string, name: string, args: string) => ({
  id,
  type: 'function',
  function: { name, arguments: args },
});

describe('the agent loop with tools', () => {
  let provider: ScriptedProvider;
  const agents: AgentAtWork[] = [];

  beforeEach(async () => {
    provider = await ScriptedProvider.start();
  });
  afterEach(async () => {
    for (const agent of agents.splice(0)) agent.close();
    await provider.close();
  });

  function agentWith(tools: Record<string, TestTool>, config: Partial<AgentConfig> = {}) {
    const agent = new AgentAtWork(provider.baseUrl, tools, config);
    agents.push(agent);
    return agent;
  }
  const asked = () => provider.requests.map(({ body }) => body.messages as unknown[]);

  it('calls tools, and tells the model what they have said', async () => {
    provider
      .reply([
        role(),
        text('Let me see.'),
        toolCall(call('c1', 'add', { a: 1, b: 2 })),
        finish('tool_calls'),
        usage(),
        done(),
      ])
      .reply(toolCalls(call('c2', 'add', { a: 3, b: 4 })))
      .reply(answer('It is 7.'));
    const agent = agentWith({ add });
    const { outcome, said } = await agent.work();
    expect(provider.requests[0]!.body['tools']).toEqual([
      {
        type: 'function',
        function: { name: 'add', description: 'Does add.', parameters: { type: 'object' } },
      },
    ]);
    const first = {
      role: 'assistant',
      content: 'Let me see.',
      tool_calls: [calledAs('c1', 'add', '{"a":1,"b":2}')],
    };
    const second = {
      role: 'assistant',
      content: null,
      tool_calls: [calledAs('c2', 'add', '{"a":3,"b":4}')],
    };
    const three = { role: 'tool', tool_call_id: 'c1', content: '3' };
    const seven = { role: 'tool', tool_call_id: 'c2', content: '7' };
    expect(asked()).toEqual([
      [SYSTEM, HI],
      [SYSTEM, HI, first, three],
      [SYSTEM, HI, first, three, second, seven],
    ]);
    expect(agent.events.filter(({ type }) => type !== 'tool_call_delta')).toEqual([
      { type: 'text', text: 'Let me see.' },
      { type: 'tool_call', toolCall: call('c1', 'add', { a: 1, b: 2 }) },
      { type: 'turn_finished', finishReason: 'tool_calls', usage: expect.anything() },
      { type: 'tool_started', id: 'c1' },
      result('c1', 'add', '3'),
      { type: 'tool_call', toolCall: call('c2', 'add', { a: 3, b: 4 }) },
      { type: 'turn_finished', finishReason: 'tool_calls', usage: expect.anything() },
      { type: 'tool_started', id: 'c2' },
      result('c2', 'add', '7'),
      // Two turns do not run into each other.
      { type: 'text', text: '\n\nIt is 7.' },
      { type: 'turn_finished', finishReason: 'stop', usage: expect.anything() },
    ]);
    expect(outcome).toMatchObject({
      state: 'completed',
      finishReason: 'stop',
      text: 'Let me see.\n\nIt is 7.',
      attempts: 3,
      usage: { inputTokens: 30 },
    });
    expect(said.map((message) => message.role)).toEqual([
      'assistant',
      'tool',
      'assistant',
      'tool',
      'assistant',
    ]);
  });

  it('offers none to a model that cannot call any', async () => {
    provider.reply(answer('Hello.'));
    const agent = new AgentAtWork(provider.baseUrl, { add }, {}, ['vision']);
    agents.push(agent);
    await agent.work();
    expect(provider.requests[0]!.body).not.toHaveProperty('tools');
  });

  it('makes parallel calls in parallel, within the limit, and tells them in the order of the calls', async () => {
    const arrived: string[] = [];
    const gates = new Map<string, () => void>();
    const gated: TestTool = {
      run: (_, { callId }) => {
        arrived.push(callId);
        return new Promise((resolve) =>
          gates.set(callId, () => resolve({ content: callId, isError: false })),
        );
      },
    };
    const limits = { turns: 10, toolCalls: 50, parallelToolCalls: 2 };
    const agent = agentWith({ gated }, { limits });
    provider
      .reply(toolCalls(...['c1', 'c2', 'c3'].map((id) => call(id, 'gated', {}))))
      .reply(answer('Done.'));
    const ended = agent.work();
    while (arrived.length < 2) await setImmediate();
    for (let turns = 0; turns < 10; turns += 1) await setImmediate();
    expect(arrived).toEqual(['c1', 'c2']);
    gates.get('c2')!();
    while (arrived.length < 3) await setImmediate();
    gates.get('c3')!();
    while (agent.of('tool_result').length < 2) await setImmediate();
    gates.get('c1')!();
    await ended;
    expect(agent.of('tool_result').map(({ toolResult }) => toolResult.id)).toEqual([
      'c2',
      'c3',
      'c1',
    ]);
    expect(asked()[1]!.slice(3)).toEqual(
      ['c1', 'c2', 'c3'].map((id) => ({ role: 'tool', tool_call_id: id, content: id })),
    );
  });

  it('lets a tool tell how far it is, while others are at work', async () => {
    const slow: TestTool = {
      run: async (_, { progress }) => {
        progress({ message: 'half', progress: 1, total: 2 });
        await setImmediate();
        return { content: 'ok', isError: false };
      },
    };
    const agent = agentWith({ slow });
    provider
      .reply(toolCalls(call('c1', 'slow', {}), call('c2', 'slow', {})))
      .reply(answer('Done.'));
    await agent.work();
    expect(agent.of('tool_progress')).toEqual(
      ['c1', 'c2'].map((id) => ({
        type: 'tool_progress',
        toolProgress: { id, name: 'slow', message: 'half', progress: 1, total: 2 },
      })),
    );
  });

  it('gives each call a key of its own, the same for each try', async () => {
    const keys: string[] = [];
    const keyed: TestTool = {
      idempotent: true,
      run: (_, { idempotencyKey }) => {
        keys.push(idempotencyKey);
        return { content: 'ok', isError: false };
      },
    };
    const agent = agentWith({ keyed });
    provider.reply(toolCalls(call('c1', 'keyed', {}), call('c2', 'keyed', {}))).reply(answer('x'));
    await agent.work();
    agent.events.splice(agent.events.findIndex(({ type }) => type === 'tool_result'));
    provider.reply(answer('x'));
    await agent.work();
    expect(keys).toEqual(['r:c1', 'r:c2', 'r:c1', 'r:c2']);
  });

  describe('ends the run at the limit', () => {
    const loop = toolCalls(call('c', 'add', { a: 1, b: 1 }));

    it('of turns, without a call that nobody would hear of', async () => {
      provider.always(loop);
      const limits = { turns: 3, toolCalls: 50, parallelToolCalls: 4 };
      const agent = agentWith({ add }, { limits });
      const { outcome, said } = await agent.work();
      expect(outcome).toMatchObject({
        state: 'completed',
        finishReason: 'turn_limit',
        attempts: 3,
      });
      expect(agent.of('tool_result').map(({ toolResult }) => toolResult.content)).toEqual([
        '2',
        '2',
        'This call was not made: the run has reached its limit of turns.',
      ]);
      expect(said.filter((message) => message.role === 'tool')).toHaveLength(3);
    });

    it('of tool calls, those that are within it made', async () => {
      provider.always(
        toolCalls(call('c', 'add', { a: 1, b: 1 }), call('d', 'add', { a: 2, b: 2 })),
      );
      const limits = { turns: 10, toolCalls: 3, parallelToolCalls: 4 };
      const agent = agentWith({ add }, { limits });
      const { outcome } = await agent.work();
      expect(outcome).toMatchObject({ finishReason: 'tool_limit', attempts: 2 });
      expect(
        agent
          .of('tool_result')
          .map(({ toolResult }) => toolResult.content)
          .sort(),
      ).toEqual([
        '2',
        '2',
        '4',
        'This call was not made: the run has reached its limit of tool calls.',
      ]);
    });

    it('of tokens', async () => {
      provider.always(loop);
      const limits = { turns: 10, toolCalls: 50, parallelToolCalls: 4, tokens: 25 };
      const { outcome } = await agentWith({ add }, { limits }).work();
      expect(outcome).toMatchObject({ finishReason: 'length', attempts: 3 });
    });

    it('of time, with what there is', async () => {
      provider.reply([
        role(),
        text('One'),
        toolCall(call('c', 'never', {})),
        finish('tool_calls'),
        usage(),
        done(),
      ]);
      const timeMs = 20_000;
      jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
      const never: TestTool = {
        run: (_, { signal }) =>
          new Promise((_resolve, reject) => {
            signal.addEventListener('abort', () => reject(signal.reason as Error));
            jest.advanceTimersByTime(timeMs);
          }),
      };
      const limits = { turns: 10, toolCalls: 50, parallelToolCalls: 4, timeMs };
      const agent = agentWith({ never }, { limits });
      const { outcome } = await agent.work().finally(() => jest.useRealTimers());
      expect(outcome).toMatchObject({
        state: 'failed',
        text: 'One',
        error: { code: 'run_timeout' },
      });
      expect(agent.events.at(-1)).toEqual(
        result('c', 'never', 'This call was interrupted; it may or may not have run.', true),
      );
    });
  });

  it('closes open calls when it is cancelled', async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const never: TestTool = {
      run: (_, context) =>
        new Promise((_resolve, reject) => {
          context.signal.addEventListener('abort', () => reject(context.signal.reason as Error));
          controller.abort(new RunCancelledError('enough'));
        }),
    };
    const agent = agentWith({ never });
    provider.reply(toolCalls(call('c', 'never', {})));
    const { outcome, said } = await agent.work({ signal });
    expect(outcome).toMatchObject({ state: 'cancelled', finishReason: 'cancelled' });
    expect(said).toEqual([
      expect.objectContaining({ role: 'assistant' }),
      expect.objectContaining({ role: 'tool', toolCallId: 'c', isError: true }),
    ]);
  });

  it('keeps what the turns before have said where the model then fails', async () => {
    provider
      .reply(toolCalls(call('c', 'add', { a: 1, b: 1 })))
      .reply([role(), text('It '), drop()]);
    const agent = agentWith({ add });
    const { outcome, said } = await agent.work();
    expect(outcome).toMatchObject({ state: 'failed', text: 'It ' });
    expect(said.map(({ role }) => role)).toEqual(['assistant', 'tool', 'assistant']);
  });

  describe('of a run that was taken over', () => {
    const calls = toolCalls(call('c1', 'add', { a: 1, b: 2 }), call('c2', 'add', { a: 3, b: 4 }));

    /** What is left when the process dies right after an event. */
    async function diedAfter(agent: AgentAtWork, isLast: (event: RunEventBody) => boolean) {
      provider.reply(calls).reply(answer('never said'));
      await agent.work();
      agent.events.splice(agent.events.findIndex(isLast) + 1);
    }

    it('makes the calls that nobody had begun', async () => {
      const agent = agentWith({ add });
      await diedAfter(agent, ({ type }) => type === 'turn_finished');
      provider.reply(answer('3 and 7.'));
      const { outcome } = await agent.work();
      expect(
        agent
          .of('tool_result')
          .map(({ toolResult }) => toolResult.content)
          .sort(),
      ).toEqual(['3', '7']);
      expect(asked().at(-1)!.slice(2)).toEqual([
        {
          role: 'assistant',
          content: null,
          tool_calls: [
            calledAs('c1', 'add', '{"a":1,"b":2}'),
            calledAs('c2', 'add', '{"a":3,"b":4}'),
          ],
        },
        { role: 'tool', tool_call_id: 'c1', content: '3' },
        { role: 'tool', tool_call_id: 'c2', content: '7' },
      ]);
      expect(outcome).toMatchObject({ state: 'completed', text: '3 and 7.', attempts: 2 });
    });

    it.each([
      [true, ['3', '7'], 4],
      [
        false,
        [
          'This call was interrupted; it may or may not have run.',
          'This call was interrupted; it may or may not have run.',
        ],
        2,
      ],
    ])(
      'makes calls that were begun again only where that does no harm (%p)',
      async (idempotent, results, times) => {
        let made = 0;
        const counted: TestTool = {
          ...add,
          idempotent,
          run: (args, context: ToolContext) => {
            made += 1;
            return add.run(args, context);
          },
        };
        const agent = agentWith({ add: counted });
        await diedAfter(agent, (event) => event.type === 'tool_started' && event.id === 'c2');
        provider.reply(answer('Done.'));
        await agent.work();
        expect(agent.of('tool_result').map(({ toolResult }) => toolResult.content)).toEqual(
          results,
        );
        expect(made).toBe(times);
        expect(agent.of('tool_started')).toHaveLength(2);
      },
    );

    it('goes on with the next turn where all results are there', async () => {
      const agent = agentWith({ add });
      await diedAfter(
        agent,
        (event) => event.type === 'tool_result' && event.toolResult.id === 'c2',
      );
      const before = agent.of('tool_result').length;
      provider.reply(answer('Done.'));
      const { outcome } = await agent.work();
      expect(before).toBe(2);
      expect(agent.of('tool_result')).toHaveLength(2);
      expect(outcome).toMatchObject({ text: 'Done.', attempts: 2 });
    });

    it('closes what is open where it cannot be gone on with', async () => {
      const agent = agentWith({ add });
      await diedAfter(agent, (event) => event.type === 'tool_started' && event.id === 'c1');
      const interrupted = new RunInterruptedError('This answer was interrupted for too long.');
      const { outcome } = await agent.work({ interrupted });
      expect(outcome).toMatchObject({ state: 'failed', error: interrupted });
      expect(agent.of('tool_result').map(({ toolResult }) => toolResult.content)).toEqual([
        'This call was interrupted; it may or may not have run.',
        expect.stringContaining('This call was not made'),
      ]);
    });
  });

  describe('asks first', () => {
    const approval = {
      required: ['add'],
      exempt: [],
      timeoutMs: 60_000,
      onTimeout: 'reject',
    } as const;
    const calls = toolCalls(call('c1', 'add', { a: 1, b: 2 }), call('c2', 'add', { a: 3, b: 4 }));
    const active = { run: { id: 'r' }, settled: new Promise<void>(() => {}) } as never;

    it('and makes, changes or leaves the calls as was decided, each by itself', async () => {
      const agent = agentWith({ add }, { approval });
      provider.reply(calls).reply(answer('Done.'));
      const ended = agent.work();
      while (agent.of('approval_required').length === 0) await setImmediate();
      expect(agent.of('approval_required')).toEqual([
        {
          type: 'approval_required',
          approvals: [call('c1', 'add', { a: 1, b: 2 }), call('c2', 'add', { a: 3, b: 4 })],
          decideBefore: expect.any(Number),
        },
      ]);
      expect(agent.waits).toEqual([true]);
      const changed = {
        id: 'c1',
        decision: 'approve',
        arguments: { a: 10, b: 2 },
        by: 'caller',
      } as const;
      await agent.approvals.decide(active, [changed]);
      while (agent.of('tool_result').length === 0) await setImmediate();
      expect(agent.waits).toEqual([true]);
      const rejected = {
        id: 'c2',
        decision: 'reject',
        reason: 'Too large.',
        by: 'caller',
      } as const;
      await agent.approvals.decide(active, [rejected]);
      expect(agent.waits).toEqual([true, false]);
      await ended;
      expect(asked()[1]!.slice(3)).toEqual([
        {
          role: 'tool',
          tool_call_id: 'c1',
          content: 'The user has changed the arguments to {"a":10,"b":2}.\n12',
        },
        {
          role: 'tool',
          tool_call_id: 'c2',
          content: 'The user has rejected this call. Reason: Too large.',
        },
      ]);
      expect(agent.of('approval_decided').map(({ decisions }) => decisions)).toEqual([
        [changed],
        [rejected],
      ]);
    });

    it('once: what is decided stays so, and what nobody was asked is unknown', async () => {
      const agent = agentWith({ add }, { approval });
      provider.reply(calls).reply(answer('Done.'));
      const ended = agent.work();
      while (agent.of('approval_required').length === 0) await setImmediate();
      const approve = (id: string) => ({ id, decision: 'approve', by: 'caller' }) as const;
      const both = Promise.allSettled([
        agent.approvals.decide(active, [approve('c1')]),
        agent.approvals.decide(active, [approve('c1')]),
      ]);
      expect((await both).map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
      await expect(
        agent.approvals.decide(active, [approve('c2'), approve('c9')]),
      ).rejects.toMatchObject({
        code: 'approval_not_found',
      });
      await expect(
        agent.approvals.decide(active, [approve('c2'), approve('c1')]),
      ).rejects.toMatchObject({
        code: 'approval_decided',
      });
      expect(agent.of('approval_decided')).toHaveLength(1);
      await agent.approvals.decide(active, [approve('c2')]);
      await ended;
    });

    it.each([
      [
        'reject',
        'completed',
        'The user has rejected this call. Reason: Nobody has decided in time.',
      ],
      ['approve', 'completed', '3'],
      ['fail', 'failed', 'The user has rejected this call. Reason: Nobody has decided in time.'],
    ] as const)(
      'and does as its policy says where nobody decides: %s',
      async (onTimeout, state, content) => {
        const agent = agentWith({ add }, { approval: { ...approval, timeoutMs: 20, onTimeout } });
        provider.reply(toolCalls(call('c1', 'add', { a: 1, b: 2 }))).reply(answer('Done.'));
        const { outcome } = await agent.work();
        expect(agent.of('tool_result')).toEqual([result('c1', 'add', content, content !== '3')]);
        expect(outcome.state).toBe(state);
        if (state === 'failed') expect(outcome.error).toMatchObject({ code: 'approval_timeout' });
      },
    );

    it('by the mark of the tool, unless the policy exempts it', async () => {
      const marked = { ...add, needsApproval: true };
      const exempt = agentWith(
        { add: marked },
        { approval: { ...approval, required: ['*'], exempt: ['a*'] } },
      );
      provider.reply(calls).reply(answer('Done.'));
      await exempt.work();
      expect(exempt.of('approval_required')).toEqual([]);
      const agent = agentWith(
        { add: marked },
        { approval: { ...approval, required: [], timeoutMs: 20 } },
      );
      provider.reply(calls).reply(answer('Done.'));
      await agent.work();
      expect(agent.of('approval_required')).toHaveLength(1);
    });

    it('and does not while nobody needs to: calls of other tools are made at once', async () => {
      const other: TestTool = { run: () => ({ content: 'ok', isError: false }) };
      const agent = agentWith({ add, other }, { approval });
      provider
        .reply(
          toolCalls(
            call('c1', 'add', { a: 1, b: 2 }),
            call('c2', 'other', {}),
            call('c3', 'gone', {}),
          ),
        )
        .reply(answer('Done.'));
      const ended = agent.work();
      while (agent.of('tool_result').length < 2) await setImmediate();
      expect(agent.of('tool_result').map(({ toolResult }) => toolResult.id)).toEqual(['c2', 'c3']);
      await agent.approvals.decide(active, [{ id: 'c1', decision: 'approve', by: 'caller' }]);
      await ended;
    });

    it('does not count the wait as time of the run', async () => {
      const limits = { turns: 10, toolCalls: 50, parallelToolCalls: 4, timeMs: 2_000 };
      const agent = agentWith({ add }, { approval: { ...approval, timeoutMs: 2_500 }, limits });
      provider.reply(toolCalls(call('c1', 'add', { a: 1, b: 2 }))).reply(answer('Done.'));
      const { outcome } = await agent.work();
      expect(outcome).toMatchObject({ state: 'completed', text: 'Done.' });
    });

    it('for longer than the run may take, also by its next owner', async () => {
      const limits = { turns: 10, toolCalls: 50, parallelToolCalls: 4, timeMs: 5_000 };
      const agent = agentWith({ add }, { approval, limits });
      provider.reply(toolCalls(call('c1', 'add', { a: 1, b: 2 }))).reply(answer('Done.'));
      const controller = new AbortController();
      const released = agent.work({ signal: controller.signal });
      while (agent.of('approval_required').length === 0) await setImmediate();
      controller.abort(new RunReleasedError());
      await expect(released).rejects.toBeInstanceOf(RunReleasedError);
      const ended = agent.work({}, { createdAt: Date.now() - 3_600_000 });
      while (agent.waits.length < 2) await setImmediate();
      await agent.approvals.decide(active, [{ id: 'c1', decision: 'approve', by: 'caller' }]);
      expect((await ended).outcome).toMatchObject({ state: 'completed', text: 'Done.' });
    });

    it('and is released while it waits; the next owner waits on, and asks nobody again', async () => {
      const agent = agentWith({ add }, { approval });
      provider.reply(calls).reply(answer('Done.'));
      const controller = new AbortController();
      const released = agent.work({ signal: controller.signal });
      while (agent.of('approval_required').length === 0) await setImmediate();
      await agent.approvals.decide(active, [{ id: 'c2', decision: 'reject', by: 'caller' }]);
      controller.abort(new RunReleasedError());
      await expect(released).rejects.toBeInstanceOf(RunReleasedError);
      const ended = agent.work();
      await agent.approvals.decide(active, [{ id: 'c1', decision: 'approve', by: 'caller' }]);
      const { outcome } = await ended;
      expect(outcome).toMatchObject({ state: 'completed', text: 'Done.' });
      expect(agent.of('approval_required')).toHaveLength(1);
      expect(
        agent
          .of('tool_result')
          .map(({ toolResult }) => toolResult.content)
          .sort(),
      ).toEqual(['3', 'The user has rejected this call.']);
    });
  });
});
