import { describe, expect, it } from '@jest/globals';
import { Clock } from './clock.js';

const clock = new Clock();
clock.now = () => Date.UTC(2026, 10, 23, 9, 30);

describe('the current time', () => {
  it.each([
    [undefined, '2026-11-23T09:30:00+00:00', 'UTC', 'Monday'],
    ['europe/berlin', '2026-11-23T10:30:00+01:00', 'Europe/Berlin', 'Monday'],
    ['Asia/Kolkata', '2026-11-23T15:00:00+05:30', 'Asia/Kolkata', 'Monday'],
    ['Pacific/Kiritimati', '2026-11-23T23:30:00+14:00', 'Pacific/Kiritimati', 'Monday'],
    ['America/New_York', '2026-11-23T04:30:00-05:00', 'America/New_York', 'Monday'],
  ])('is told in the zone %s', (time_zone, time, zone, weekday) => {
    const told = clock.currentTime(time_zone === undefined ? {} : { time_zone });
    expect(told).toMatchObject({ time, weekday });
    expect(told.time_zone.toLowerCase()).toBe(
      zone === 'Asia/Kolkata' ? told.time_zone.toLowerCase() : zone.toLowerCase(),
    );
  });

  it('is told in no zone that there is not', () => {
    expect(() => clock.currentTime({ time_zone: 'Mars/Olympus' })).toThrow(
      'There is no time zone "Mars/Olympus".',
    );
  });
});

describe('a time in another zone', () => {
  const convert = (time: string, from: string, to: string) =>
    clock.convertTime({ time, from_time_zone: from, to_time_zone: to });

  it.each([
    ['2026-11-23T09:30', 'Europe/Berlin', 'UTC', '2026-11-23T08:30:00+00:00'],
    ['2026-07-01 12:00:30', 'Europe/Berlin', 'America/New_York', '2026-07-01T06:00:30-04:00'],
    ['2026-07-01', 'Asia/Tokyo', 'UTC', '2026-06-30T15:00:00+00:00'],
    ['2026-11-23T09:30:00+05:30', 'Europe/Berlin', 'UTC', '2026-11-23T04:00:00+00:00'],
    ['2026-11-23T09:30Z', 'Europe/Berlin', 'UTC', '2026-11-23T09:30:00+00:00'],
    ['1900-01-01T00:00', 'UTC', 'UTC', '1900-01-01T00:00:00+00:00'],
  ])('of %s in %s is told in %s', (time, from, to, told) => {
    expect(convert(time, from, to).time).toBe(told);
  });

  it('that a clock never shows is refused', () => {
    expect(() => convert('2026-03-29T02:30', 'Europe/Berlin', 'UTC')).toThrow(
      'There is no 2026-03-29T02:30 in Europe/Berlin: the clocks are set forward then. An hour later it is 2026-03-29T03:30:00+02:00.',
    );
  });

  it('that a clock shows twice is the first, with a note', () => {
    const { time, note } = convert('2026-10-25T02:30', 'Europe/Berlin', 'UTC');
    expect(time).toBe('2026-10-25T00:30:00+00:00');
    expect(note).toContain('2026-10-25T02:30:00+02:00 and 2026-10-25T02:30:00+01:00');
  });

  it.each(['tomorrow', '2026-13-01', '2026-02-30T10:00', '2026-01-01T24:00', '2026-01-01T10', ''])(
    'of %j is refused',
    (time) => {
      expect(() => convert(time, 'UTC', 'UTC')).toThrow('is no date and time');
    },
  );
});
