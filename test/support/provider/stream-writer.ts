import { envelope, sse, wantsUsage, type Delta, type UsageBody } from './chunks.js';
import type { Exchange } from './exchange.js';
import type { AnswerForm } from './perform.js';
import type { ProviderRequest } from './provider-request.js';
import type { Step } from './script.js';

const EVENT_STREAM = { 'content-type': 'text/event-stream; charset=utf-8' };

/** Writes the steps of a script as server-sent events of `chat.completion.chunk`. */
export class StreamWriter implements AnswerForm {
  #pieces = 0;

  constructor(
    private readonly request: ProviderRequest,
    private readonly exchange: Exchange,
  ) {}

  async take(step: Step): Promise<void> {
    switch (step.kind) {
      case 'headers':
        return this.exchange.head(200, { ...EVENT_STREAM, ...step.headers });
      case 'cork':
        return this.exchange.cork();
      case 'uncork':
        return this.exchange.uncork();
      case 'raw':
        return this.#write(step.bytes);
      case 'error':
        return this.#write(sse({ error: step.error }));
      case 'usage':
        return wantsUsage(this.request) ? this.#usage(step.usage) : undefined;
      case 'chunk':
        if (step.delta.content || step.delta.reasoning_content) this.#pieces += 1;
        return this.#chunk(
          [choice(step.delta, step.finishReason ?? null)],
          wantsUsage(this.request) ? { usage: null, ...step.members } : { ...step.members },
        );
      default:
        return;
    }
  }

  async end(): Promise<void> {
    this.exchange.head(200, EVENT_STREAM);
    await this.exchange.end();
  }

  #usage(counts: Partial<UsageBody>): Promise<void> {
    return this.#chunk([], { usage: usageBody(counts, this.#pieces) });
  }

  #chunk(choices: readonly unknown[], members: Record<string, unknown>): Promise<void> {
    const shared = envelope(this.request, 'chat.completion.chunk');
    return this.#write(sse({ ...shared, choices, ...members }));
  }

  #write(bytes: Uint8Array): Promise<void> {
    this.exchange.head(200, EVENT_STREAM);
    return this.exchange.write(bytes);
  }
}

function choice(delta: Delta, finishReason: string | null): unknown {
  return { index: 0, delta, logprobs: null, finish_reason: finishReason };
}

/** The counts of a usage step, with the total that follows from them. */
export function usageBody(counts: Partial<UsageBody>, pieces: number): UsageBody {
  const prompt = counts.prompt_tokens ?? 10;
  const completion = counts.completion_tokens ?? pieces;
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: counts.total_tokens ?? prompt + completion,
  };
}
