import { expect } from '@jest/globals';
import { checkDelivery } from './delivery-check.js';
import { request, type Answer } from './http-client.js';
import type { MortalService } from './mortal-service.js';
import type { NativeChunk } from './native-chunks.js';
import { requestPersistently } from './persistent-request.js';
import { partialAnswer } from './provider/continuing.js';
import { together } from './provider/faults.js';
import { Gate } from './provider/gate.js';
import type { ProviderRequest } from './provider/provider-request.js';
import type { Script } from './provider/script.js';
import { done, finish, role, text, usage } from './provider/steps.js';
import { ResumingReader, type Route } from './resuming-reader.js';
import type { ScriptedProvider } from './scripted-provider.js';

const FIRST = 'What came first?';
const SECOND = 'And then?';
const LAST = 'And now?';
const PIECES: Readonly<Record<string, readonly string[]>> = {
  [FIRST]: ['The egg came long ', 'before any hen.'],
  [SECOND]: ['Then it hatched, as eggs do.'],
  [LAST]: ['That is all.'],
};
const truthOf = (question: string) => PIECES[question]!.join('');

interface PairOptions {
  service: MortalService;
  provider: ScriptedProvider;
  /** Of the two runs. */
  keys: readonly [string, string];
  /** How the reader of the first one comes back. */
  routes: readonly Route[];
}

/**
 * A run in a new session and one that waits for it there, read through any deaths of the service.
 * Whatever happens, a process that lives writes the same: pieces come by a gate, or together.
 */
export class QueuedPair {
  /** Before the last piece of the first answer. */
  readonly gate = new Gate();
  readonly #asked: number;
  readonly #starts: number;
  #sessionId = '';
  #firstId = '';

  constructor(private readonly options: PairOptions) {
    const { provider, service } = options;
    this.#asked = provider.requests.length;
    this.#starts = service.starts;
    provider.always((asked) => this.#answer(asked));
  }

  /** Has both accepted: the second when something of the first is in its log. */
  async begin(): Promise<void> {
    const [first, second] = this.options.keys;
    const accepted = await this.#post(first, { message: FIRST, background: true });
    this.#firstId = String(accepted.headers['x-run-id']);
    this.#sessionId = String(accepted.headers['x-session-id']);
    const run = `${this.options.service.url}/api/v1/runs/${this.#firstId}`;
    while ((await requestPersistently(run)).json()['text'] === '');
    const queued = await this.#post(second, { ...this.#secondBody, background: true });
    expect([accepted.status, queued.status]).toEqual([202, 202]);
  }

  /** Reads both to their ends, the first as a stream and the second as a document. */
  async read(): Promise<{ reader: ResumingReader; answer: Answer }> {
    const { service, keys, routes } = this.options;
    const run = { url: service.url, body: { message: FIRST }, idempotencyKey: keys[0] };
    const reading = new ResumingReader(run, { cuts: [], routes }, this.#firstId).read();
    const answering = this.#post(keys[1], this.#secondBody);
    return { reader: await reading, answer: await answering };
  }

  /** All is whole, and there once. Leaves the service with nothing more to write. */
  async check({ reader, answer }: { reader: ResumingReader; answer: Answer }): Promise<void> {
    const { service, keys } = this.options;
    await checkDelivery(service.url, reader, truthOf(FIRST));
    expect(answer.status).toBe(200);
    expect(answer.json()).toMatchObject({
      message: { content: truthOf(SECOND) },
      session_id: this.#sessionId,
    });
    const [first, second] = await Promise.all(keys.map((key) => this.#runsOf(key)));
    expect(first).toMatchObject([{ run_id: this.#firstId, state: 'completed' }]);
    expect(second).toMatchObject([{ run_id: answer.json()['run_id'], state: 'completed' }]);
    this.#checkAttempts(FIRST, reader.terminalChunks[0]!, reader.chunks);
    this.#checkAttempts(SECOND, answer.json<NativeChunk>());
    await this.#checkSession();
    // The one before it has looked for a run that waits, after its end: that may still be going on.
    await this.#ask({ messages: [{ role: 'user', content: LAST }] });
  }

  get #secondBody() {
    return { message: SECOND, session_id: this.#sessionId, on_busy: 'queue' };
  }

  #post(key: string, body: object): Promise<Answer> {
    return requestPersistently(`${this.options.service.url}/api/v1/chat`, {
      body,
      headers: { 'idempotency-key': key },
    });
  }

  async #runsOf(key: string): Promise<unknown> {
    const runs = `${this.options.service.url}/api/v1/runs?idempotency_key=${key}`;
    return (await request(runs)).json()['data'];
  }

  /** Asks once more, and looks at what the provider is told of the conversation. */
  async #checkSession(): Promise<void> {
    await this.#ask({ message: LAST, session_id: this.#sessionId });
    expect(this.options.provider.requests.at(-1)!.body.messages.slice(1)).toEqual([
      { role: 'user', content: FIRST },
      { role: 'assistant', content: truthOf(FIRST) },
      { role: 'user', content: SECOND },
      { role: 'assistant', content: truthOf(SECOND) },
      { role: 'user', content: LAST },
    ]);
  }

  async #ask(body: object): Promise<void> {
    const answer = await request(`${this.options.service.url}/api/v1/chat`, { body });
    expect(answer.json()).toMatchObject({ message: { content: truthOf(LAST) } });
  }

  /** A process asks once, and not all that they ask leaves something in the log. */
  #checkAttempts(question: string, ending: NativeChunk, chunks?: readonly NativeChunk[]): void {
    const attempts = ending['attempts'] as number;
    const { provider, service } = this.options;
    const processes = 1 + service.starts - this.#starts;
    const asked = provider.requests.slice(this.#asked).map(questionOf);
    expect(attempts).toBeGreaterThanOrEqual(1);
    expect(attempts).toBeLessThanOrEqual(processes);
    expect(asked.filter((one) => one === question).length).toBeLessThanOrEqual(processes);
    if (chunks !== undefined) {
      const switches = chunks.filter(({ type }) => type === 'provider_switched');
      expect(switches.map(({ attempt }) => attempt)).toEqual(
        Array.from({ length: attempts - 1 }, (_, index) => index + 2),
      );
    }
    const told = ending['usage'] as Record<string, number>;
    expect(told['total_tokens']).toBe(told['input_tokens']! + told['output_tokens']!);
    if (attempts > 1) {
      expect(told).toMatchObject({ estimated: true });
    } else {
      // By the provider's own count: a token a piece.
      expect(told).toEqual({
        input_tokens: 10,
        output_tokens: PIECES[question]!.length,
        total_tokens: 10 + PIECES[question]!.length,
      });
    }
  }

  #answer(asked: ProviderRequest): Script {
    const question = questionOf(asked);
    const pieces = rest(PIECES[question]!, partialAnswer(asked, truthOf(question)).length);
    const ending = [finish(), usage(), done()];
    if (question !== FIRST) return together(role(), text(...pieces), ending);
    const [before, last] = [pieces.slice(0, -1), pieces.slice(-1)];
    return [role(), text(...before), this.gate, together(text(...last), ending)];
  }
}

function questionOf({ body }: ProviderRequest): string {
  return body.messages.findLast(({ content }) => content in PIECES)!.content;
}

/** What follows so many characters of what the pieces are together. */
function rest(pieces: readonly string[], from: number): string[] {
  let left = from;
  return pieces.flatMap((piece) => {
    const dropped = Math.min(left, piece.length);
    left -= dropped;
    return dropped < piece.length ? [piece.slice(dropped)] : [];
  });
}
