import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { continuing } from '../../test/support/provider/continuing.js';
import { stall } from '../../test/support/provider/faults.js';
import { answer, role, text } from '../../test/support/provider/steps.js';
import { ScriptedProvider } from '../../test/support/scripted-provider.js';
import { AGENT_DEFAULTS, AgentsConfig } from '../config/agents-config.js';
import { ModelsConfig } from '../config/models-config.js';
import { Settings } from '../config/settings.js';
import type { Logger } from '../logging/logger.js';
import type { ModelRegistry } from '../models/model-registry.js';
import { modelConfig, providerConfig } from '../models/openai/testing/answers.js';
import { modelRegistry } from '../models/testing/model-registry.js';
import { RunReleasedError } from '../runs/run-errors.js';
import { NO_PROGRESS, NO_TURN } from '../runs/run-progress.js';
import type { RunContext, RunOutcome } from '../runs/run-work.js';
import type { Run } from '../runs/run.js';
import { MemorySessionStore } from '../sessions/memory/memory-session-store.js';
import { AgentLoop } from './agent-loop.js';
import { AgentRegistry } from './agent-registry.js';
import { HistorySummaries } from './history/history-summaries.js';
import { History } from './history/history.js';
import { toolboxOf } from './testing/agent-at-work.js';
import { JsonSchemas } from '../schemas/json-schemas.js';
import { Outputs } from './output/outputs.js';
import { Approvals } from './tool-calls/approvals.js';
import { ModelTurns } from './turn/model-turns.js';
import { AgentWork } from './agent-work.js';

const SILENT: Logger = { debug() {}, info() {}, warn() {}, error() {} };

const session = { owner: 'local', id: 's' };
const run: Run = {
  id: 'r',
  owner: 'local',
  sessionId: 's',
  model: 'm',
  agent: 'a',
  state: 'running',
  epoch: 1,
  takeovers: 0,
  request: {
    messages: [{ role: 'user', content: 'Hi' }],
    include: [],
    onDisconnect: 'continue',
  },
  metadata: {},
  createdAt: 1_760_000_000_000,
  finishedAt: null,
};

describe('the work of a run in a session', () => {
  let provider: ScriptedProvider;
  let models: ModelRegistry;
  let sessions: MemorySessionStore;
  let agentWork: AgentWork;

  beforeEach(async () => {
    provider = await ScriptedProvider.start();
    const endpoint = providerConfig({ baseUrl: provider.baseUrl });
    models = modelRegistry(new ModelsConfig([endpoint], [modelConfig({ name: 'm' })]));
    const agent = { ...AGENT_DEFAULTS, id: 'a', name: 'A', instructions: 'Be brief.' };
    sessions = new MemorySessionStore();
    const loop = new AgentLoop(
      new AgentRegistry(new AgentsConfig([agent], 'a'), new JsonSchemas()),
      models,
      toolboxOf({}),
      new History(sessions, new HistorySummaries(models, sessions, SILENT)),
      new Outputs(models, new JsonSchemas(), SILENT),
      new ModelTurns(models, new Settings(), SILENT),
      new Approvals(),
    );
    agentWork = new AgentWork(loop, sessions);
  });
  afterEach(async () => {
    models.onApplicationShutdown();
    await provider.close();
  });

  async function perform(
    owned: Run,
    context: Partial<RunContext> = {},
    step: () => void = () => {},
  ): Promise<RunOutcome> {
    const { signal } = new AbortController();
    const append = async (): Promise<void> => step();
    return agentWork.of(owned)({
      append,
      setWaiting: async () => {},
      signal,
      progress: NO_PROGRESS,
      ...context,
    });
  }

  const said = async () =>
    (await sessions.upward(session, (await sessions.get(session))!.headId!, 100))
      .map(({ role, content }) => ({ role, content }))
      .reverse();

  it('keeps the question and the answer', async () => {
    await sessions.create({ ...session, title: 'Hi', createdAt: 0 });
    provider.reply(answer('Hello'));
    await perform(run);
    expect(await said()).toEqual([
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content: 'Hello' },
    ]);
  });

  it('keeps nothing of the answer when it is left to the next owner, who says nothing twice', async () => {
    await sessions.create({ ...session, title: 'Hi', createdAt: 0 });
    provider.reply([role(), text('One '), stall()]);
    const controller = new AbortController();
    const { signal } = controller;
    const released = perform(run, { signal }, () => controller.abort(new RunReleasedError()));
    await expect(released).rejects.toBeInstanceOf(RunReleasedError);
    expect(await said()).toEqual([{ role: 'user', content: 'Hi' }]);

    provider.reply(continuing('One two three'));
    const progress = {
      ...NO_PROGRESS,
      lastSeq: 1,
      text: 'One ',
      turns: [{ ...NO_TURN, text: 'One ', attempts: [{ before: '', output: 'One ' }] }],
      calls: 1,
    };
    await perform({ ...run, epoch: 2 }, { progress });
    expect(await said()).toEqual([
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content: 'One two three' },
    ]);
    expect(provider.requests.at(-1)!.body.messages.slice(0, 3)).toEqual([
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content: 'One ' },
    ]);
  });

  it('opens the session where the owner before had not come to it', async () => {
    provider.reply(answer('Hello'));
    await perform({ ...run, epoch: 2 });
    expect(await sessions.get(session)).toEqual({
      ...session,
      title: 'Hi',
      createdAt: run.createdAt,
      updatedAt: expect.any(Number),
      headId: expect.any(String),
    });
    expect(await said()).toHaveLength(2);
  });
});
