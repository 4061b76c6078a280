import { setImmediate } from 'node:timers/promises';
import type * as O200k from 'gpt-tokenizer/encoding/o200k_base';
import {
  textOf,
  type ContentPart,
  type MessageContent,
  type ModelToolCall,
  type Usage,
} from './model-stream.js';

type Tokenizer = typeof O200k;

/** Longest run of one kind of character that reaches the tokenizer, in UTF-16 units. */
const MAX_RUN = 32;

/**
 * Letters, signs or spaces in a row without end, each of which the tokenizer takes for one word:
 * its time grows with the square of a word. The upper bound keeps the regular expression's own
 * stack small.
 */
const LONG_RUN = /[\p{L}\p{M}]{33,4096}|[^\s\p{L}\p{N}]{33,4096}|\s{33,4096}/gu;

/**
 * How much is counted before other work gets a turn, in UTF-16 units: some tenths of a
 * millisecond for most texts, a few milliseconds for those of rare characters.
 */
const SLICE = 2 * 1024;

/**
 * How many words the tokenizer keeps with their tokens. Each one that is found again moves to the
 * end of a Map, which costs more the larger the Map is: with 5,000 words, a text of very short
 * ones takes fifty times as long as with 100.
 */
const CACHED_WORDS = 100;

/** OpenAI's chat format: tokens around each message, and before the answer. */
const TOKENS_PER_MESSAGE = 3;
const TOKENS_BEFORE_ANSWER = 3;

/** An image of 1024 × 1024 at high detail, in OpenAI's count for gpt-4o; others are near. */
const TOKENS_PER_IMAGE = 765;

let loading: Promise<Tokenizer> | undefined;

/**
 * Counts tokens as `o200k_base` does: exact for OpenAI's models since 2024, near for others. The
 * time is linear in the text, and other work gets its turn. Names of special tokens count as the
 * text that they are.
 */
export async function countTokens(text: string): Promise<number> {
  if (text === '') return 0;
  const { countTokens: count } = await (loading ??= load());
  let tokens = 0;
  let sinceTurn = 0;
  for (const piece of pieces(text)) {
    tokens += count(copy(piece), { disallowedSpecial: new Set() });
    sinceTurn += piece.length;
    if (sinceTurn < SLICE) continue;
    sinceTurn = 0;
    await setImmediate();
  }
  return tokens;
}

/** The beginning of a text, and how many tokens it has. */
export interface TokenCut {
  text: string;
  tokens: number;
  /** Whether the text goes on after it. */
  isCut: boolean;
}

/** The beginning of a text with at most so many of its tokens, as `countTokens` counts them. */
export async function cutToTokens(text: string, limit = Infinity): Promise<TokenCut> {
  if (text === '') return { text, tokens: 0, isCut: false };
  const { encode } = await (loading ??= load());
  const tokensOf = (piece: string) => encode(copy(piece), { disallowedSpecial: new Set() });
  let tokens = 0;
  let length = 0;
  let sinceTurn = 0;
  for (const piece of pieces(text)) {
    const more = tokensOf(piece).length;
    if (tokens + more > limit) {
      const kept = firstTokens(piece, limit - tokens, tokensOf);
      const end = length + kept.length;
      return { text: text.slice(0, end), tokens: tokens + tokensOf(kept).length, isCut: true };
    }
    tokens += more;
    length += piece.length;
    sinceTurn += piece.length;
    if (sinceTurn < SLICE) continue;
    sinceTurn = 0;
    await setImmediate();
  }
  return { text, tokens, isCut: false };
}

/**
 * The longest beginning that has the first tokens of a text, and no more than so many of them. It is looked
 * for: the tokenizer does not tell where in a text a token ends, and its decoder keeps the bytes of a torn
 * character for the next call.
 */
function firstTokens(
  piece: string,
  limit: number,
  tokensOf: (text: string) => readonly number[],
): string {
  const all = tokensOf(piece);
  let within = 0;
  let beyond = piece.length;
  while (beyond - within > 1) {
    const middle = Math.floor((within + beyond) / 2);
    if (tokensOf(piece.slice(0, middle)).length <= limit) within = middle;
    else beyond = middle;
  }
  // A word that is cut may have more tokens than the whole of it.
  for (let end = Math.min(piece.length, within + MAX_RUN); end > 0; end -= 1) {
    if (wholeAt(piece, end) !== end) continue;
    const first = tokensOf(piece.slice(0, end));
    if (first.length <= limit && first.every((token, index) => token === all[index])) {
      return piece.slice(0, end);
    }
  }
  return '';
}

/** What is counted of a message. */
export interface CountedMessage {
  role: string;
  content: MessageContent;
  toolCalls?: readonly Pick<ModelToolCall, 'name' | 'arguments'>[];
}

/** The tokens that a message takes in a conversation, what stands around it included. */
export async function countMessage(message: CountedMessage): Promise<number> {
  const { role, content, toolCalls = [] } = message;
  let tokens =
    TOKENS_PER_MESSAGE + (await countTokens(role)) + (await countTokens(textOf(content)));
  if (typeof content !== 'string') tokens += content.filter(isImage).length * TOKENS_PER_IMAGE;
  for (const { name, arguments: args } of toolCalls) {
    tokens += TOKENS_PER_MESSAGE + (await countTokens(name)) + (await countTokens(args));
  }
  return tokens;
}

const isImage = ({ type }: ContentPart): boolean => type === 'image';

/** The usage of a call whose provider gave none, counted from what was said. */
export async function estimateUsage(
  messages: readonly CountedMessage[],
  output: string,
): Promise<Usage> {
  let inputTokens = TOKENS_BEFORE_ANSWER;
  for (const message of messages) inputTokens += await countMessage(message);
  const outputTokens = await countTokens(output);
  return {
    inputTokens,
    outputTokens,
    totalTokens: inputTokens + outputTokens,
    estimated: true,
  };
}

/** Its tables are two megabytes of code: they are loaded when something is to be counted. */
async function load(): Promise<Tokenizer> {
  const tokenizer = await import('gpt-tokenizer/encoding/o200k_base');
  tokenizer.setMergeCacheSize(CACHED_WORDS);
  return tokenizer;
}

/** Cuts a text so that no piece holds a long run; where there is none, only before spaces. */
export function* pieces(text: string): Generator<string, void> {
  let start = 0;
  for (const { 0: run, index } of text.matchAll(LONG_RUN)) {
    yield* slices(text.slice(start, index));
    yield* cut(run, MAX_RUN);
    start = index + run.length;
  }
  yield* slices(text.slice(start));
}

/** A word takes the space before it along: cut there, the pieces count as the whole does. */
function* slices(text: string): Generator<string, void> {
  let start = 0;
  while (text.length - start > SLICE) {
    const most = text.slice(start, start + SLICE);
    const words = /^.*\S(?= )/s.exec(most)?.[0];
    const end = words === undefined ? wholeAt(text, start + SLICE) : start + words.length;
    yield text.slice(start, end);
    start = end;
  }
  if (start < text.length) yield text.slice(start);
}

/**
 * The same text on its own. A part of a string keeps the whole of it in memory, and the
 * tokenizer's cache keeps parts.
 */
function copy(piece: string): string {
  return Buffer.from(piece, 'utf16le').toString('utf16le');
}

function* cut(run: string, length: number): Generator<string, void> {
  let start = 0;
  while (start < run.length) {
    const end = wholeAt(run, start + length);
    yield run.slice(start, end);
    start = end;
  }
}

/** The place, or the one before it where a surrogate pair would be torn. */
function wholeAt(text: string, at: number): number {
  const unit = text.charCodeAt(at);
  const before = text.charCodeAt(at - 1);
  const torn = unit >= 0xdc00 && unit <= 0xdfff && before >= 0xd800 && before <= 0xdbff;
  return torn ? at - 1 : at;
}
