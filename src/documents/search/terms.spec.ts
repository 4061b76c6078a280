import { describe, expect, it } from '@jest/globals';
import { termsOf, wordsOf } from './terms.js';

describe('termsOf', () => {
  it.each([
    ['How do I resume a stream?', ['resum', 'stream']],
    ['resuming streams', ['resum', 'stream']],
    ['`RUN_RETENTION`', ['run_retention', 'run', 'retent']],
    ['Last-Event-ID', ['last-event-id', 'last', 'event', 'id']],
    ['How do I back up the data?', ['backup', 'data']],
    ['shut it down or shut down', ['shut', 'down', 'shut', 'shutdown', 'down']],
    ['What’s Ａ 中文 word', ['中文', 'word']],
    ['', []],
    ['?!', []],
  ])('of %j are its words by their stems', (question, terms) => {
    expect(termsOf(question)).toEqual(terms);
  });

  it('keeps the words of a question that has no others', () => {
    expect(termsOf('What does it do?')).toEqual(['what', 'doe', 'it', 'do']);
  });
});

describe('wordsOf', () => {
  it('leaves out nothing', () => {
    expect(wordsOf('What does it do?')).toEqual(['what', 'doe', 'it', 'do']);
  });
});
