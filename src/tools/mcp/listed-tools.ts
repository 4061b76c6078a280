import type { JsonSchema } from '../tool.js';
import { isRecord } from './json-values.js';

/** Longest description that is passed on to a model, in UTF-16 units. */
const MAX_DESCRIPTION = 4_096;

/** Largest input schema, in characters of JSON: each turn of each run sends it to the model. */
const MAX_SCHEMA = 64 * 1024;

/** A tool as its server lists it. */
export interface ListedTool {
  /** The server's own name of it. */
  readonly name: string;
  readonly description: string;
  readonly inputSchema: JsonSchema;
  /** Whether the server says that a repeated call does nothing more. */
  readonly idempotent: boolean;
}

/**
 * The tools in what a server says of them. Each is looked at by itself: one that is wrong does not
 * take the others with it.
 * @param leftOut is told of each that is none, or cannot be called from here
 */
export function readListedTools(
  listed: readonly unknown[],
  leftOut: (name: string, why: string) => void,
): ListedTool[] {
  const tools = new Map<string, ListedTool>();
  for (const one of listed) {
    const name = isRecord(one) && typeof one['name'] === 'string' ? one['name'] : '';
    const tool = name === '' ? 'it has no name' : readTool(name, one as Record<string, unknown>);
    if (typeof tool === 'string') leftOut(name, tool);
    else if (tools.has(name)) leftOut(name, 'it is listed twice');
    else tools.set(name, tool);
  }
  return [...tools.values()];
}

/** The tool, or why it is left out. */
function readTool(name: string, listed: Record<string, unknown>): ListedTool | string {
  const inputSchema = readSchema(listed['inputSchema']);
  if (typeof inputSchema === 'string') return inputSchema;
  const execution = isRecord(listed['execution']) ? listed['execution'] : {};
  if (execution['taskSupport'] === 'required') return 'it runs as a task only';
  const hints = isRecord(listed['annotations']) ? listed['annotations'] : {};
  return {
    name,
    description: descriptionOf(listed),
    inputSchema,
    idempotent: hints['idempotentHint'] === true || hints['readOnlyHint'] === true,
  };
}

function descriptionOf(listed: Record<string, unknown>): string {
  const texts = [listed['description'], listed['title']].filter((text) => typeof text === 'string');
  const text = (texts.find((one) => one.trim() !== '') ?? '').trim();
  // A cut surrogate pair, or a lone one of the server's, is no text that a provider takes.
  return text.slice(0, MAX_DESCRIPTION).toWellFormed();
}

/** The schema, or why there is none. */
function readSchema(schema: unknown): JsonSchema | string {
  if (!isRecord(schema)) return 'its input schema is no object';
  const { type } = schema;
  if (type !== undefined && type !== 'object') return 'its input is no object';
  try {
    if (JSON.stringify(schema).length > MAX_SCHEMA) return 'its input schema is larger than 64 KB';
  } catch {
    return 'its input schema is nested too deep';
  }
  return type === undefined ? { type: 'object', ...schema } : schema;
}
