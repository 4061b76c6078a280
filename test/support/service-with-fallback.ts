import { openStream, request, type Answer } from './http-client.js';
import { chunksOf, type NativeChunk } from './native-chunks.js';
import type { OpenStream } from './open-stream.js';
import { ScriptedProvider } from './scripted-provider.js';
import { startService, type RunningService } from './service.js';

/** How the service is configured. */
export interface FallbackOptions {
  /** More of the model `main`, or others of its fields. */
  main?: object;
  /** More of its fallback. */
  spare?: object;
  /** More of both providers. */
  provider?: object;
  /** Where the provider of `main` is. @default at {@link ServiceWithFallback.main} */
  mainUrl?: string;
  /** @default no waits: each model is called once */
  retryBudget?: string;
  env?: Readonly<Record<string, string>>;
}

/** A stream that was read to its end. */
export interface ReadStream {
  reading: OpenStream;
  /** The data of each chunk but the last, exactly. */
  data: string[];
  last: NativeChunk;
}

export const SYSTEM = { role: 'system', content: 'You are a test assistant.' };
export const QUESTION = { role: 'user', content: 'Hi' };

/** The data of a chunk of text, exactly. */
export const said = (content: string, model = 'main') =>
  JSON.stringify({ content, done: false, model });

/** The data of any other chunk, exactly. */
export const told = (type: string, members: object, model = 'main') =>
  JSON.stringify({ content: '', done: false, model, type, ...members });

export const switched = (attempt: number) => told('provider_switched', { attempt });

/**
 * The service with three models: `main` at one scripted provider, which has the fallback `spare` at
 * another, with another key and another name for the model; and `alone`, which is `main` without it.
 */
export class ServiceWithFallback {
  private constructor(
    readonly main: ScriptedProvider,
    readonly spare: ScriptedProvider,
    readonly service: RunningService,
  ) {}

  static async start(options: FallbackOptions = {}): Promise<ServiceWithFallback> {
    const main = await ScriptedProvider.start({ apiKey: 'main-key' });
    const spare = await ScriptedProvider.start({ apiKey: 'spare-key' });
    const { retryBudget = '0', env } = options;
    const service = await startService({
      modelsYaml: modelsYaml(options.mainUrl ?? main.baseUrl, spare.baseUrl, options),
      env: { RETRY_BUDGET: retryBudget, ...env },
    });
    return new ServiceWithFallback(main, spare, service);
  }

  get url(): string {
    return this.service.url;
  }

  /** Asks for a JSON answer. */
  ask(body: object = {}): Promise<Answer> {
    return request(`${this.url}/api/v1/chat`, { body: bodyOf(body) });
  }

  /** Asks for a stream. @param signal leaves */
  open(body: object = {}, signal?: AbortSignal): Promise<OpenStream> {
    const asked = { ...bodyOf(body), stream: true };
    return openStream(`${this.url}/api/v1/chat`, { body: asked, ...(signal && { signal }) });
  }

  /** Asks for a stream, and reads it to its end. */
  async read(body: object = {}): Promise<ReadStream> {
    return readToItsEnd(await this.open(body));
  }

  /** The stream of a run, from its beginning to its end. */
  async follow(id: string): Promise<ReadStream> {
    return readToItsEnd(await openStream(`${this.url}/api/v1/runs/${id}/stream`));
  }

  /** Cancels a run. */
  cancel(id: string): Promise<Answer> {
    return request(`${this.url}/api/v1/runs/${id}/cancel`, { method: 'POST' });
  }

  async close(): Promise<void> {
    await this.service.close();
    await Promise.all([this.main.close(), this.spare.close()]);
  }
}

/** What a stream has that ends as it should. */
export async function readToItsEnd(reading: OpenStream): Promise<ReadStream> {
  const end = await reading.ended;
  if (end !== 'end') throw new Error(`The stream was cut: ${reading.text}`);
  const { events } = reading;
  const data = events.slice(0, -1).map((event) => event.data);
  return { reading, data, last: chunksOf(events).at(-1)! };
}

function bodyOf(body: object): object {
  return { model: 'main', messages: [QUESTION], ...body };
}

function modelsYaml(mainUrl: string, spareUrl: string, options: FallbackOptions): object {
  const { main, spare, provider } = options;
  const alone = { provider: 'main', model: 'main-large', ...main };
  return {
    providers: {
      main: { name: 'Main', base_url: mainUrl, api_key: 'main-key', ...provider },
      spare: { name: 'Spare', base_url: spareUrl, api_key: 'spare-key', ...provider },
    },
    models: {
      main: { ...alone, fallbacks: ['spare'] },
      alone,
      spare: { provider: 'spare', model: 'spare-small', ...spare },
    },
  };
}
