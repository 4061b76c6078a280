import { filled, isObject, type JsonObject } from './json-values.js';

/** What a delta or a message says: to the reader, and before that to itself. */
export interface Said {
  text: string;
  reasoning: string;
}

/** Reads a delta (or a whole message): its text, its refusal, its reasoning. */
export function readSaid(message: JsonObject): Said {
  const said: Said = { text: '', reasoning: '' };
  const { content } = message;
  if (typeof content === 'string') said.text = content;
  else if (content !== null && content !== undefined) addParts(content, said);
  // A refusal is what the model answers instead of content: unread, the caller would get silence.
  said.text += filled(message.refusal) ?? '';
  said.reasoning += readReasoning(message);
  return said;
}

/**
 * DeepSeek and many others say `reasoning_content`, OpenRouter and Groq `reasoning`, Copilot
 * `reasoning_text`. Those who send two of them, or `reasoning_details` beside one, repeat
 * themselves: the first that says something counts.
 */
function readReasoning(message: JsonObject): string {
  return (
    filled(message.reasoning_content) ??
    filled(message.reasoning) ??
    filled(message.reasoning_text) ??
    (message.reasoning_details ? plainText(message.reasoning_details) : '')
  );
}

/** Content as parts: Mistral's and Databricks' reasoning models send it so. */
function addParts(content: unknown, said: Said): void {
  for (const part of Array.isArray(content) ? (content as unknown[]) : [content]) {
    if (typeof part === 'string') said.text += part;
    else if (isObject(part)) addPart(part, said);
  }
}

function addPart(part: JsonObject, said: Said): void {
  if (part.type === 'thinking' || part.type === 'reasoning') said.reasoning += plainText(part);
  else if (part.type === 'refusal') said.text += filled(part.refusal) ?? '';
  else said.text += filled(part.text) ?? '';
}

/** How deep parts may be nested: without an end, they would exhaust the stack. */
const MAX_DEPTH = 16;

/** The text in a nest of parts, whichever of the usual names it stands under. */
function plainText(value: unknown, depth = 0): string {
  if (typeof value === 'string') return value;
  if (depth >= MAX_DEPTH) return '';
  if (Array.isArray(value)) return value.map((part) => plainText(part, depth + 1)).join('');
  if (!isObject(value)) return '';
  const { text, thinking, reasoning, summary, content } = value;
  return plainText(text ?? thinking ?? reasoning ?? summary ?? content, depth + 1);
}
