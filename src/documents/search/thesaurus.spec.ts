import { describe, expect, it } from '@jest/globals';
import { termsOf } from './terms.js';
import { relatedTerms } from './thesaurus.js';

const related = (question: string) =>
  [...relatedTerms(termsOf(question)).values()].flatMap((others) => [...others.keys()]);

describe('relatedTerms', () => {
  it('knows what people say for the words of the documents', () => {
    expect(related('reconnect')).toContain('last-event-id');
    expect(related('my laptop')).toContain('ollama');
  });

  it('takes a phrase for one thing, in any order, and its words alone for nothing', () => {
    expect(related('fire and forget')).toContain('background');
    expect(related('forget and then fire')).toContain('background');
    expect(related('fire')).toEqual([]);
  });

  it('is empty for what it does not know', () => {
    expect(related('monad')).toEqual([]);
    expect(related('')).toEqual([]);
  });
});
