import { monotonicMs } from '../clock.ts';
import type { AnswerStream } from './answer-stream.ts';

/**
 * Lets every paced answer say a token in time, from one timer. Each has its own millisecond within
 * the pace, by its id: answers are independent of each other, so they do not speak in chorus, and
 * every contender gets the same load.
 */
export class Wheel {
  /** For each pace one list of answers for each of its milliseconds. */
  readonly #rings = new Map<number, AnswerStream[][]>();
  #timer: NodeJS.Timeout | undefined;
  #turned = 0;
  #answers = 0;

  add(answer: AnswerStream): void {
    const { everyMs, id } = answer.spec;
    let ring = this.#rings.get(everyMs);
    if (ring === undefined) {
      ring = Array.from({ length: everyMs }, () => []);
      this.#rings.set(everyMs, ring);
    }
    ring[id % everyMs]!.push(answer);
    this.#answers += 1;
    if (this.#timer !== undefined) return;
    this.#turned = Math.floor(monotonicMs());
    this.#timer = setInterval(() => this.#turn(), 1);
  }

  #turn(): void {
    const now = Math.floor(monotonicMs());
    // A timer that came late makes up for the milliseconds it missed.
    while (this.#turned < now) {
      this.#turned += 1;
      for (const [pace, ring] of this.#rings) this.#speak(ring, this.#turned % pace);
    }
    if (this.#answers > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #speak(ring: AnswerStream[][], slot: number): void {
    const answers = ring[slot]!;
    let over = false;
    for (const answer of answers) {
      answer.say();
      if (answer.isSaid) answer.end();
      over ||= answer.isOver;
    }
    if (!over) return;
    ring[slot] = answers.filter((answer) => !answer.isOver);
    this.#answers -= answers.length - ring[slot].length;
  }
}
