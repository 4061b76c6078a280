import { Injectable } from '@nestjs/common';
import type { AgentConfig } from '../../config/agents-config.js';
import type { Model } from '../../models/model-registry.js';
import type { ModelMessage, ModelTool } from '../../models/model-stream.js';
import { countMessage, countTokens } from '../../models/token-count.js';
import type { RunRequest } from '../../runs/run.js';
import { SessionStore, type SessionKey } from '../../sessions/session-store.js';
import type { MadeCall } from '../turn/usage-meter.js';
import { HistorySummaries, LONGEST_SUMMARY } from './history-summaries.js';
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
  /** What the run itself has said so far, in tokens. */
  said: number;
  signal: AbortSignal;
}

/** What goes to the model of the messages before. */
export interface FittingHistory {
  messages: readonly ModelMessage[];
  /** What the run itself may have said for all of it to fit still, in tokens. */
  room: number;
  /** The model call that has summed up the rest, where one was made. */
  summing?: MadeCall | undefined;
}

/** Of a run before which nothing was said. */
export const NO_HISTORY: FittingHistory = { messages: [], room: Infinity };

/** Fits the conversation so far into the context window of a model: oldest turns are left out first. */
@Injectable()
export class History {
  constructor(
    private readonly sessions: SessionStore,
    private readonly summaries: HistorySummaries,
  ) {}

  async before(
    { session, upTo }: EarlierMessages,
    { agent, model, request, instructions, tools, said, signal }: HistoryOptions,
  ): Promise<FittingHistory> {
    if (upTo === null) return NO_HISTORY;
    let tokens = tools.length === 0 ? 0 : await countTokens(JSON.stringify(tools));
    for (const message of [...instructions, ...request.messages])
      tokens += await countMessage(message);
    const { maxTokens } = request;
    const { summaryModel } = agent.history;
    const summary = summaryModel === undefined ? 0 : roomForSummary(model);
    const occupied = { tokens: tokens + said + summary, maxTokens };
    const window = new HistoryWindow(model.config, agent.history, occupied);
    let lastDropped: string | undefined;
    for await (const turn of turnsUpTo(this.sessions, session, upTo)) {
      if (window.add(turn)) continue;
      lastDropped = turn.at(-1)!.id;
      break;
    }
    const messages = window.turns.flat().map(toModelMessage);
    const room = messages.length === 0 ? Infinity : said + window.room;
    if (lastDropped === undefined || summaryModel === undefined) return { messages, room };
    const summed = await this.summaries.upTo(session, lastDropped, summaryModel, signal);
    if (summed === undefined) return { messages, room };
    return { messages: [summed.message, ...messages], room, summing: summed.call };
  }
}

/** The tokens that are kept free for a summary: of a small window, not all of it. */
function roomForSummary({ config }: Model): number {
  return Math.min(LONGEST_SUMMARY, Math.floor((config.contextWindow ?? Infinity) / 8));
}
