import { join } from 'node:path';
import Database from 'better-sqlite3';
import { writeConfigDir, type ConfigDir, type TestConfiguration } from './config-dir.js';
import { checkDelivery } from './delivery-check.js';
import { openStream, request, type Answer } from './http-client.js';
import { chunksOf, type NativeChunk } from './native-chunks.js';
import type { OpenStream, ReceivedEvent } from './open-stream.js';
import { startProcess, type ServiceProcess } from './process.js';
import { stall } from './provider/faults.js';
import type { ProviderRequest } from './provider/provider-request.js';
import type { Script } from './provider/script.js';
import { role } from './provider/steps.js';
import { ScriptedProvider } from './scripted-provider.js';

/** A run that its provider has begun to answer, and what a reader got of it so far. */
export interface BegunRun {
  id: string;
  reader: OpenStream;
}

/** What happens between the death of a process and the start of the next one. */
export interface Meanwhile {
  /** What differs in the environment of the next one. */
  env?: Readonly<Record<string, string>>;
  /** Changes its files, or its provider. */
  change?: (directory: ConfigDir) => unknown;
}

/** The service as a process that a test kills and starts again, with its provider and its files. */
export class KillableService {
  #process: ServiceProcess;

  private constructor(
    readonly provider: ScriptedProvider,
    private readonly directory: ConfigDir,
    process: ServiceProcess,
  ) {
    this.#process = process;
  }

  /** @param configure what is configured, once the address of its provider is known */
  static async start(
    configure: (baseUrl: string) => TestConfiguration = () => ({}),
  ): Promise<KillableService> {
    const provider = await ScriptedProvider.start();
    const directory = await writeConfigDir({ provider, ...configure(provider.baseUrl) });
    return new KillableService(provider, directory, await startProcess(directory.env));
  }

  get url(): string {
    return this.#process.url;
  }

  get log(): ServiceProcess['log'] {
    return this.#process.log;
  }

  /** The latest completion request that the provider got. */
  get lastRequest(): ProviderRequest {
    return this.provider.requests.at(-1)!;
  }

  /** `POST /api/v1/chat`, answered whole. */
  chat(body: object, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return request(`${this.url}/api/v1/chat`, { body, headers });
  }

  /** `GET /api/v1` and a path. */
  get(path: string): Promise<Answer> {
    return request(`${this.url}/api/v1${path}`);
  }

  /** Looks into its database, while it runs. */
  database<T>(work: (db: Database.Database) => T): T {
    return inDatabase(this.directory, work);
  }

  /**
   * Starts a run that is streamed. Its provider does as scripted, and then nothing more. Resolves when
   * the reader has got all of `seen`: text, reasoning and the arguments of tool calls.
   */
  async begin(
    script: Script,
    seen: string,
    body: object = ASKING,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<BegunRun> {
    this.provider.reply([role(), script, stall()]);
    const reader = await openStream(`${this.url}/api/v1/chat`, {
      body: { ...body, stream: true },
      headers,
    });
    await reader.until(() => saidBy(reader.events) === seen);
    return { id: String(reader.headers['x-run-id']), reader };
  }

  /** Starts a run whose provider has got the request and says nothing. @returns the run's id */
  async beginSilently(
    body: object = ASKING,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<string> {
    const silence = this.provider.gate();
    this.provider.reply([silence, stall()]);
    const accepted = await this.chat({ ...body, background: true }, headers);
    await silence.reached;
    return String(accepted.json()['run_id']);
  }

  /** SIGKILL, and another process on the same files. */
  async restart({ env = {}, change }: Meanwhile = {}): Promise<void> {
    await this.#process.kill();
    await this.#startAgain(env, change);
  }

  /** SIGTERM, and another process on the same files. */
  async stopAndStart({ env = {}, change }: Meanwhile = {}): Promise<void> {
    await this.#process.stop();
    await this.#startAgain(env, change);
  }

  /**
   * Reads a run where its reader was cut, to its end. Checks that the reader then has what the log
   * has: each piece once, in order, and one terminal chunk.
   * @returns the events after the cut
   */
  async rest({ id, reader }: BegunRun): Promise<readonly ReceivedEvent[]> {
    const position = reader.events.at(-1)!.id!;
    const resumed = await this.#read(id, { 'last-event-id': position });
    const all = [...reader.events, ...resumed];
    const ids = all.map((event) => Number(event.id));
    await checkDelivery(this.url, { runId: id, ids, chunks: chunksOf(all) });
    return resumed;
  }

  /** The events of a run from its beginning to its end. */
  whole(id: string): Promise<readonly ReceivedEvent[]> {
    return this.#read(id, {});
  }

  async #read(id: string, headers: Readonly<Record<string, string>>) {
    const reader = await openStream(`${this.url}/api/v1/runs/${id}/stream`, { headers });
    const end = await reader.ended;
    if (end !== 'end') throw new Error(`The stream of the run ${id} ended with: ${end}`);
    return reader.events;
  }

  async #startAgain(env: Readonly<Record<string, string>>, change: Meanwhile['change']) {
    await change?.(this.directory);
    this.#process = await this.#process.restart(env);
  }

  async close(): Promise<void> {
    await this.#process.kill();
    await this.directory.remove();
    await this.provider.close();
  }
}

/** A request without a session. */
export const ASKING = { messages: [{ role: 'user', content: 'Hi' }] };

/** All that the model has said, as a reader of the stream knows it. */
export function saidBy(events: readonly ReceivedEvent[]): string {
  return chunksOf(events).map(pieceOf).join('');
}

function pieceOf({ content, reasoning, type, tool_call: call }: NativeChunk): string {
  if (type === 'tool_call_delta') return (call as { arguments_delta: string }).arguments_delta;
  return content + ((reasoning as string | undefined) ?? '');
}

/** Looks into a database; changes it, where the service is down. */
export function inDatabase<T>({ dataDir }: ConfigDir, work: (db: Database.Database) => T): T {
  const db = new Database(join(dataDir, 'agno.db'));
  try {
    return work(db);
  } finally {
    db.close();
  }
}
