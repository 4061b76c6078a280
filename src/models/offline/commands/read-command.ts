import { isObject, type JsonObject } from '../../openai/json-values.js';
import { isCommand, type CommandName } from './commands.js';

/** A tool that is to be asked for. */
export interface WantedCall {
  name: string;
  arguments: JsonObject;
}

/** What a message tells the assistant to do. */
export type Command =
  | { name: 'help' }
  /** Answer the question, or explain, with this pause before each word. */
  | { name: 'slow'; pauseMs: number; question: string }
  /** Answer the question, or explain, and fail after each of so many words. */
  | { name: 'stall' | 'drop'; afterWords: readonly number[]; question: string }
  | { name: 'error'; status: number }
  | { name: 'long'; words: number }
  | { name: 'call' | 'loop'; calls: readonly WantedCall[] }
  /** There is no such command, or it cannot be done so. */
  | { name: 'unknown'; asked: string }
  | { name: 'wrong'; command: CommandName; because: string };

const DEFAULT_SECONDS = 1;
const MOST_SECONDS = 10;
const DEFAULT_WORDS = 12;
const MOST_FAILURES = 20;
const DEFAULT_STATUS = 503;
const DEFAULT_LENGTH = 2_000;
const MOST_LENGTH = 100_000;

/** `/name` and what follows; a path such as `/api/v1/chat` is none. */
const COMMAND = /^\/([a-z]+)(?:\s+([^]*))?$/;

/** Reads a command; undefined where the message is a question like any other. */
export function readCommand(message: string): Command | undefined {
  const [, name, rest = ''] = COMMAND.exec(message.trim()) ?? [];
  if (name === undefined) return undefined;
  if (!isCommand(name)) return rest === '' ? { name: 'unknown', asked: name } : undefined;
  switch (name) {
    case 'help':
      return { name };
    case 'slow':
      return slow(rest);
    case 'stall':
    case 'drop':
      return failing(name, rest);
    case 'error':
      return error(rest);
    case 'long':
      return long(rest);
    case 'call':
    case 'loop':
      return calling(name, rest);
  }
}

function slow(rest: string): Command {
  const { numbers, question } = leadingNumbers(rest, 1);
  const [seconds = DEFAULT_SECONDS] = numbers;
  if (seconds > 0 && seconds <= MOST_SECONDS) {
    return { name: 'slow', pauseMs: seconds * 1000, question };
  }
  return wrong('slow', `the pause can be up to ${MOST_SECONDS} seconds`);
}

function failing(name: 'stall' | 'drop', rest: string): Command {
  const { numbers, question } = leadingNumbers(rest, MOST_FAILURES);
  const afterWords = numbers.length === 0 ? [DEFAULT_WORDS] : numbers;
  if (afterWords.every((words) => Number.isInteger(words) && words >= 1)) {
    return { name, afterWords, question };
  }
  return wrong(name, 'I can only fail after a whole number of words, from 1');
}

function error(rest: string): Command {
  const status = rest === '' ? DEFAULT_STATUS : Number(rest);
  if (Number.isInteger(status) && status >= 400 && status <= 599) return { name: 'error', status };
  return wrong('error', 'a status of an error is a number from 400 to 599');
}

function long(rest: string): Command {
  const words = rest === '' ? DEFAULT_LENGTH : Number(rest);
  if (Number.isInteger(words) && words >= 1 && words <= MOST_LENGTH) return { name: 'long', words };
  return wrong('long', `I count to a whole number from 1 to ${MOST_LENGTH}`);
}

/** One tool, whose arguments may take several lines, or one for each line. */
function calling(name: 'call' | 'loop', rest: string): Command {
  const call = readCall(rest.trim());
  if (call !== undefined) return { name, calls: [call] };
  const lines = rest
    .split('\n')
    .map((line) => line.replace(`/${name} `, '').trim())
    .filter((line) => line !== '');
  const calls = lines.map(readCall);
  const isWhole = (call: WantedCall | undefined): call is WantedCall => call !== undefined;
  if (calls.length > 0 && calls.every(isWhole)) return { name, calls };
  return wrong(name, 'I need the name of a tool, and its arguments as a JSON object');
}

function readCall(line: string): WantedCall | undefined {
  const [, name, text = ''] = /^(\S+)\s*([^]*)$/.exec(line) ?? [];
  if (name === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text === '' ? '{}' : text);
    return isObject(value) ? { name, arguments: value } : undefined;
  } catch {
    return undefined;
  }
}

function wrong(command: CommandName, because: string): Command {
  return { name: 'wrong', command, because };
}

/** The numbers that a text begins with, and what comes after them. */
function leadingNumbers(text: string, most: number): { numbers: number[]; question: string } {
  const words = text.split(/\s+/).filter((word) => word !== '');
  const isNumber = (word: string) => /^-?\d+(?:\.\d+)?$/.test(word);
  const end = words.findIndex((word) => !isNumber(word));
  const count = Math.min(end < 0 ? words.length : end, most);
  return { numbers: words.slice(0, count).map(Number), question: words.slice(count).join(' ') };
}
