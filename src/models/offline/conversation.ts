import type { ChatMessage, ToolCall } from './chat-request.js';
import { readCommand, type Command } from './commands/read-command.js';
import type { ToolResult } from './answers/tool-results.js';

/** Most characters of a question that are heeded: rules look at each of them many times. */
const LONGEST_QUESTION = 2_000;

/** Most quoted sections that are remembered. */
const MOST_CITED = 10;

/** Most earlier questions that are remembered. */
const MOST_BEFORE = 5;

/** How an answer cites what it quotes: by a path of this service. */
const CITATION = /\]\((\/[^()\s]+)\) says:/g;

/** What a conversation has come to, as the assistant sees it. */
export class Conversation {
  /** What is to be done now: where the last message of the user is a command. */
  readonly command: Command | undefined;
  /** What is asked now: the last message of the user, without the command that says how to answer. */
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
    const message = messages[asked]?.text ?? '';
    this.command = readCommand(message);
    this.question = heeded(this.command === undefined ? message : questionOf(this.command));
    const earlier = messages.slice(0, Math.max(asked, 0));
    this.before = earlier
      .filter(({ role, text }) => role === 'user' && readCommand(text) === undefined)
      .slice(-MOST_BEFORE)
      .map(({ text }) => heeded(text))
      .reverse();
    const answers = earlier.filter(({ role }) => role === 'assistant').map(({ text }) => text);
    const citing = answers.findLast((text) => text.search(CITATION) >= 0) ?? '';
    const links = [...citing.matchAll(CITATION)].map(([, link = '']) => link);
    // An answer of the assistant's own has two.
    this.cited = links.slice(0, MOST_CITED);
    this.results = resultsIn(messages.slice(asked + 1));
    this.toolCalls = messages.reduce((sum, { toolCalls }) => sum + toolCalls.length, 0);
  }
}

/** A command to fail or to be slow may come with a question. */
function questionOf(command: Command): string {
  return 'question' in command ? command.question : '';
}

function heeded(text: string): string {
  return text.slice(0, LONGEST_QUESTION).toWellFormed();
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
