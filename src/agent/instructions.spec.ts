import { describe, expect, it } from '@jest/globals';
import { instructionsFor } from './instructions.js';

const run = {
  owner: 'ann',
  createdAt: Date.UTC(2026, 10, 23, 23, 59),
  metadata: { ticket: '4711', trick: '{{date}}', 'a key': '$&' },
  request: { messages: [], include: [], onDisconnect: 'continue' },
} as const;

describe('the instructions of an agent', () => {
  it.each([
    ['Be brief.', 'Be brief.'],
    ['It is {{date}}, {{ user }}.', 'It is 2026-11-23, ann.'],
    ['Ticket {{metadata.ticket}}{{metadata.none}}.', 'Ticket 4711.'],
    ['{{metadata.trick}} {{metadata.a key}}', '{{date}} $&'],
    ['{{metadata.constructor}}{{metadata.__proto__}}', ''],
  ])('of %j know the run', (instructions, filled) => {
    expect(instructionsFor({ instructions }, run)).toBe(filled);
  });

  it.each([
    [
      'Be brief, {{user}}.',
      'Answer {{user}} in French.',
      'Be brief, ann.\n\nAnswer {{user}} in French.',
    ],
    [undefined, 'Answer in French.', 'Answer in French.'],
    [undefined, undefined, undefined],
  ])('%j are followed by those of the request, %j, as they are', (instructions, asked, told) => {
    const agent = instructions === undefined ? undefined : { instructions };
    const request = { ...run.request, instructions: asked };
    expect(instructionsFor(agent, { ...run, request })).toBe(told);
  });
});
