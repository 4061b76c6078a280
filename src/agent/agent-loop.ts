import { Injectable } from '@nestjs/common';
import type { AgentConfig } from '../config/agents-config.js';
import { ModelRegistry, type Model } from '../models/model-registry.js';
import type { ModelMessage } from '../models/model-stream.js';
import { RunCancelledError } from '../runs/run-errors.js';
import type { RunEventBody } from '../runs/run-event.js';
import type { RunContext, RunOutcome } from '../runs/run-work.js';
import type { RunRequest } from '../runs/run.js';
import { ModelAnswer } from './model-answer.js';
import { parseModelJson } from './model-json.js';
import { UsageMeter } from './usage-meter.js';

/** What an agent is to do: answer a conversation with a model. */
export interface AgentTask {
  agent: AgentConfig;
  model: Model;
  /** The conversation, the message to answer last; without the agent's instructions. */
  conversation: readonly ModelMessage[];
  request: RunRequest;
}

/** An agent at work: calls the model and yields what happens as run events. */
@Injectable()
export class AgentLoop {
  constructor(private readonly models: ModelRegistry) {}

  async *run(
    task: AgentTask,
    { signal }: RunContext,
  ): AsyncGenerator<readonly RunEventBody[], RunOutcome, void> {
    const { agent, conversation, request } = task;
    const messages: ModelMessage[] = [
      { role: 'system', content: agent.instructions },
      ...conversation,
    ];
    const answer = new ModelAnswer();
    const meter = new UsageMeter(messages, answer);
    const tellsUsage = request.include.includes('usage');
    const ended = async (how: Partial<RunOutcome>): Promise<RunOutcome> => ({
      state: 'completed',
      finishReason: answer.finishReason,
      usage: await meter.total(),
      attempts: 1,
      text: answer.text,
      ...how,
    });

    try {
      const { maxTokens, temperature, responseFormat } = request;
      const call = { messages, maxTokens, temperature, responseFormat, signal };
      for await (const deltas of this.models.stream(task.model, call)) {
        yield answer.take(deltas);
        const usage = tellsUsage ? await meter.soFar() : undefined;
        if (usage !== undefined) yield [{ type: 'usage', usage }];
      }
    } catch (error) {
      // An aborted stream throws the signal's reason: a cancel, or what the run is to fail with.
      if (error instanceof RunCancelledError) {
        return ended({ state: 'cancelled', finishReason: 'cancelled' });
      }
      return ended({ state: 'failed', finishReason: 'error', error });
    }
    return ended(
      asksForValue(request) ? { output: parseModelJson(answer.text)?.value ?? null } : {},
    );
  }
}

function asksForValue({ responseFormat }: RunRequest): boolean {
  return responseFormat !== undefined && responseFormat['type'] !== 'text';
}
