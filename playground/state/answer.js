import { signal } from '@preact/signals';
import { inFrames } from '../lib/frames.js';
import { GrowingMarkdown } from '../lib/growing-markdown.js';

/** What is made readable at once, in characters: some milliseconds' work. */
const SLICE = 1_500;

/** How many blocks stand together: a group that is full is not looked at again. */
const GROUP = 24;

let made = 0;

/** A run of text: Markdown that may grow. */
export class TextPart {
  kind = /** @type {const} */ ('text');
  key = ++made;
  /** Counts what was made readable. */
  version = signal(0);
  /** @type {import('../lib/growing-markdown.js').Block[][]} */
  groups = [[]];
  /** @type {import('../lib/growing-markdown.js').Block[]} */
  open = [];
  source = '';
  #markdown = new GrowingMarkdown();
  #shown = 0;
  #taken = 0;
  #hasEnded = false;

  /** The groups with what is being written behind it: a block keeps its place when it is final. */
  get shown() {
    if (this.open.length === 0) return this.groups;
    const last = /** @type {import('../lib/growing-markdown.js').Block[]} */ (this.groups.at(-1));
    if (last.length === GROUP) return [...this.groups, this.open];
    return [...this.groups.slice(0, -1), [...last, ...this.open]];
  }

  /** @param {string} text */
  push(text) {
    this.source += text;
    inFrames(this.#work);
  }

  end() {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    inFrames(this.#work);
  }

  #work = () => {
    const slice = this.source.slice(this.#shown, this.#shown + SLICE);
    this.#shown += slice.length;
    if (slice !== '') this.#markdown.push(slice);
    const isMore = this.#shown < this.source.length;
    if (!isMore && this.#hasEnded) this.#markdown.end();
    this.#take();
    // What is being written is shown once per frame, when nothing waits.
    if (!isMore) this.open = this.#hasEnded ? [] : this.#markdown.open();
    else this.open = this.open.filter(({ key }) => key >= this.#taken);
    this.version.value++;
    return isMore;
  };

  #take() {
    const { settled } = this.#markdown;
    for (; this.#taken < settled.length; this.#taken++) {
      let last = /** @type {import('../lib/growing-markdown.js').Block[]} */ (this.groups.at(-1));
      if (last.length === GROUP) this.groups.push((last = []));
      last.push(settled[this.#taken]);
      // Another array: who shows the group sees that it has changed.
      this.groups[this.groups.length - 1] = [...last];
    }
  }
}

/** What the model thinks before it speaks. */
export class ReasoningPart {
  kind = /** @type {const} */ ('reasoning');
  key = ++made;
  text = signal('');
  isOver = signal(false);
}

/** A call of a tool. */
export class ToolPart {
  kind = /** @type {const} */ ('tool');
  key = ++made;
  /** The arguments as JSON, maybe not whole yet. */
  args = signal('');
  state = signal(
    /** @type {'calling' | 'waiting' | 'running' | 'done' | 'failed' | 'stopped'} */ ('calling'),
  );
  result = signal(/** @type {string | undefined} */ (undefined));
  progress = signal('');
  decision = signal('');

  /** @param {string} id @param {string} name */
  constructor(id, name) {
    this.id = id;
    this.name = name;
  }

  /** Whether it has no end yet. */
  get isOpen() {
    return ['calling', 'waiting', 'running'].includes(this.state.value);
  }
}

/** @typedef {TextPart | ReasoningPart | ToolPart} Part */

/**
 * How an answer ended.
 *
 * @typedef {object} Ending
 * @property {string} reason
 * @property {import('agno-api-client').Usage} [usage]
 * @property {{first_token_ms: number | null, total_ms: number}} [timings]
 * @property {number} [attempts]
 */

/** An answer as it is shown: being written, or written long ago. */
export class Answer {
  kind = /** @type {const} */ ('answer');
  key = ++made;
  model = signal('');
  parts = signal(/** @type {Part[]} */ ([]));
  state = signal(/** @type {'asking' | 'writing' | 'waiting' | 'over'} */ ('asking'));
  /** What is said of the connection while it is away. */
  connection = signal('');
  fault = signal(/** @type {import('../lib/problems.js').Fault | undefined} */ (undefined));
  ending = signal(/** @type {Ending | undefined} */ (undefined));
  runId = signal(/** @type {string | undefined} */ (undefined));
  /** Its last message in the session, once that is known. */
  messageId = signal(/** @type {string | undefined} */ (undefined));

  /** All of the text. */
  get text() {
    return this.parts.value
      .filter((part) => part instanceof TextPart)
      .map((part) => part.source)
      .join('');
  }

  /** @param {import('agno-api-client').Chunk} chunk */
  take(chunk) {
    if (this.state.value === 'asking') this.state.value = 'writing';
    this.model.value = chunk.model;
    if (chunk.content !== '') this.#last(TextPart, () => new TextPart()).push(chunk.content);
    if (chunk.done) return this.#end(chunk);
    switch (chunk.type) {
      case 'reasoning':
        this.#last(ReasoningPart, () => new ReasoningPart()).text.value += chunk.reasoning;
        break;
      case 'tool_call_delta':
        this.tool(chunk.tool_call).args.value += chunk.tool_call.arguments_delta;
        break;
      case 'tool_call':
        this.call(chunk.tool_call);
        break;
      case 'tool_progress':
        this.tool(chunk.tool_progress).progress.value = progressOf(chunk.tool_progress);
        break;
      case 'tool_result':
        this.result(chunk.tool_result);
        break;
      case 'approval_required':
        this.ask(chunk.approvals);
        break;
      case 'approval_decided':
        this.decided(chunk.decisions);
        break;
    }
  }

  /** @param {{id: string, name: string, arguments?: unknown}} call */
  call(call) {
    const tool = this.tool(call);
    tool.args.value = pretty(call.arguments);
    if (tool.state.value === 'calling') tool.state.value = 'running';
  }

  /** @param {readonly {id: string, name: string, arguments?: unknown}[]} approvals */
  ask(approvals) {
    for (const approval of approvals) {
      this.call(approval);
      this.tool(approval).state.value = 'waiting';
    }
    this.state.value = 'waiting';
  }

  /**
   * @param {readonly {id: string, decision: string, reason?: string, arguments?: unknown, by?: string}[]} decisions
   */
  decided(decisions) {
    for (const { id, decision, reason, arguments: changed } of decisions) {
      const tool = this.#toolById(id);
      // The stream tells it, too, and maybe sooner than the answer to whoever has decided.
      if (tool?.state.value !== 'waiting') continue;
      tool.state.value = decision === 'approve' ? 'running' : 'failed';
      if (changed !== undefined) tool.args.value = pretty(changed);
      const approved = changed === undefined ? 'Approved' : 'Approved with other arguments';
      tool.decision.value =
        decision === 'approve' ? approved : `Rejected${reason ? `: ${reason}` : ''}`;
    }
    const isDecided = !this.#tools().some((tool) => tool.state.value === 'waiting');
    if (isDecided && this.state.value === 'waiting') this.state.value = 'writing';
  }

  /** @param {{id: string, name: string, content: string, is_error?: boolean}} result */
  result({ id, name, content, is_error: isError = false }) {
    const tool = this.tool({ id, name });
    tool.result.value = content;
    tool.state.value = isError ? 'failed' : 'done';
  }

  /** Nobody waits for decisions any more: the run is being stopped. */
  giveUpWaiting() {
    if (this.state.value === 'waiting') this.state.value = 'writing';
  }

  /** @param {string} text */
  write(text) {
    if (text !== '') this.#last(TextPart, () => new TextPart()).push(text);
  }

  /** It is not written any further. */
  close() {
    for (const part of this.parts.value) {
      if (part instanceof TextPart) part.end();
      if (part instanceof ReasoningPart) part.isOver.value = true;
      // Nothing comes of a call any more that had no result until now, and there is nothing to decide.
      if (part instanceof ToolPart && part.isOpen) part.state.value = 'stopped';
    }
    this.connection.value = '';
    this.state.value = 'over';
  }

  /** @param {{id: string, name: string}} call */
  tool({ id, name }) {
    const known = this.#toolById(id);
    if (known !== undefined) return known;
    this.#endText();
    const tool = new ToolPart(id, name);
    this.parts.value = [...this.parts.value, tool];
    return tool;
  }

  /** @param {import('agno-api-client').LastChunk | import('agno-api-client').FailureChunk} chunk */
  #end(chunk) {
    this.runId.value = chunk.run_id;
    if (chunk.finish_reason === 'error') {
      const { code, message, retryable } = chunk.error;
      this.fault.value = { title: 'The answer failed', detail: message, code, retryable };
    }
    this.ending.value = {
      reason: chunk.finish_reason,
      usage: chunk.usage,
      attempts: chunk.attempts,
      ...('timings' in chunk && { timings: chunk.timings }),
    };
    this.close();
  }

  /**
   * @template {Part} P
   * @param {new (...args: never[]) => P} type
   * @param {() => P} make
   * @returns {P}
   */
  #last(type, make) {
    const last = this.parts.value.at(-1);
    if (last instanceof type) return last;
    this.#endText();
    const part = make();
    this.parts.value = [...this.parts.value, part];
    return part;
  }

  #endText() {
    const last = this.parts.value.at(-1);
    if (last instanceof TextPart) last.end();
    if (last instanceof ReasoningPart) last.isOver.value = true;
  }

  #tools() {
    return this.parts.value.filter((part) => part instanceof ToolPart);
  }

  /** @param {string} id */
  #toolById(id) {
    return this.#tools().find((tool) => tool.id === id);
  }
}

/** @param {unknown} value */
function pretty(value) {
  return typeof value === 'string' ? value : JSON.stringify(value ?? {}, null, 2);
}

/** @param {{message?: string, progress?: number, total?: number}} progress */
function progressOf({ message = '', progress, total }) {
  const share = progress !== undefined && total !== undefined ? `${progress} of ${total}` : '';
  return [share, message].filter(Boolean).join(': ');
}

/** What somebody has said. */
export class Question {
  kind = /** @type {const} */ ('question');
  key = ++made;
  messageId = signal(/** @type {string | undefined} */ (undefined));

  /** @param {string} text @param {string[]} [images] their addresses */
  constructor(text, images = []) {
    this.text = text;
    this.images = images;
  }
}
