import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { continuing } from '../../test/support/provider/continuing.js';
import { drop, httpError, rateLimited, stall } from '../../test/support/provider/faults.js';
import {
  answer,
  done,
  finish,
  reasoning,
  role,
  text,
  toolCalls,
  usage,
} from '../../test/support/provider/steps.js';
import { ScriptedProvider } from '../../test/support/scripted-provider.js';
import { AGENT_DEFAULTS, AgentsConfig } from '../config/agents-config.js';
import { ModelsConfig, OFFLINE_MODEL, type Continuation } from '../config/models-config.js';
import { Settings } from '../config/settings.js';
import type { Logger } from '../logging/logger.js';
import { ModelRegistry } from '../models/model-registry.js';
import { modelConfig, providerConfig } from '../models/openai/testing/answers.js';
import { modelRegistry } from '../models/testing/model-registry.js';
import { estimateUsage } from '../models/token-count.js';
import { RunCancelledError, RunInterruptedError, RunReleasedError } from '../runs/run-errors.js';
import type { RunEventBody } from '../runs/run-event.js';
import { ProgressReducer, type RunProgress } from '../runs/run-progress.js';
import type { RunContext } from '../runs/run-work.js';
import type { Run, RunRequest } from '../runs/run.js';
import { AgentNotFoundError } from './agent-errors.js';
import { AgentLoop } from './agent-loop.js';
import { AgentRegistry } from './agent-registry.js';
import { NO_HISTORY, toolboxOf } from './testing/agent-at-work.js';
import { JsonSchemas } from '../schemas/json-schemas.js';
import { Outputs } from './output/outputs.js';
import { Approvals } from './tool-calls/approvals.js';
import { ModelTurns } from './turn/model-turns.js';

const TRUTH = 'The quick brown fox jumps over the lazy dog, and then it sleeps.';
const HALF = 'The quick brown fox ju';
const HI = { role: 'user', content: 'Hi' } as const;
const SYSTEM = { role: 'system', content: 'Be brief.' } as const;
/** What the scripted provider tells of its calls, but for the output. */
const PROMPT_TOKENS = 10;

const SILENT = { debug() {}, info() {}, warn() {}, error() {} } satisfies Logger;

describe('the agent loop', () => {
  let provider: ScriptedProvider;
  let models: ModelRegistry | undefined;

  beforeEach(async () => {
    provider = await ScriptedProvider.start();
  });
  afterEach(async () => {
    models?.onApplicationShutdown();
    await provider.close();
  });

  interface Work {
    /** What the log holds of the owners before. @default nothing: a new run */
    log?: readonly RunEventBody[];
    continuation?: Continuation;
    /** Whether the model has a fallback, `spare`. @default false */
    fallback?: boolean;
    /** @default each model is called once, and goes on with nothing that it has cut itself */
    settings?: Partial<Settings>;
    logger?: Logger;
    request?: Partial<RunRequest>;
    run?: Partial<Run>;
    context?: Partial<RunContext>;
    /** Called with the events of each step. */
    step?: (events: readonly RunEventBody[]) => void;
  }

  function progressOf(log: readonly RunEventBody[]): RunProgress {
    const reducer = new ProgressReducer();
    log.forEach((body, index) => reducer.add({ ...body, seq: index + 1 }));
    return reducer.progress;
  }

  /** Does the work of a run; a log makes it one that was taken over. */
  async function work({
    log,
    continuation = 'instruct',
    fallback = false,
    settings: changes,
    logger = SILENT,
    request,
    run,
    context,
    step,
  }: Work = {}) {
    const fallbacks = fallback ? ['spare'] : [];
    const model = modelConfig({ name: 'm', continuation, fallbacks });
    const spare = modelConfig({ name: 'spare', model: 'acme-spare' });
    const endpoint = providerConfig({ baseUrl: provider.baseUrl });
    const settings = new Settings({ retryBudgetMs: 0, maxContinuations: 0, ...changes });
    models = modelRegistry(new ModelsConfig([endpoint], [model, spare]));
    const assistant = { ...AGENT_DEFAULTS, id: 'a', name: 'A', instructions: SYSTEM.content };
    const agents = new AgentRegistry(new AgentsConfig([assistant], 'a'), new JsonSchemas());
    const turns = new ModelTurns(models, settings, logger);
    const loop = new AgentLoop(
      agents,
      models,
      toolboxOf({}),
      NO_HISTORY,
      new Outputs(models, new JsonSchemas(), SILENT),
      turns,
      new Approvals(),
    );
    const task = {
      run: {
        id: 'r',
        owner: 'local',
        sessionId: null,
        model: 'm',
        agent: 'a',
        state: 'running',
        epoch: log === undefined ? 1 : 2,
        takeovers: log === undefined ? 0 : 1,
        request: { messages: [HI], include: [], onDisconnect: 'continue', ...request },
        metadata: {},
        createdAt: 0,
        finishedAt: null,
        ...run,
      } satisfies Run,
      question: [HI],
    };
    const progress = progressOf(log ?? []);
    const events: RunEventBody[] = [];
    const { outcome } = await loop.run(task, {
      append: async (appended) => {
        events.push(...appended);
        step?.(appended);
      },
      setWaiting: async () => {},
      signal: new AbortController().signal,
      progress,
      ...context,
    });
    return { events, outcome };
  }

  const said = (content: string): RunEventBody => ({ type: 'text', text: content });
  const asked = () => provider.requests.map(({ body }) => body.messages);

  describe('of a new run', () => {
    it('ends the turn together with the last pieces, its usage included', async () => {
      provider.reply(answer('Hel', 'lo'));
      const steps: (readonly RunEventBody[])[] = [];
      const { outcome } = await work({ step: (events) => steps.push(events) });
      const told = { inputTokens: PROMPT_TOKENS, outputTokens: 2, totalTokens: 12 };
      const last = steps.filter((events) => events.length > 0).at(-1);
      expect(last?.at(-1)).toEqual({ type: 'turn_finished', finishReason: 'stop', usage: told });
      expect(outcome).toEqual({
        state: 'completed',
        finishReason: 'stop',
        text: 'Hello',
        usage: told,
        attempts: 1,
      });
    });

    it('cuts long pieces into several events', async () => {
      const long = `${'a'.repeat(8_191)}😀${'b'.repeat(9_000)}`;
      provider.reply([role(), reasoning(long), text(long), finish(), usage(), done()]);
      const { events, outcome } = await work();
      const lengths = (type: 'text' | 'reasoning') =>
        events.flatMap((event) =>
          'text' in event && event.type === type ? [event.text.length] : [],
        );
      expect(lengths('reasoning')).toEqual([8_191, 8_192, 810]);
      expect(lengths('text')).toEqual([8_191, 8_192, 810]);
      expect(outcome.text).toBe(long);
    });

    it('fails as before where its agent is not there', async () => {
      await expect(work({ run: { agent: 'gone' } })).rejects.toBeInstanceOf(AgentNotFoundError);
    });

    it('keeps the partial text where the provider breaks off, and ends no turn', async () => {
      provider.reply([role(), text('Hel'), drop()]);
      const { events, outcome } = await work();
      expect(events).toEqual([said('Hel')]);
      expect(outcome).toMatchObject({ state: 'failed', text: 'Hel', attempts: 1 });
      expect(outcome.usage).toMatchObject({ outputTokens: 1, estimated: true });
    });

    it('keeps the partial text when it is cancelled', async () => {
      provider.reply([role(), text('Hel'), stall()]);
      const controller = new AbortController();
      const reason = new RunCancelledError('enough');
      const { outcome } = await work({
        context: { signal: controller.signal },
        step: () => controller.abort(reason),
      });
      expect(outcome).toMatchObject({ state: 'cancelled', finishReason: 'cancelled', text: 'Hel' });
    });

    it('throws the release on', async () => {
      provider.reply([role(), text('Hel'), stall()]);
      const controller = new AbortController();
      const released = new RunReleasedError();
      const ended = work({
        context: { signal: controller.signal },
        step: () => controller.abort(released),
      });
      await expect(ended).rejects.toBe(released);
    });
  });

  describe('of a model that fails', () => {
    const onSpare = { model: 'acme-spare' };
    const types = (events: readonly RunEventBody[]) => events.map(({ type }) => type);
    const instructed = (partial: string) => [
      SYSTEM,
      HI,
      { role: 'assistant', content: partial },
      { role: 'user', content: expect.stringContaining('Go on exactly') },
    ];
    /** As long as a test lasts. */
    const PATIENT = { retryBudgetMs: 15_000, maxContinuations: 5 };

    it('leaves nothing in the log where it had said nothing', async () => {
      provider.reply(httpError(500)).reply(drop()).reply(answer('Hello'));
      const { events, outcome } = await work({ settings: PATIENT });
      expect(types(events)).toEqual(['text', 'turn_finished']);
      const usage = { inputTokens: PROMPT_TOKENS, outputTokens: 1, totalTokens: 11 };
      expect(outcome).toMatchObject({ state: 'completed', text: 'Hello', usage, attempts: 3 });
    });

    it('goes on with what it had said, and sums up what both have cost', async () => {
      provider.reply([role(), text('The quick '), drop()]).reply(answer('brown fox.'));
      const settings = { maxContinuations: 1 };
      const { events, outcome } = await work({ settings });
      const told = { inputTokens: PROMPT_TOKENS, outputTokens: 1, totalTokens: 11 };
      expect(events).toEqual([
        said('The quick '),
        { type: 'provider_switched', attempt: 2 },
        said('brown fox.'),
        { type: 'turn_finished', finishReason: 'stop', usage: told },
      ]);
      expect(asked()[1]).toEqual(instructed('The quick '));
      const cut = await estimateUsage([SYSTEM, HI], 'The quick ');
      expect(outcome).toEqual({
        state: 'completed',
        finishReason: 'stop',
        text: 'The quick brown fox.',
        usage: {
          inputTokens: cut.inputTokens + told.inputTokens,
          outputTokens: cut.outputTokens + told.outputTokens,
          totalTokens: cut.totalTokens + told.totalTokens,
          estimated: true,
        },
        attempts: 2,
      });
    });

    it('says nothing of a call that goes on and comes to nothing', async () => {
      provider.reply([role(), text('One '), drop()]).always(httpError(401));
      const { events, outcome } = await work({ fallback: true, settings: PATIENT });
      expect(events).toEqual([said('One ')]);
      expect(outcome).toMatchObject({
        state: 'failed',
        finishReason: 'error',
        text: 'One ',
        attempts: 3,
        error: { code: 'provider_unavailable', retryable: true },
      });
      expect(outcome.usage).toEqual(await estimateUsage([SYSTEM, HI], 'One '));
    });

    it('counts the deaths of owners among the continuations', async () => {
      const log: RunEventBody[] = [
        said('One '),
        { type: 'provider_switched', attempt: 2 },
        said('two '),
      ];
      provider.reply([role(), text('three '), drop()]);
      const { events, outcome } = await work({
        log,
        settings: { ...PATIENT, maxContinuations: 2 },
      });
      expect(events).toEqual([{ type: 'provider_switched', attempt: 3 }, said('three ')]);
      expect(outcome).toMatchObject({ state: 'failed', text: 'One two three ', attempts: 3 });
      expect(provider.requests).toHaveLength(1);
    });

    it('goes on for an owner before, by the fallback if need be', async () => {
      provider.reply(httpError(401)).reply(answer('own fox.'), onSpare);
      const { events, outcome } = await work({ log: [said('The quick br')], fallback: true });
      expect(types(events)).toEqual(['provider_switched', 'text', 'turn_finished']);
      expect(events[0]).toEqual({ type: 'provider_switched', attempt: 3 });
      expect(asked()[1]).toEqual(instructed('The quick br'));
      expect(outcome).toMatchObject({
        state: 'completed',
        text: 'The quick brown fox.',
        attempts: 3,
      });
    });

    it.each([
      [503, 'provider_unavailable'],
      [401, 'provider_auth_failed'],
    ])('fails for an owner before as the model does (%i), retryable', async (status, code) => {
      provider.always(httpError(status));
      const { outcome } = await work({ log: [said('The quick br')], fallback: true });
      expect(outcome).toMatchObject({
        state: 'failed',
        text: 'The quick br',
        attempts: 3,
        error: { code, retryable: true },
      });
    });

    it('asks no fallback where the model goes on with none', async () => {
      const log = [said(HALF)];
      const { outcome } = await work({ log, continuation: 'none', fallback: true });
      expect(outcome).toMatchObject({ state: 'failed', text: HALF });
      expect(outcome.error).toBeInstanceOf(RunInterruptedError);
      expect(provider.requests).toHaveLength(0);
    });

    it('fails at once where the fault is our own', async () => {
      const broken = new TypeError('x is not a function');
      const stream = jest.spyOn(ModelRegistry.prototype, 'stream').mockImplementation(() => {
        throw broken;
      });
      const { outcome } = await work({ fallback: true, settings: PATIENT });
      expect(outcome).toMatchObject({ state: 'failed', error: broken });
      expect(stream).toHaveBeenCalledTimes(1);
    });

    it('is released in a wait', async () => {
      const controller = new AbortController();
      const released = new RunReleasedError();
      provider.reply(rateLimited(60));
      const settings = { retryBudgetMs: 120_000 };
      const warn = () => void setImmediate(() => controller.abort(released));
      const context = { signal: controller.signal };
      const ended = work({ settings, logger: { ...SILENT, warn }, context });
      await expect(ended).rejects.toBe(released);
      expect(provider.requests).toHaveLength(1);
    });

    it('is released in a call that goes on', async () => {
      const controller = new AbortController();
      const released = new RunReleasedError();
      const gate = provider.gate();
      provider.reply([role(), text('One '), drop()]).reply(gate);
      const ended = work({ settings: PATIENT, context: { signal: controller.signal } });
      void gate.reached.then(() => controller.abort(released));
      await expect(ended).rejects.toBe(released);
      expect(await provider.requests[1]!.closed).toBe('left');
    });

    describe('tells the log', () => {
      function recorder() {
        const lines: unknown[] = [];
        const at = (level: string) => (fields: object, message: string) =>
          lines.push({ level, message, ...fields });
        const logger: Logger = {
          debug: at('debug'),
          info: at('info'),
          warn: at('warn'),
          error: at('error'),
        };
        return { lines, logger };
      }
      const failedCall = (members: object) => ({
        level: 'warn',
        message: 'model call failed',
        run_id: 'r',
        request_id: 'q',
        provider: 'acme',
        err: expect.any(Error),
        ...members,
      });

      it('each call that failed, but not what the run fails with', async () => {
        const { lines, logger } = recorder();
        provider.reply(httpError(500)).reply(httpError(401), onSpare);
        await work({ fallback: true, logger, run: { requestId: 'q' } });
        expect(lines).toEqual([
          failedCall({
            model: 'm',
            attempt: 1,
            code: 'provider_unavailable',
            next_model: 'spare',
            wait_ms: 0,
          }),
          failedCall({ model: 'spare', attempt: 2, code: 'provider_auth_failed' }),
        ]);
        provider.reply(httpError(500));
        await work({ logger });
        expect(lines).toHaveLength(2);
      });

      it('each cut, and what is done about it', async () => {
        const { lines, logger } = recorder();
        provider.reply([role(), text('One '), drop()]).reply(answer('two.'));
        await work({ settings: PATIENT, logger, run: { requestId: 'q' } });
        expect(lines).toEqual([
          failedCall({
            model: 'm',
            attempt: 1,
            code: 'provider_unavailable',
            next_model: 'm',
            wait_ms: expect.any(Number),
          }),
        ]);
      });
    });
  });

  describe('of a run that was taken over', () => {
    it('asks afresh where the log is empty, and says nothing of it', async () => {
      provider.reply(answer('Hello'));
      const { events, outcome } = await work({ log: [] });
      expect(asked()).toEqual([[SYSTEM, HI]]);
      expect(events.map(({ type }) => type)).toEqual(['text', 'turn_finished']);
      expect(outcome).toMatchObject({ text: 'Hello', attempts: 1 });
      expect(outcome.usage).not.toHaveProperty('estimated');
    });

    it('asks afresh where it was cut in reasoning', async () => {
      provider.reply(answer('Hello'));
      const { events, outcome } = await work({ log: [{ type: 'reasoning', text: 'Hm, so' }] });
      expect(asked()).toEqual([[SYSTEM, HI]]);
      expect(events.slice(0, 2)).toEqual([
        { type: 'provider_switched', attempt: 2 },
        said('Hello'),
      ]);
      const cut = await estimateUsage([SYSTEM, HI], 'Hm, so');
      expect(outcome).toMatchObject({ text: 'Hello', attempts: 2 });
      expect(outcome.usage).toEqual({
        inputTokens: cut.inputTokens + PROMPT_TOKENS,
        outputTokens: cut.outputTokens + 1,
        totalTokens: cut.totalTokens + PROMPT_TOKENS + 1,
        estimated: true,
      });
    });

    it.each<[Continuation, number]>([
      ['instruct', 0],
      ['instruct', 12],
      ['instruct', 99],
      ['prefix', 0],
    ])(
      'goes on with the text by %s, %i characters of it said again',
      async (continuation, echo) => {
        provider.always(continuing(TRUTH, { echo, piece: 3 }));
        const { events, outcome } = await work({ continuation, log: [said(HALF)] });
        const given = { role: 'assistant', content: HALF };
        expect(asked()[0]!.slice(0, 3)).toEqual([SYSTEM, HI, given]);
        expect(
          asked()[0]!
            .slice(3)
            .map((message) => message.role),
        ).toEqual(continuation === 'instruct' ? ['user'] : []);
        expect(events[0]).toEqual({ type: 'provider_switched', attempt: 2 });
        const texts = events.flatMap((event) => (event.type === 'text' ? [event.text] : []));
        expect(HALF + texts.join('')).toBe(TRUTH);
        expect(outcome).toMatchObject({ state: 'completed', text: TRUTH, attempts: 2 });
      },
    );

    it('gives a provider no white space at the end of a prefix, and keeps the joint', async () => {
      provider.reply(answer('\n\nTwo'));
      const { outcome } = await work({ continuation: 'prefix', log: [said('One\n\n')] });
      expect(asked()[0]!.at(-1)).toEqual({ role: 'assistant', content: 'One' });
      expect(outcome.text).toBe('One\n\nTwo');
    });

    it.each(['.', '.\n\n', '**', 'model'])(
      'goes on with an answer of the offline assistant that was cut behind %j',
      async (end) => {
        const run = { model: OFFLINE_MODEL };
        const { text: truth } = (await work({ run })).outcome;
        const at = truth.lastIndexOf(end) + end.length;
        const log = [said(truth.slice(0, at))];
        const { outcome } = await work({ log, run });
        expect(outcome).toMatchObject({ state: 'completed', text: truth, attempts: 2 });
      },
    );

    it('asks afresh where there is nothing but white space', async () => {
      provider.reply(answer('\n', 'One'));
      const { outcome } = await work({ continuation: 'none', log: [said('\n\n')] });
      expect(asked()).toEqual([[SYSTEM, HI]]);
      expect(outcome).toMatchObject({ state: 'completed', text: '\n\nOne' });
    });

    it('fails where the model is configured not to go on', async () => {
      const { events, outcome } = await work({ continuation: 'none', log: [said(HALF)] });
      expect(events).toEqual([]);
      expect(outcome).toMatchObject({ state: 'failed', text: HALF, attempts: 1 });
      expect(outcome.error).toBeInstanceOf(RunInterruptedError);
      expect(outcome.error).toMatchObject({ retryable: true });
      expect(outcome.usage).toEqual(await estimateUsage([SYSTEM, HI], HALF));
      expect(provider.requests).toEqual([]);
    });

    it('goes on more than once, and counts each call', async () => {
      provider.always(continuing(TRUTH));
      const before = 'The quick ';
      const log: RunEventBody[] = [
        said(before),
        { type: 'provider_switched', attempt: 2 },
        said(HALF.slice(before.length)),
      ];
      const { events, outcome } = await work({ log });
      expect(events[0]).toEqual({ type: 'provider_switched', attempt: 3 });
      expect(outcome).toMatchObject({ text: TRUTH, attempts: 3 });
      const calls = [
        await estimateUsage([SYSTEM, HI], before),
        await estimateUsage(
          [
            SYSTEM,
            HI,
            { role: 'assistant', content: before },
            { role: 'user', content: asked()[0]!.at(-1)!.content },
          ],
          HALF.slice(10),
        ),
      ];
      const input = calls.reduce((sum, { inputTokens }) => sum + inputTokens, PROMPT_TOKENS);
      expect(outcome.usage).toMatchObject({ inputTokens: input, estimated: true });
    });

    it('may use what is left of the most tokens', async () => {
      provider.always(continuing(TRUTH));
      await work({ log: [said('one two three')], request: { maxTokens: 10 } });
      await work({ log: [{ type: 'reasoning', text: 'hm' }], request: { maxTokens: 10 } });
      expect(provider.requests.map(({ body }) => body['max_tokens'])).toEqual([7, 10]);
    });

    it('is not asked for more than the most tokens', async () => {
      const { outcome } = await work({ log: [said('one two three')], request: { maxTokens: 3 } });
      expect(outcome).toMatchObject({
        state: 'completed',
        finishReason: 'length',
        text: 'one two three',
        attempts: 1,
        usage: { outputTokens: 3, estimated: true },
      });
      expect(provider.requests).toEqual([]);
    });

    const asJson = { request: { responseFormat: { type: 'json_object' } } };

    it('takes a fresh JSON answer that begins as the first did', async () => {
      provider.reply(answer('{"a"', ': 1, "b', '": 2}'));
      const { events, outcome } = await work({ log: [said('{"a": 1')], ...asJson });
      expect(asked()).toEqual([[SYSTEM, HI]]);
      const texts = events.flatMap((event) => (event.type === 'text' ? [event.text] : []));
      expect(texts.join('')).toBe(', "b": 2}');
      expect(outcome).toMatchObject({ state: 'completed', output: { a: 1, b: 2 }, attempts: 2 });
    });

    it('asks for a fresh JSON answer with all of the most tokens', async () => {
      provider.reply(answer('{"a": 1}'));
      const request = { ...asJson.request, maxTokens: 10 };
      await work({ log: [said('{"a": 1')], request });
      expect(provider.requests[0]!.body['max_tokens']).toBe(10);
    });

    it('loses nothing where the model finishes in what may be an echo', async () => {
      provider.reply(answer('The qui'));
      const { events } = await work({ log: [said('The quick brown fox')] });
      expect(events.slice(1)).toEqual([
        said('The qui'),
        expect.objectContaining({ type: 'turn_finished' }),
      ]);
    });

    it('fails where a fresh JSON answer is another one', async () => {
      provider.reply(answer('{"a": 2, "b": 2}'));
      const { events, outcome } = await work({ log: [said('{"a": 1')], ...asJson });
      expect(events).toEqual([]);
      expect(outcome).toMatchObject({ state: 'failed', text: '{"a": 1', attempts: 2 });
      expect(outcome.error).toBeInstanceOf(RunInterruptedError);
    });

    it('goes on with JSON where the model takes a prefix', async () => {
      provider.reply(answer(', "b": 2}'));
      const { outcome } = await work({ log: [said('{"a": 1')], ...asJson, continuation: 'prefix' });
      expect(outcome).toMatchObject({ state: 'completed', output: { a: 1, b: 2 } });
    });

    it('gives up tool calls that were cut, and lets no other call have their ids', async () => {
      provider.reply(toolCalls({ id: 'call_1', name: 'add', arguments: { a: 1 } }));
      const toolCall = { id: 'call_1', name: 'add', argumentsDelta: '{"a' };
      const log: RunEventBody[] = [{ type: 'tool_call_delta', toolCall }];
      const { events, outcome } = await work({ log });
      expect(events.slice(0, 2)).toEqual([
        { type: 'provider_switched', attempt: 2 },
        {
          type: 'tool_result',
          toolResult: {
            id: 'call_1',
            name: 'add',
            content: expect.stringContaining('given up'),
            isError: true,
          },
        },
      ]);
      const calls = events.flatMap((event) =>
        event.type === 'tool_call' || event.type === 'tool_call_delta' ? [event.toolCall.id] : [],
      );
      expect(new Set(calls).size).toBe(1);
      expect(calls[0]).toMatch(/^call_./);
      expect(calls[0]).not.toBe('call_1');
      expect(events.at(-1)).toMatchObject({ type: 'turn_finished', finishReason: 'tool_calls' });
      expect(outcome.finishReason).toBe('tool_limit');
    });

    it('only ends where the last call has come to its end, whatever has become of the model', async () => {
      const told = { inputTokens: 3, outputTokens: 4, totalTokens: 7 };
      const log: RunEventBody[] = [
        said('{"a": 1}'),
        { type: 'turn_finished', finishReason: 'length', usage: told },
      ];
      const { events, outcome } = await work({ log, ...asJson, run: { model: 'gone' } });
      expect(events).toEqual([]);
      expect(outcome).toEqual({
        state: 'completed',
        finishReason: 'length',
        text: '{"a": 1}',
        usage: told,
        attempts: 1,
        output: { a: 1 },
      });
    });

    it('counts a call that ended without a word', async () => {
      const { outcome } = await work({ log: [{ type: 'turn_finished', finishReason: 'stop' }] });
      expect(outcome).toMatchObject({ state: 'completed', text: '', attempts: 1 });
      expect(outcome.usage).toEqual(await estimateUsage([SYSTEM, HI], ''));
    });

    it('fails with what has interrupted it', async () => {
      const interrupted = new RunInterruptedError('This answer was interrupted for too long.');
      const { events, outcome } = await work({ log: [said(HALF)], context: { interrupted } });
      expect(events).toEqual([]);
      expect(outcome).toEqual({
        state: 'failed',
        finishReason: 'error',
        text: HALF,
        usage: await estimateUsage([SYSTEM, HI], HALF),
        attempts: 1,
        error: interrupted,
      });
      expect(provider.requests).toEqual([]);
    });

    it.each([
      ['model', { model: 'gone' }, [SYSTEM, HI]],
      ['agent', { agent: 'gone' }, [HI]],
    ])('fails where its %s is gone', async (_, run, prompt) => {
      const { outcome } = await work({ log: [said(HALF)], run });
      expect(outcome).toMatchObject({ state: 'failed', text: HALF, attempts: 1 });
      expect(outcome.error).toMatchObject({ code: 'model_unavailable', retryable: true });
      expect(outcome.usage).toEqual(await estimateUsage(prompt, HALF));
    });
  });
});
