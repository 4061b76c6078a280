import { AGENT_DEFAULTS, AgentsConfig, type AgentConfig } from '../../config/agents-config.js';
import { ModelsConfig, type Capability } from '../../config/models-config.js';
import { Settings } from '../../config/settings.js';
import type { Logger } from '../../logging/logger.js';
import type { ModelRegistry } from '../../models/model-registry.js';
import { modelConfig, providerConfig } from '../../models/openai/testing/answers.js';
import { modelRegistry } from '../../models/testing/model-registry.js';
import type { RunEventBody } from '../../runs/run-event.js';
import { ProgressReducer } from '../../runs/run-progress.js';
import type { RunContext } from '../../runs/run-work.js';
import type { Run } from '../../runs/run.js';
import type { ToolContext, ToolDefinition, ToolOutput } from '../../tools/tool.js';
import type { Toolbox } from '../../tools/toolbox.js';
import { AgentLoop, type AgentAnswer } from '../agent-loop.js';
import { MemorySessionStore } from '../../sessions/memory/memory-session-store.js';
import { History } from '../history/history.js';
import type { HistorySummaries } from '../history/history-summaries.js';
import { AgentRegistry } from '../agent-registry.js';
import { JsonSchemas } from '../../schemas/json-schemas.js';
import { Outputs } from '../output/outputs.js';
import { Approvals } from '../tool-calls/approvals.js';
import { ModelTurns } from '../turn/model-turns.js';

const SILENT = { debug() {}, info() {}, warn() {}, error() {} } satisfies Logger;

/** What a tool of a test does; what it throws ends the test. */
export type TestTool = Partial<ToolDefinition> & {
  run(args: unknown, context: ToolContext): Promise<ToolOutput> | ToolOutput;
};

/** An agent with tools of a test's own, whose run goes into a list instead of a log. */
export class AgentAtWork {
  readonly models: ModelRegistry;
  readonly approvals = new Approvals();
  /** What has happened in the run, over all its owners. */
  readonly events: RunEventBody[] = [];
  /** Whether the run was said to wait, each time. */
  readonly waits: boolean[] = [];
  readonly #loop: AgentLoop;
  #epoch = 0;

  constructor(
    baseUrl: string,
    tools: Record<string, TestTool>,
    agent: Partial<AgentConfig> = {},
    capabilities: readonly Capability[] = ['tools'],
  ) {
    const config = { ...AGENT_DEFAULTS, id: 'a', name: 'A', instructions: 'Be brief.', ...agent };
    const settings = new Settings({ retryBudgetMs: 0, maxContinuations: 0 });
    this.models = modelRegistry(
      new ModelsConfig([providerConfig({ baseUrl })], [modelConfig({ name: 'm', capabilities })]),
    );
    this.#loop = new AgentLoop(
      new AgentRegistry(new AgentsConfig([config], 'a'), new JsonSchemas()),
      this.models,
      toolboxOf(tools),
      NO_HISTORY,
      new Outputs(this.models, new JsonSchemas(), SILENT),
      new ModelTurns(this.models, settings, SILENT),
      this.approvals,
    );
  }

  close(): void {
    this.models.onApplicationShutdown();
  }

  /** Does the work of the run, from where its events are: each call is another owner's. */
  async work(context: Partial<RunContext> = {}, run: Partial<Run> = {}): Promise<AgentAnswer> {
    this.#epoch += 1;
    const reducer = new ProgressReducer();
    this.events.forEach((body, index) => reducer.add({ ...body, seq: index + 1 }));
    const task: Run = {
      id: 'r',
      owner: 'local',
      sessionId: null,
      model: 'm',
      agent: 'a',
      state: 'running',
      epoch: this.#epoch,
      takeovers: this.#epoch - 1,
      request: {
        messages: [{ role: 'user', content: 'Hi' }],
        include: [],
        onDisconnect: 'continue',
      },
      metadata: {},
      createdAt: Date.now(),
      finishedAt: null,
      ...run,
    };
    return this.#loop.run(
      { run: task, question: task.request.messages },
      {
        append: async (events) => void this.events.push(...events),
        setWaiting: async (isWaiting) => void this.waits.push(isWaiting),
        signal: new AbortController().signal,
        progress: reducer.progress,
        ...context,
      },
    );
  }

  /** The events of a type. */
  of<Type extends RunEventBody['type']>(type: Type): Extract<RunEventBody, { type: Type }>[] {
    return this.events.filter((event) => event.type === type) as never;
  }
}

/** For runs without a session. */
export const NO_HISTORY = new History(new MemorySessionStore(), {} as unknown as HistorySummaries);

/** A toolbox whose tools are the same for every agent. */
export function toolboxOf(tools: Record<string, TestTool>): Toolbox {
  const definitions = Object.entries(tools).map(([name, tool]) => ({
    description: `Does ${name}.`,
    parameters: { type: 'object' },
    idempotent: false,
    needsApproval: false,
    ...tool,
    name,
  }));
  const toolbox: Pick<Toolbox, 'toolsOf'> = {
    toolsOf: async () => ({
      definitions,
      find: (name) => definitions.find((one) => one.name === name),
      call: async (name, args, context) => {
        const tool = tools[name];
        if (tool === undefined) return { content: `There is no tool "${name}".`, isError: true };
        return tool.run(args, context);
      },
    }),
  };
  return toolbox as Toolbox;
}
