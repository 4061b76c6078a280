import { describe, expect, it } from '@jest/globals';
import { Absence } from './absence.js';

describe('Absence', () => {
  it('lasts from when the connection was last heard of', () => {
    const absence = new Absence();
    absence.lost(100);
    absence.lost(250);
    expect(absence.duration(400)).toBe(300);
  });

  it('goes on where a connection brought nothing new, without the time on it', () => {
    const absence = new Absence();
    absence.lost(100);
    absence.pause(150);
    expect(absence.duration(9000)).toBe(50);
    absence.lost(9000);
    expect(absence.duration(9010)).toBe(60);
  });

  it('is over with the first new event', () => {
    const absence = new Absence();
    absence.lost(100);
    absence.end();
    expect(absence.duration(500)).toBe(0);
  });

  it('is not hopeless before it was tried again once', () => {
    const absence = new Absence();
    absence.lost(0);
    expect(absence.isOver(100, 5000)).toBe(false);
    absence.lost(5000);
    expect(absence.isOver(100, 5000)).toBe(true);
  });
});
