import { isObject, type JsonObject } from '../openai/json-values.js';
import { InvalidRequest } from './error-response.js';

/** A message, its content reduced to text. */
export interface ChatMessage {
  role: string;
  text: string;
}

/** What the assistant heeds of a `chat/completions` request. */
export interface ChatRequest {
  /** As it was asked for; it is only said back. */
  model: string;
  messages: readonly ChatMessage[];
  stream: boolean;
  /** Whether a stream ends with a usage chunk. */
  includeUsage: boolean;
  /** Most words to answer with; all of them where absent. */
  maxTokens: number | undefined;
}

/** Reads a request. Throws `InvalidRequest` where OpenAI's API would answer 400. */
export function parseChatRequest(body: string): ChatRequest {
  const request = parseObject(body);
  if (typeof request['model'] !== 'string') {
    throw new InvalidRequest('You must provide a model parameter.', { param: 'model' });
  }
  refuseJsonAnswers(request['response_format']);
  const options = request['stream_options'];
  return {
    model: request['model'],
    messages: parseMessages(request['messages']),
    stream: request['stream'] === true,
    includeUsage: isObject(options) && options['include_usage'] === true,
    maxTokens: tokenLimit(request, 'max_completion_tokens') ?? tokenLimit(request, 'max_tokens'),
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
    return { role: message['role'], text: textOf(message['content']) };
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

function tokenLimit(request: JsonObject, param: string): number | undefined {
  const limit = request[param];
  if (limit === undefined || limit === null) return undefined;
  if (typeof limit === 'number' && Number.isInteger(limit) && limit >= 1) return limit;
  throw new InvalidRequest(`${param} must be an integer of at least 1.`, { param });
}

/** A fixed text can follow no schema: prose in place of JSON would break its reader. */
function refuseJsonAnswers(format: unknown): void {
  if (!isObject(format) || format['type'] === 'text') return;
  throw new InvalidRequest('The offline assistant can only answer with text.', {
    param: 'response_format',
  });
}
