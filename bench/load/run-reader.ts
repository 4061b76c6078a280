import { ExpectedText, type AnswerSpec } from '../answer.ts';
import { textOfChunk } from '../peers/text-of.ts';

/** Reads one run of our service, through as many streams as it takes. */
export class RunReader {
  readonly spec: AnswerSpec;
  /** The id of the last whole event. */
  lastId = 0;
  /** The events with text. */
  chunks = 0;
  #text = '';
  /** The beginning of an event whose end has not come. */
  #rest = '';

  constructor(spec: AnswerSpec) {
    this.spec = spec;
  }

  take(bytes: string): void {
    const events = (this.#rest + bytes).split('\n\n');
    this.#rest = events.pop()!;
    for (const event of events) {
      const text = textOfChunk(/^data: (.*)$/m.exec(event)?.[1] ?? '{}');
      this.lastId = Number(/^id: (\d+)$/m.exec(event)?.[1] ?? this.lastId);
      if (text === undefined) continue;
      this.#text += text;
      this.chunks += 1;
    }
  }

  /** What a cut has left of an event comes again, whole. */
  cut(): void {
    this.#rest = '';
  }

  /** Throws where the answer is not whole, to the character. */
  mustBeWhole(): void {
    if (this.#text === new ExpectedText(this.spec).text) return;
    throw new Error(`ours: answer ${this.spec.id} came as another text`);
  }
}
