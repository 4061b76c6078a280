import { Injectable } from '@nestjs/common';
import { Logger } from '../../logging/logger.js';
import { ModelRegistry } from '../../models/model-registry.js';
import { textOf, type ModelMessage, type Usage } from '../../models/model-stream.js';
import type { SessionMessage } from '../../sessions/session.js';
import { SessionStore, type SessionKey } from '../../sessions/session-store.js';
import type { MadeCall } from '../turn/usage-meter.js';
import { turnsUpTo } from './session-turns.js';

/** How long a summary may be, in tokens. */
export const LONGEST_SUMMARY = 500;

/** How many summaries are kept: each is some 2 KB. */
const KEPT = 1_000;

/** The share of its window that a model is given to sum up; in tokens where its window is unknown. */
const SHARE = 0.5;
const USUAL_SHARE = 64_000;

const INSTRUCTION =
  'Sum up the conversation below for the assistant that is to go on with it: what the user wants, what was ' +
  'decided and found out, names, numbers and open questions. At most 200 words. Answer with nothing but the summary.';

/** What was said in a part of a conversation that a model is not told. */
export interface Summary {
  message: ModelMessage;
  /** The model call that has made it; undefined where it was there already. */
  call: MadeCall | undefined;
}

/**
 * Sums up the turns that do not fit into a context window. A summary is kept for the runs that come after,
 * and made longer when more is left out.
 */
@Injectable()
export class HistorySummaries {
  /** By the last message that each is about; the one that was used last is the last. */
  readonly #summaries = new Map<string, string>();

  constructor(
    private readonly models: ModelRegistry,
    private readonly sessions: SessionStore,
    private readonly logger: Logger,
  ) {}

  /**
   * The summary of a session up to a message; undefined where it could not be made, which is logged.
   * @throws the reason of the signal, when that is aborted
   */
  async upTo(
    session: SessionKey,
    messageId: string,
    modelName: string,
    signal: AbortSignal,
  ): Promise<Summary | undefined> {
    const known = this.#summaries.get(messageId);
    if (known !== undefined) {
      this.#keep(messageId, known);
      return { message: told(known), call: undefined };
    }
    try {
      const call = await this.#sumUp(session, messageId, modelName, signal);
      const summary = call.output.trim();
      if (summary === '') return undefined;
      this.#keep(messageId, summary);
      return { message: told(summary), call };
    } catch (error) {
      signal.throwIfAborted();
      this.logger.warn({ session_id: session.id, model: modelName, err: error }, 'no summary made');
      return undefined;
    }
  }

  async #sumUp(
    session: SessionKey,
    messageId: string,
    modelName: string,
    signal: AbortSignal,
  ): Promise<MadeCall> {
    const model = this.models.resolve(modelName);
    const window = model.config.contextWindow;
    let left = window === undefined ? USUAL_SHARE : window * SHARE;
    const said: string[] = [];
    for await (const turn of turnsUpTo(this.sessions, session, messageId)) {
      const before = this.#summaries.get(turn.at(-1)!.id);
      left -= turn.reduce((sum, { tokens }) => sum + tokens, 0);
      if (before !== undefined) said.unshift(`Summary of what was said before:\n${before}`);
      if (before !== undefined || left < 0) break;
      said.unshift(...turn.map(line));
    }
    const prompt: ModelMessage[] = [
      { role: 'system', content: INSTRUCTION },
      { role: 'user', content: said.join('\n\n') },
    ];
    const output: string[] = [];
    let usage: Usage | undefined;
    const call = { messages: prompt, maxTokens: LONGEST_SUMMARY, signal };
    for await (const deltas of this.models.stream(model, call)) {
      for (const delta of deltas) {
        if (delta.type === 'text') output.push(delta.text);
        else if (delta.type === 'usage') usage = delta.usage;
      }
    }
    return { prompt, tools: [], output: output.join(''), usage };
  }

  #keep(messageId: string, summary: string): void {
    this.#summaries.delete(messageId);
    this.#summaries.set(messageId, summary);
    const [oldest] = this.#summaries.keys();
    if (this.#summaries.size > KEPT) this.#summaries.delete(oldest!);
  }
}

function told(summary: string): ModelMessage {
  return { role: 'system', content: `Summary of the conversation so far:\n${summary}` };
}

function line({ role, content, toolName, toolCalls = [] }: SessionMessage): string {
  const calls = toolCalls.map(({ name, arguments: args }) => `[calls ${name} with ${args}]`);
  const who =
    role === 'tool' ? `Result of ${toolName ?? 'a tool'}` : role === 'user' ? 'User' : 'Assistant';
  return `${who}: ${[textOf(content), ...calls].filter((part) => part !== '').join(' ')}`;
}
