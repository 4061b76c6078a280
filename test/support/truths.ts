import { continuing } from './provider/continuing.js';
import { pace } from './provider/faults.js';
import type { Script } from './provider/script.js';
import { randomFrom } from './random.js';

/** The question that {@link truth} is the answer to. */
export function questionFor(number: number): string {
  return `truth ${number}`;
}

/** Parts of answers. Each is given a number that tells it from others of its kind. */
const PARTS: readonly ((n: number) => string)[] = [
  (n) => `The the fox said no no no, ${n} times; had had it, it had it.\n\n`,
  (n) => `第${n}条：学而时习之，不亦说乎？一二三四五六七八九十。`,
  (n) => `القطة رقم ${n} تنام. हर दिन ${n} बार नमस्ते. Straße №${n}, naïve café. `,
  (n) => `👩‍👩‍👧‍👦 ${n} 🇨🇭🏴‍☠️ e\u0301 ${'🙂'.repeat(n % 5)}\u200d\ufeff\u2028`,
  (n) => `\n\n   \t \n ${n}\r\n  `,
  (n) => `\`\`\`ts\nfor (let i = ${n}; ; i++) {\n\tif (i % 7) {\n\t    break;\n\t}\n}\n\`\`\`\n`,
  (n) => `{"n":${n},"nested":[[],{"a\\"b":null}],"path":"C:\\\\temp\\\\${n}","u":"\\u00e9"}\n`,
  // What would end an event, or the stream, if it were not escaped on its way.
  (n) => `id: ${n}\ndata: {"content":"${n}","done":true}\n\n: hb\r\rdata: [DONE]\n\n`,
  (n) => `<b title='${n}'>&amp; \\n is no new line \\u00${n} \0\u001b[${n}m\u007f</b> `,
];

/**
 * An answer of some 1,500 characters, always the same for a number: many scripts, white space that
 * falls on the seams of pieces, words said twice, code, JSON, and what looks like an event.
 *
 * Nothing of 8 characters or more is said twice in a row, and the beginning is not said twice at
 * all: from a repeat of that size nobody could tell an echo, which the service leaves out where it
 * has an answer continued.
 */
export function truth(number: number): string {
  const random = randomFrom(number);
  const parts = Array.from({ length: 24 }, (_, index) => {
    const part = PARTS[Math.floor(random() * PARTS.length)]!;
    return part(index * 37 + Math.floor(random() * 37));
  });
  return `Truth ${number}. ${parts.join('')}`;
}

/** How answers to {@link questionFor} are paced. */
export interface TellingOptions {
  /** Milliseconds before each chunk. @default 2 */
  delay?: number;
  /** Characters that a chunk has at most. @default 24 */
  piece?: number;
}

/**
 * Answers each question with its truth, in pieces of random size, and goes on with it where the
 * request holds a part of it: one script for any number of runs at once.
 */
export function tellingTruths({ delay = 2, piece = 24 }: TellingOptions = {}): Script {
  return ({ body, number: seed }) => {
    const asked = body.messages
      .filter(({ role }) => role === 'user')
      .map(({ content }) => /^truth (\d+)$/.exec(content)?.[1])
      .findLast((found) => found !== undefined);
    if (asked === undefined) throw new Error('No message asks for a truth.');
    const random = randomFrom(seed);
    const size = () => 1 + Math.floor(random() * piece);
    return [pace(delay), continuing(truth(Number(asked)), { piece: size })];
  };
}
