import { isObject, type JsonObject } from '../openai/json-values.js';
import { InvalidRequest } from './error-response.js';

/** A call of a tool, as an assistant message carries it. */
export interface ToolCall {
  id: string;
  name: string;
  /** JSON text. */
  arguments: string;
}

/** A message, its content reduced to text. */
export interface ChatMessage {
  role: string;
  text: string;
  /** Of an assistant message: the tools it asks for. */
  toolCalls: readonly ToolCall[];
  /** Of a tool message: the call that it answers. */
  toolCallId: string | undefined;
}

/** A tool that the request offers. */
export interface OfferedTool {
  name: string;
  description: string;
  /** The JSON schema of its arguments. */
  parameters: JsonObject;
}

/** Whether tools are to be asked for: as the assistant likes, not at all, some tool, or this one. */
export type ToolChoice = 'auto' | 'none' | 'required' | { name: string };

/** What the assistant heeds of a `chat/completions` request. */
export interface ChatRequest {
  /** As it was asked for; it is only said back. */
  model: string;
  messages: readonly ChatMessage[];
  stream: boolean;
  /** Whether a stream ends with a usage chunk. */
  includeUsage: boolean;
  /** Most tokens to answer with; undefined: all that there are. */
  maxTokens: number | undefined;
  /** Texts before which the answer ends. */
  stop: readonly string[];
  tools: readonly OfferedTool[];
  toolChoice: ToolChoice;
  /** Whether several tools may be asked for at once. */
  parallelToolCalls: boolean;
  /** What the answer has to be where it is a JSON value: any object, or what fits a schema. */
  value: 'object' | { schema: JsonObject } | undefined;
}

/** As OpenAI's API allows. */
const MOST_STOPS = 4;

/** Reads a request. Throws `InvalidRequest` where OpenAI's API would answer 400. */
export function parseChatRequest(body: string): ChatRequest {
  const request = parseObject(body);
  if (typeof request['model'] !== 'string') {
    throw new InvalidRequest('You must provide a model parameter.', { param: 'model' });
  }
  const options = request['stream_options'];
  const tools = parseTools(request['tools']);
  return {
    model: request['model'],
    messages: parseMessages(request['messages']),
    stream: request['stream'] === true,
    includeUsage: isObject(options) && options['include_usage'] === true,
    maxTokens: tokenLimit(request, 'max_completion_tokens') ?? tokenLimit(request, 'max_tokens'),
    stop: parseStop(request['stop']),
    tools,
    toolChoice: parseToolChoice(request['tool_choice'], tools),
    parallelToolCalls: request['parallel_tool_calls'] !== false,
    value: parseFormat(request['response_format']),
  };
}

function parseObject(body: string): JsonObject {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    throw new InvalidRequest('We could not parse the JSON body of your request.');
  }
  if (!isObject(parsed)) throw new InvalidRequest('The body of the request must be a JSON object.');
  return parsed;
}

function parseMessages(messages: unknown): ChatMessage[] {
  if (!Array.isArray(messages) || messages.length === 0) {
    throw new InvalidRequest('messages must be a list that is not empty.', { param: 'messages' });
  }
  return messages.map((message: unknown, index) => {
    if (!isObject(message) || typeof message['role'] !== 'string') {
      throw new InvalidRequest('A message must have a role.', { param: `messages[${index}].role` });
    }
    const toolCallId = message['tool_call_id'];
    return {
      role: message['role'],
      text: textOf(message['content']),
      toolCalls: parseToolCalls(message['tool_calls'], `messages[${index}].tool_calls`),
      toolCallId: typeof toolCallId === 'string' ? toolCallId : undefined,
    };
  });
}

/** The text of a content: a string, or a list of parts of which some are text. */
function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content
    .filter(isObject)
    .map(({ text }) => (typeof text === 'string' ? text : ''))
    .join('');
}

function parseToolCalls(calls: unknown, param: string): ToolCall[] {
  return listOf(calls, param).map((call) => {
    const called = isObject(call) ? call['function'] : undefined;
    if (!isObject(call) || typeof call['id'] !== 'string' || !isObject(called)) {
      throw new InvalidRequest('A tool call must have an id and a function.', { param });
    }
    const { name, arguments: text } = called;
    if (typeof name !== 'string' || typeof text !== 'string') {
      throw new InvalidRequest('A function call must have a name and arguments.', { param });
    }
    return { id: call['id'], name, arguments: text };
  });
}

function parseTools(tools: unknown): OfferedTool[] {
  return listOf(tools, 'tools').flatMap((tool, index) => {
    const param = `tools[${index}]`;
    if (!isObject(tool)) throw new InvalidRequest('A tool must be an object.', { param });
    // Other kinds of tools are the provider's own, and this one has none.
    if (tool['type'] !== 'function') return [];
    const offered = tool['function'];
    if (!isObject(offered) || typeof offered['name'] !== 'string') {
      throw new InvalidRequest('A function must have a name.', { param: `${param}.function.name` });
    }
    const { name, description, parameters } = offered;
    return {
      name,
      description: typeof description === 'string' ? description : '',
      parameters: isObject(parameters) ? parameters : {},
    };
  });
}

function parseToolChoice(choice: unknown, tools: readonly OfferedTool[]): ToolChoice {
  if (choice === undefined || choice === null) return 'auto';
  if (choice === 'auto' || choice === 'none' || choice === 'required') return choice;
  const chosen = isObject(choice) ? choice['function'] : undefined;
  const name = isObject(chosen) ? chosen['name'] : undefined;
  if (typeof name === 'string' && tools.some((tool) => tool.name === name)) return { name };
  throw new InvalidRequest('tool_choice must be auto, none, required or one of the tools.', {
    param: 'tool_choice',
  });
}

function parseStop(stop: unknown): string[] {
  const stops = typeof stop === 'string' ? [stop] : listOf(stop, 'stop');
  if (stops.length > MOST_STOPS || !stops.every((one) => typeof one === 'string')) {
    throw new InvalidRequest(`stop must be a string or up to ${MOST_STOPS}.`, { param: 'stop' });
  }
  return stops.filter((one) => one !== '');
}

function parseFormat(format: unknown): ChatRequest['value'] {
  if (format === undefined || format === null) return undefined;
  const param = 'response_format';
  const type = isObject(format) ? format['type'] : undefined;
  if (type === 'text') return undefined;
  if (type === 'json_object') return 'object';
  const named = isObject(format) && type === 'json_schema' ? format['json_schema'] : undefined;
  if (!isObject(named)) throw new InvalidRequest('This response_format is unknown.', { param });
  const { schema } = named;
  return { schema: isObject(schema) ? schema : {} };
}

function tokenLimit(request: JsonObject, param: string): number | undefined {
  const limit = request[param];
  if (limit === undefined || limit === null) return undefined;
  if (typeof limit === 'number' && Number.isInteger(limit) && limit >= 1) return limit;
  throw new InvalidRequest(`${param} must be an integer of at least 1.`, { param });
}

function listOf(value: unknown, param: string): unknown[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) return value as unknown[];
  throw new InvalidRequest(`${param} must be a list.`, { param });
}
