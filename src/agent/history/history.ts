import { Injectable } from '@nestjs/common';
import type { AgentConfig } from '../../config/agents-config.js';
import type { Model } from '../../models/model-registry.js';
import type { ModelMessage, ModelTool } from '../../models/model-stream.js';
import { countMessage, countTokens } from '../../models/token-count.js';
import type { RunRequest } from '../../runs/run.js';
import { SessionStore, type SessionKey } from '../../sessions/session-store.js';
import type { MadeCall } from '../turn/usage-meter.js';
import { HistorySummaries } from './history-summaries.js';
import { HistoryWindow } from './history-window.js';
import { toModelMessage, turnsUpTo } from './session-turns.js';

/** What has been said in a session before a run. */
export interface EarlierMessages {
  session: SessionKey;
  /** The last of them; null: none. */
  upTo: string | null;
}

/** What a run is about to tell a model beside what was said before. */
export interface HistoryOptions {
  agent: AgentConfig;
  model: Model;
  request: RunRequest;
  instructions: readonly ModelMessage[];
  tools: readonly ModelTool[];
  signal: AbortSignal;
}

/** What goes to the model of the messages before. */
export interface FittingHistory {
  messages: readonly ModelMessage[];
  /** The model call that has summed up the rest, where one was made. */
  summing?: MadeCall | undefined;
}

/** Fits the conversation so far into the context window of a model: oldest turns are left out first. */
@Injectable()
export class History {
  constructor(
    private readonly sessions: SessionStore,
    private readonly summaries: HistorySummaries,
  ) {}

  async before(
    { session, upTo }: EarlierMessages,
    { agent, model, request, instructions, tools, signal }: HistoryOptions,
  ): Promise<FittingHistory> {
    if (upTo === null) return { messages: [] };
    let tokens = tools.length === 0 ? 0 : await countTokens(JSON.stringify(tools));
    for (const message of [...instructions, ...request.messages])
      tokens += await countMessage(message);
    const { maxTokens } = request;
    const window = new HistoryWindow(model.config, agent.history, { tokens, maxTokens });
    let lastDropped: string | undefined;
    for await (const turn of turnsUpTo(this.sessions, session, upTo)) {
      if (window.add(turn)) continue;
      lastDropped = turn.at(-1)!.id;
      break;
    }
    const messages = window.turns.flat().map(toModelMessage);
    const { summaryModel } = agent.history;
    if (lastDropped === undefined || summaryModel === undefined) return { messages };
    const summed = await this.summaries.upTo(session, lastDropped, summaryModel, signal);
    if (summed === undefined) return { messages };
    return { messages: [summed.message, ...messages], summing: summed.call };
  }
}
