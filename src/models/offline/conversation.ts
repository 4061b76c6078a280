import type { ChatMessage, ToolCall } from './chat-request.js';
import { readCommand } from './commands/read-command.js';
import type { ToolResult } from './answers/tool-results.js';

/** How an answer cites what it quotes: by a path of this service. */
const CITATION = /\]\((\/[^()\s]+)\) says:/g;

/** What a conversation has come to, as the assistant sees it. */
export class Conversation {
  /** What is asked now: the last message of the user. */
  readonly question: string;
  /** The questions before it, the last one first; commands are none. */
  readonly before: readonly string[];
  /** The sections that were quoted last. */
  readonly cited: readonly string[];
  /** The beginning of an answer to go on with; empty: there is none. */
  readonly partial: string;
  /** The tools that were asked for since the question, and their results. */
  readonly results: readonly ToolResult[];
  /** How many tools were asked for in all: their ids are counted on. */
  readonly toolCalls: number;

  constructor(messages: readonly ChatMessage[]) {
    const last = messages.at(-1);
    const isPartial = last?.role === 'assistant' && last.toolCalls.length === 0;
    this.partial = isPartial ? last.text : '';
    const asked = messages.findLastIndex(({ role }) => role === 'user');
    this.question = messages[asked]?.text ?? '';
    const earlier = messages.slice(0, Math.max(asked, 0));
    this.before = earlier
      .filter(({ role, text }) => role === 'user' && readCommand(text) === undefined)
      .map(({ text }) => text)
      .reverse();
    const answers = earlier.filter(({ role }) => role === 'assistant').map(({ text }) => text);
    const citing = answers.findLast((text) => text.search(CITATION) >= 0) ?? '';
    this.cited = [...citing.matchAll(CITATION)].map(([, link = '']) => link);
    this.results = resultsIn(messages.slice(asked + 1));
    this.toolCalls = messages.reduce((sum, { toolCalls }) => sum + toolCalls.length, 0);
  }
}

function resultsIn(messages: readonly ChatMessage[]): ToolResult[] {
  const calls = new Map<string, ToolCall>(
    messages.flatMap(({ toolCalls }) => toolCalls.map((call) => [call.id, call])),
  );
  return messages.flatMap(({ toolCallId, text }) => {
    const call = toolCallId === undefined ? undefined : calls.get(toolCallId);
    return call === undefined ? [] : [{ call, result: text }];
  });
}
