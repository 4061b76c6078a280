import { describe, expect, it } from '@jest/globals';
import type { ProviderRequest } from './provider/provider-request.js';
import { stepsOf } from './provider/script.js';
import { questionFor, tellingTruths, truth } from './truths.js';

const NUMBERS = Array.from({ length: 100 }, (_, number) => number);

/** Where a text says something of this length twice in a row: the length, for the first place. */
function repeatIn(text: string, shortest: number): number | undefined {
  for (let length = shortest; length * 2 <= text.length; length += 1) {
    let same = 0;
    for (let at = 0; at + length < text.length; at += 1) {
      same = text[at] === text[at + length] ? same + 1 : 0;
      if (same === length) return length;
    }
  }
  return undefined;
}

/** What the script says to a conversation, piece by piece. */
function said(...messages: { role: string; content: string }[]): string[] {
  const request = { body: { messages }, number: 7 } as unknown as ProviderRequest;
  return [...stepsOf(tellingTruths(), request)].flatMap((step) =>
    step.kind === 'chunk' && step.delta.content ? [step.delta.content] : [],
  );
}

describe('a truth', () => {
  it('is the same for a number and another for another, and long enough to be cut', () => {
    expect(new Set(NUMBERS.map(truth)).size).toBe(NUMBERS.length);
    for (const number of NUMBERS) {
      expect(truth(number)).toBe(truth(number));
      expect(truth(number).length).toBeGreaterThan(500);
    }
  });

  it('has nothing that could be taken for an echo', () => {
    for (const number of NUMBERS) {
      const whole = truth(number);
      expect(repeatIn(whole, 8)).toBeUndefined();
      for (let length = 1; length * 2 <= whole.length; length += 1) {
        expect(whole.startsWith(whole.slice(0, length), length)).toBe(false);
      }
    }
  });
});

describe('tellingTruths', () => {
  it('tells the truth that was asked for last, in pieces of many sizes', () => {
    const pieces = said(
      { role: 'user', content: questionFor(1) },
      { role: 'assistant', content: truth(1) },
      { role: 'user', content: questionFor(2) },
    );
    expect(pieces.join('')).toBe(truth(2));
    expect(new Set(pieces.map((piece) => [...piece].length)).size).toBeGreaterThan(10);
  });

  it('goes on where it was cut, however it is asked to', () => {
    const partial = truth(3).slice(0, 321);
    const asked = [
      { role: 'user', content: questionFor(3) },
      { role: 'assistant', content: partial },
    ];
    expect(partial + said(...asked).join('')).toBe(truth(3));
    expect(partial + said(...asked, { role: 'user', content: 'Go on.' }).join('')).toBe(truth(3));
  });
});
