import type { OpenAI } from 'openai';
import type { ModelConfig, ProviderConfig } from '../../config/models-config.js';
import type { Circuit } from '../circuit/provider-circuit.js';
import type { ModelCall, ModelStream } from '../model-stream.js';
import { NodeResponse } from './node-response.js';
import { messagesFor, toolsFor } from './provider-messages.js';
import { ProviderClient, type Fetch } from './provider-client.js';
import { ProviderMisconfiguredError, ProviderTimeoutError } from './provider-errors.js';
import { ProviderStream, type OpenedResponse } from './provider-stream.js';
import { EmptyBody, NodeBody, WebBody } from './response-body.js';
import { toProviderError } from './to-provider-error.js';

type Request = OpenAI.ChatCompletionCreateParamsStreaming;

/** An OpenAI-compatible endpoint, or what behaves like one behind a `fetch` of its own. */
export class OpenAiProvider {
  #client: ProviderClient | undefined;

  /** @param fetch answers with a WHATWG `Response` or a `NodeResponse` */
  constructor(
    private readonly config: ProviderConfig,
    private readonly fetch: Fetch,
    private readonly circuit: Circuit,
  ) {}

  /**
   * Calls a model. The request goes out when the first piece is asked for; what fails is thrown
   * from there on, as one of the errors in `provider-errors.ts` or as the signal's reason.
   */
  stream(model: ModelConfig, call: ModelCall): ModelStream {
    const { circuit, config } = this;
    let isOpen = false;
    const failed = (error: Error): Error => {
      if (isOpen) circuit.broke(error);
      return error;
    };
    return new ProviderStream({
      open: async (signal) => {
        const response = await circuit.call(() =>
          this.#open(requestOf(config, model, call), signal),
        );
        isOpen = true;
        return response;
      },
      signal: call.signal,
      firstTokenTimeoutMs: model.firstTokenTimeoutMs,
      tokenTimeoutMs: model.tokenTimeoutMs,
      thinkTags: model.capabilities.includes('reasoning'),
      timeout: (limitMs, answered) =>
        failed(
          new ProviderTimeoutError(
            config.name,
            answered ? `stopped sending for ${limitMs} ms` : `sent nothing for ${limitMs} ms`,
          ),
        ),
      failure: (cause) => failed(toProviderError(cause, config)),
    });
  }

  async #open(request: Request, signal: AbortSignal): Promise<OpenedResponse> {
    // Made here so that a key which is no header value fails the call and not the start.
    this.#client ??= this.#newClient();
    try {
      const response: unknown = await this.#client.chat.completions
        .create(request, { signal })
        .asResponse();
      return opened(response as Response | NodeResponse);
    } catch (cause) {
      throw toProviderError(cause, this.config);
    }
  }

  #newClient(): ProviderClient {
    try {
      return new ProviderClient(this.config, this.fetch);
    } catch {
      // Without a cause: it quotes the key or the header.
      throw new ProviderMisconfiguredError(this.config.name);
    }
  }
}

function opened(response: Response | NodeResponse): OpenedResponse {
  const contentType = response.headers.get('content-type');
  if (response instanceof NodeResponse) return { body: new NodeBody(response.body), contentType };
  const body = response.body === null ? new EmptyBody() : new WebBody(response.body);
  return { body, contentType };
}

function requestOf(provider: ProviderConfig, model: ModelConfig, call: ModelCall): Request {
  return {
    model: model.model,
    messages: messagesFor(provider, call.messages, model.capabilities.includes('vision')),
    stream: true,
    ...(provider.streamUsage && { stream_options: { include_usage: true } }),
    ...(call.maxTokens !== undefined && { [model.maxTokensField]: call.maxTokens }),
    ...(call.temperature !== undefined && { temperature: call.temperature }),
    ...(isToldOfTools(model, call) && { tools: toolsFor(call.tools!) }),
    ...(call.responseFormat !== undefined && {
      response_format: call.responseFormat as unknown as Request['response_format'],
    }),
  };
}

/** OpenAI's API refuses an empty list, and servers refuse any for a model that cannot call. */
function isToldOfTools({ capabilities }: ModelConfig, { tools = [] }: ModelCall): boolean {
  return tools.length > 0 && capabilities.includes('tools');
}
