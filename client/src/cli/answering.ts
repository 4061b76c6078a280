import type {
  AgnoClient,
  Answer,
  AnswerStream,
  ChatRequest,
  Chunk,
  ConnectionChange,
  LastChunk,
  Run,
  RunAccepted,
  StreamEvent,
  StreamObserver,
} from '../index.js';
import { ProblemError, RunFailedError } from '../index.js';
import { uniqueKey } from '../unique-key.js';
import { answerOutput, type AnswerOutput } from './answer-output.js';
import { ApprovalNeededError, decide, type Waiting } from './approvals.js';
import type { Interruption } from './interruption.js';
import type { Options } from './options.js';
import { printable } from './printable.js';
import { Spinner } from './spinner.js';
import { Statistics } from './statistics.js';
import type { Terminal } from './terminal.js';

/** How an answer ended. */
export interface Ending {
  sessionId: string | null;
  finishReason: string;
}

/** Where an answer is shown, and what is being waited for. */
interface Shown {
  /** Undefined where events are printed instead of the text. */
  output: AnswerOutput | undefined;
  spinner: Spinner;
}

/** Asks, and prints what is answered. */
export class Answering {
  constructor(
    private readonly client: AgnoClient,
    private readonly terminal: Terminal,
    private readonly interruption: Interruption,
    private readonly options: Options,
  ) {}

  /** @throws what the client throws; ApprovalNeededError */
  async ask(request: ChatRequest): Promise<Ending> {
    const { stream, json } = this.options;
    if (json || !stream) return this.#whole(request);
    return this.#print((observer) => this.client.stream(request, observer));
  }

  /** Prints the answer of a run that was started before. */
  async resume(runId: string): Promise<Ending> {
    if (!this.options.json) return this.#print((observer) => this.client.resume(runId, observer));
    const stream = this.client.resume(runId);
    this.interruption.cancels = () => stream.cancel();
    try {
      for await (const chunk of stream) await this.#decide(chunk, runId);
    } catch (error) {
      await this.#printRefused(error);
      if (error instanceof ApprovalNeededError) {
        this.terminal.printJson(await this.client.runs.get(runId));
      }
      throw error;
    }
    const run = await this.client.runs.get(runId);
    this.terminal.printJson(run);
    const { last } = stream;
    if (last?.finish_reason === 'error') throw new RunFailedError(last, run.text);
    return endingOf(run);
  }

  /** Streams an answer to the output. */
  async #print(open: (observer: StreamObserver) => AnswerStream): Promise<Ending> {
    const { raw, delay } = this.options;
    const statistics = new Statistics();
    const spinner = this.#spinner();
    const output = raw ? undefined : answerOutput(this.terminal, delay);
    const stream = open({
      onEvent: (event) => {
        statistics.event(event);
        if (raw) this.#printRaw(event, statistics.since(event.receivedAt));
      },
      onConnection: (change) => {
        this.#tellConnection(change, stream.position, { output, spinner });
      },
    });
    this.interruption.cancels = () => stream.cancel();
    statistics.begin();
    spinner.show('waiting for the first token');
    let text = '';
    try {
      for await (const chunk of stream) {
        text += chunk.content;
        await this.#show(chunk, { output, spinner });
        if (stream.runId !== undefined)
          await this.#decide(chunk, stream.runId, { output, spinner });
      }
    } finally {
      spinner.hide();
      await output?.end();
      this.interruption.cancels = undefined;
    }
    return this.#end(stream.last, { text, statistics });
  }

  #end(
    last: AnswerStream['last'],
    { text, statistics }: { text: string; statistics: Statistics },
  ): Ending {
    if (this.options.stats) this.#tellAll(statistics.lines(last));
    if (last?.finish_reason === 'error') throw new RunFailedError(last, text);
    // Everything was read before.
    if (last === undefined) return { sessionId: null, finishReason: 'stop' };
    this.#tellReason(last);
    return { sessionId: last.session_id, finishReason: last.finish_reason };
  }

  async #show(chunk: Chunk, { output, spinner }: Shown): Promise<void> {
    if (chunk.content !== '') {
      spinner.hide();
      await output?.write(chunk.content);
      return;
    }
    if (chunk.done) spinner.hide();
    // In the middle of a sentence a model that thinks is not worth a new line.
    if (chunk.type === 'reasoning' && !output?.isLineOpen) spinner.show('thinking');
    const label = labelOf(chunk);
    if (label === undefined) return;
    output?.breakLine();
    spinner.show(printable(label));
  }

  async #decide(chunk: Chunk, runId: string, shown?: Shown): Promise<void> {
    if (chunk.type !== 'approval_required') return;
    // A run that is read again may have been decided on long ago.
    const { approvals = [] } = await this.client.runs.get(runId);
    const open = new Set(approvals.map(({ id }) => id));
    const waiting = chunk.approvals.filter(({ id }) => open.has(id));
    if (waiting.length === 0) return;
    shown?.spinner.hide();
    shown?.output?.breakLine();
    await this.#decideAll(runId, waiting);
  }

  async #decideAll(runId: string, waiting: Waiting): Promise<void> {
    const { terminal, options } = this;
    await decide(this.client, runId, waiting, { terminal, yes: options.yes });
  }

  /** Asks for the whole answer at once. */
  async #whole(request: ChatRequest): Promise<Ending> {
    const statistics = new Statistics();
    const spinner = this.#spinner();
    const idempotencyKey = uniqueKey();
    this.interruption.cancels = () => this.#cancelBy(idempotencyKey);
    spinner.show('waiting for the answer');
    statistics.begin();
    let said: Answer | RunAccepted | undefined;
    try {
      said = await this.client.chat(request, { idempotencyKey });
      while (!('message' in said)) {
        spinner.hide();
        await this.#decideAll(said.run_id, said.approvals ?? []);
        spinner.show('waiting for the answer');
        said = await this.client.chat(request, { idempotencyKey });
      }
    } catch (error) {
      spinner.hide();
      await this.#printRefused(error);
      if (error instanceof ApprovalNeededError && this.options.json) this.terminal.printJson(said);
      throw error;
    } finally {
      spinner.hide();
      this.interruption.cancels = undefined;
    }
    if (this.options.json) this.terminal.printJson(said);
    else await this.#printWhole(said.message.content);
    if (this.options.stats) this.#tellAll(statistics.lines(said));
    this.#tellReason(said);
    return { sessionId: said.session_id, finishReason: said.finish_reason };
  }

  /** What an answer had said before it failed is an answer, too. */
  async #printRefused(error: unknown): Promise<void> {
    if (!(error instanceof ProblemError)) return;
    if (this.options.json) this.terminal.printJson(error.problem);
    else await this.#printWhole(error.problem.partial ?? '');
  }

  async #printWhole(text: string): Promise<void> {
    const output = answerOutput(this.terminal, this.options.delay);
    await output.write(text);
    await output.end();
  }

  /** The run of a request whose answer is not there yet is known by its key alone. */
  async #cancelBy(idempotencyKey: string): Promise<void> {
    const { data } = await this.client.runs.list({ idempotency_key: idempotencyKey });
    if (data[0] !== undefined) await this.client.runs.cancel(data[0].run_id);
  }

  #printRaw(event: StreamEvent, at: number): void {
    const marks = `${event.replayed ? ' replayed' : ''}${event.dropped ? ' seen before' : ''}`;
    const when = `+${at.toFixed(0).padStart(6)} ms`;
    this.terminal.print(`${when}  id ${event.id}${marks}  ${event.data}\n`);
  }

  #tellConnection(change: ConnectionChange, position: number, { output, spinner }: Shown): void {
    if (change.state === 'waiting') {
      spinner.hide();
      output?.breakLine();
      const wait = Math.round(change.retryIn ?? 0);
      this.#tellDim(`connection lost after event ${position}; trying again in ${wait} ms`);
      spinner.show('waiting for the connection');
    }
    if (change.state === 'open' && change.connection > 1) {
      spinner.hide();
      this.#tellDim(`resumed after event ${position}`);
    }
  }

  #tellReason({ finish_reason: reason }: Pick<LastChunk | Answer, 'finish_reason'>): void {
    if (reason !== 'stop') this.#tellDim(REASONS[reason] ?? `ended: ${reason}`);
  }

  #tellAll(lines: readonly string[]): void {
    for (const line of lines) this.#tellDim(line);
  }

  #tellDim(line: string): void {
    this.terminal.status.write(`${this.terminal.statusStyle('dim', printable(line))}\n`);
  }

  #spinner(): Spinner {
    const { terminal } = this;
    const isShown = terminal.canRedraw && !this.options.raw;
    return new Spinner(isShown ? terminal.status : undefined, terminal.statusStyle);
  }
}

const REASONS: Readonly<Record<string, string>> = {
  length: 'cut short: the most tokens were reached (--max-tokens, or the model)',
  content_filter: 'ended by the provider',
  tool_limit: "ended: the agent's limit of tool calls was reached",
  turn_limit: "ended: the agent's limit of turns was reached",
  cancelled: 'cancelled',
};

/** What is done about tools, where the chunk is about them. */
function labelOf(chunk: Chunk): string | undefined {
  switch (chunk.type) {
    case 'tool_call':
      return `calling ${chunk.tool_call.name}`;
    case 'tool_progress':
      return progressOf(chunk.tool_progress);
    case 'tool_result':
      return 'reading what the tool has said';
    default:
      return undefined;
  }
}

function progressOf(progress: Extract<Chunk, { type: 'tool_progress' }>['tool_progress']): string {
  const { name, message, progress: done, total } = progress;
  const share = done === undefined || total === undefined ? '' : ` ${done}/${total}`;
  return `${name}${share}${message === undefined ? '' : `: ${message}`}`;
}

function endingOf(run: Run): Ending {
  return { sessionId: run.session_id, finishReason: run.finish_reason ?? 'stop' };
}
