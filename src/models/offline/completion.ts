import type { ChatRequest } from './chat-request.js';
import { tokensOf, type Answer } from './tokens.js';

/** One server-sent event, and whether it is spoken: only words are paced. */
export interface CompletionEvent {
  /** As it goes over the wire, with the empty line after it. */
  text: string;
  paced: boolean;
}

/**
 * The events of a streamed answer, as OpenAI sends them: the role, a chunk for each token, the
 * reason of the end, the usage where it was asked for, `[DONE]`.
 */
export function* streamedCompletion(
  request: ChatRequest,
  answer: Answer,
): Generator<CompletionEvent, void, undefined> {
  // With include_usage every other chunk has `usage: null`.
  const usage = request.includeUsage ? { usage: null } : {};
  const chunk = (delta: object, finish_reason: string | null = null) =>
    event({
      ...envelope(request, 'chat.completion.chunk'),
      choices: [{ index: 0, delta, logprobs: null, finish_reason }],
      ...usage,
    });
  yield { text: chunk({ role: 'assistant', content: '', refusal: null }), paced: false };
  for (const content of answer.tokens) yield { text: chunk({ content }), paced: true };
  yield { text: chunk({}, answer.finishReason), paced: false };
  if (request.includeUsage) {
    const last = { ...envelope(request, 'chat.completion.chunk'), choices: [] };
    yield { text: event({ ...last, usage: usageOf(request, answer) }), paced: false };
  }
  yield { text: 'data: [DONE]\n\n', paced: false };
}

/** The answer to a request without `stream`: a `chat.completion`. */
export function wholeCompletion(request: ChatRequest, answer: Answer): object {
  const message = { role: 'assistant', content: answer.tokens.join(''), refusal: null };
  return {
    ...envelope(request, 'chat.completion'),
    choices: [{ index: 0, message, logprobs: null, finish_reason: answer.finishReason }],
    usage: usageOf(request, answer),
  };
}

function envelope({ model }: ChatRequest, object: string): object {
  // No clock and no random number: the same request gets the same bytes.
  return { id: 'chatcmpl-offline', object, created: 0, model, system_fingerprint: 'fp_offline' };
}

function usageOf({ messages }: ChatRequest, { tokens }: Answer): object {
  const prompt = messages.reduce((sum, { text }) => sum + tokensOf(text).length, 0);
  return {
    prompt_tokens: prompt,
    completion_tokens: tokens.length,
    total_tokens: prompt + tokens.length,
  };
}

function event(payload: object): string {
  return `data: ${JSON.stringify(payload)}\n\n`;
}
