import { partialAnswer } from './provider/continuing.js';
import { pace } from './provider/faults.js';
import type { ProviderRequest, RequestMessage } from './provider/provider-request.js';
import type { Script } from './provider/script.js';
import { done, finish, reasoning, role, text, usage } from './provider/steps.js';
import { randomFrom } from './random.js';
import { truth } from './truths.js';

/** How an answer is told. */
export interface Telling {
  /** Milliseconds before each chunk. */
  delay: number;
  /** Whether the model thinks aloud before it says anything, anew each time that it is asked. */
  reasons: boolean;
}

/** Characters that a chunk has at most. */
const PIECE = 60;

/** A model that answers each question with its truth, goes on truthfully, and counts what it says. */
export class TruthTeller {
  readonly #tellings = new Map<number, Telling>();
  readonly #asked = new Map<number, number>();
  readonly #waiting = new Set<{ characters: number; reached: () => void }>();
  #said = 0;

  /** Has to be told of each question beforehand. */
  expect(number: number, telling: Telling): void {
    this.#tellings.set(number, telling);
  }

  /** How many characters of answers it has said in all. */
  get said(): number {
    return this.#said;
  }

  /** How often it was asked a question, to go on with its answer included. */
  timesAsked(number: number): number {
    return this.#asked.get(number) ?? 0;
  }

  /** Resolves when it has said so many characters in all. */
  hasSaid(characters: number): Promise<void> {
    return new Promise((reached) => {
      this.#waiting.add({ characters, reached });
      this.#wake();
    });
  }

  readonly script: Script = (request) => {
    const number = numberAskedIn(request);
    const { delay, reasons } = this.#tellings.get(number)!;
    this.#asked.set(number, this.timesAsked(number) + 1);
    const whole = truth(number);
    const rest = [
      ...whole.slice(
        isQuestion(request.body.messages.at(-1)!) ? 0 : partialAnswer(request, whole).length,
      ),
    ];
    const random = randomFrom(request.number);
    const pieces: Script[] = [];
    while (rest.length > 0) {
      const piece = rest.splice(0, 1 + Math.floor(random() * PIECE)).join('');
      pieces.push(text(piece), () => this.#count(piece));
    }
    const thoughts = reasons
      ? reasoning('Let me see. ', `It is about ${number}, `, 'no doubt.')
      : [];
    return [pace(delay), role(), thoughts, pieces, finish(), usage(), done()];
  };

  #count(piece: string): Script {
    this.#said += piece.length;
    this.#wake();
    return [];
  }

  #wake(): void {
    for (const waiting of this.#waiting) {
      if (this.#said < waiting.characters) continue;
      this.#waiting.delete(waiting);
      waiting.reached();
    }
  }
}

const QUESTION = /^truth (\d+)$/;

function isQuestion({ role: from, content }: RequestMessage): boolean {
  return from === 'user' && QUESTION.test(content);
}

/** The number of the question that is to be answered: the last one of the conversation. */
function numberAskedIn({ body }: ProviderRequest): number {
  const question = body.messages.findLast(isQuestion);
  if (question === undefined) throw new Error('No message asks for a truth.');
  return Number(QUESTION.exec(question.content)![1]);
}
