import type { Said } from './message-text.js';

const OPEN = '<think>';
const CLOSE = '</think>';

/**
 * Tells what a model thinks from what it says, where its server leaves both in the text: an answer that
 * begins with `<think>` is thought up to `</think>`. A tag anywhere else is text. White space around the
 * thought is nobody's.
 */
export class ThinkTags {
  #state: 'beginning' | 'thinking' | 'after' | 'saying' = 'beginning';
  #hasThought = false;
  /** What may still become a tag. */
  #held = '';

  /** What the next piece of text adds. */
  take(piece: string): Said {
    const said: Said = { text: '', reasoning: '' };
    this.#held += piece;
    if (this.#state === 'beginning') this.#begin();
    if (this.#state === 'thinking') this.#think(said);
    if (this.#state === 'after') this.#trimStart();
    if (this.#state === 'saying') {
      said.text += this.#held;
      this.#held = '';
    }
    return said;
  }

  /** No more pieces come: what was held back was no tag. */
  end(): Said {
    const held = this.#held;
    this.#held = '';
    return this.#state === 'thinking'
      ? { text: '', reasoning: held }
      : { text: this.#state === 'beginning' ? held : '', reasoning: '' };
  }

  #begin(): void {
    const begun = this.#held.trimStart();
    if (begun.startsWith(OPEN)) {
      this.#state = 'thinking';
      this.#held = begun.slice(OPEN.length);
    } else if (!OPEN.startsWith(begun)) this.#state = 'saying';
  }

  #think(said: Said): void {
    if (!this.#hasThought) this.#held = this.#held.trimStart();
    const end = this.#held.indexOf(CLOSE);
    if (end === -1) {
      const open = partialTag(this.#held);
      said.reasoning = this.#held.slice(0, open);
      this.#held = this.#held.slice(open);
      this.#hasThought ||= said.reasoning !== '';
      return;
    }
    said.reasoning = this.#held.slice(0, end).trimEnd();
    this.#held = this.#held.slice(end + CLOSE.length);
    this.#state = 'after';
  }

  #trimStart(): void {
    this.#held = this.#held.trimStart();
    if (this.#held !== '') this.#state = 'saying';
  }
}

/** Where the beginning of a closing tag stands at the end of a text, with the white space before it. */
function partialTag(text: string): number {
  for (let length = Math.min(CLOSE.length - 1, text.length); length > 0; length -= 1) {
    if (text.endsWith(CLOSE.slice(0, length))) return text.slice(0, -length).trimEnd().length;
  }
  return text.trimEnd().length;
}
