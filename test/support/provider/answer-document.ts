import { envelope, type ToolCallDelta, type UsageBody } from './chunks.js';
import type { Exchange } from './exchange.js';
import type { AnswerForm } from './perform.js';
import type { ProviderRequest } from './provider-request.js';
import type { Step } from './script.js';
import { usageBody } from './stream-writer.js';

const JSON_DOCUMENT = { 'content-type': 'application/json' };

/** Adds the steps of a script up to one `chat.completion`, for a request without `stream`. */
export class AnswerDocument implements AnswerForm {
  #content = '';
  #reasoning = '';
  #pieces = 0;
  #finishReason: string | null = null;
  #usage: Partial<UsageBody> | undefined;
  readonly #toolCalls: { id?: string; type: 'function'; function: object }[] = [];
  #headers: Readonly<Record<string, string>> = {};

  constructor(
    private readonly request: ProviderRequest,
    private readonly exchange: Exchange,
  ) {}

  async take(step: Step): Promise<void> {
    if (step.kind === 'headers') this.#headers = step.headers;
    if (step.kind === 'usage') this.#usage = step.usage;
    if (step.kind === 'error') {
      this.exchange.head(500, { ...JSON_DOCUMENT, ...this.#headers });
      await this.exchange.end(JSON.stringify({ error: step.error }));
    }
    if (step.kind === 'chunk') {
      const { delta } = step;
      if (delta.content || delta.reasoning_content) this.#pieces += 1;
      this.#content += delta.content ?? '';
      this.#reasoning += delta.reasoning_content ?? '';
      for (const piece of delta.tool_calls ?? []) this.#addToolCall(piece);
      this.#finishReason = step.finishReason ?? this.#finishReason;
    }
  }

  async end(): Promise<void> {
    this.exchange.head(200, { ...JSON_DOCUMENT, ...this.#headers });
    await this.exchange.end(JSON.stringify(this.#document()));
  }

  #document(): unknown {
    const message = {
      role: 'assistant',
      content: this.#content === '' && this.#toolCalls.length > 0 ? null : this.#content,
      refusal: null,
      ...(this.#reasoning === '' ? {} : { reasoning_content: this.#reasoning }),
      ...(this.#toolCalls.length === 0 ? {} : { tool_calls: this.#toolCalls }),
    };
    return {
      ...envelope(this.request, 'chat.completion'),
      choices: [{ index: 0, message, logprobs: null, finish_reason: this.#finishReason }],
      ...(this.#usage === undefined ? {} : { usage: usageBody(this.#usage, this.#pieces) }),
    };
  }

  #addToolCall({ index, id, function: piece }: ToolCallDelta): void {
    const call = this.#toolCalls[index] as
      { function: { name?: string; arguments: string } } | undefined;
    if (call === undefined) {
      this.#toolCalls[index] = { ...(id ? { id } : {}), type: 'function', function: { ...piece } };
    } else {
      call.function.arguments += piece.arguments;
    }
  }
}
