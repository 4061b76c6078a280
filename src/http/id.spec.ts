import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { idTime, isId, newId } from './id.js';

afterEach(() => void jest.restoreAllMocks());

describe('ids', () => {
  it('are lower-case UUIDv7 that tell when they were made', () => {
    const before = Date.now();
    const id = newId();
    expect(isId(id)).toBe(true);
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(idTime(id)).toBeGreaterThanOrEqual(before);
    expect(idTime(id)).toBeLessThanOrEqual(Date.now());
  });

  it('sort by the order in which they were made', () => {
    const ids = Array.from({ length: 1_000 }, newId);
    expect([...ids].sort()).toEqual(ids);
  });

  it('keep their order where a millisecond has many of them, and where the clock is set back', () => {
    const now = Date.now() + 1_000;
    jest.spyOn(Date, 'now').mockReturnValue(now);
    const ids = Array.from({ length: 5_000 }, newId);
    jest.spyOn(Date, 'now').mockReturnValue(now - 60_000);
    ids.push(...Array.from({ length: 5_000 }, newId));
    expect([...ids].sort()).toEqual(ids);
    expect(new Set(ids).size).toBe(10_000);
    expect(ids.filter((id) => !isId(id))).toEqual([]);
    // A millisecond later where its counter, which begins anywhere, runs over.
    for (const id of ids) expect([now, now + 1]).toContain(idTime(id));
  });

  it.each([
    '',
    'x',
    '0198C2A4-7D3E-7C55-9F0A-2B1F6C1D9E21',
    '6ba7b810-9dad-41d1-80b4-00c04fd430c8',
    '0198c2a4-7d3e-7c55-9f0a-2b1f6c1d9e21 ',
  ])('are not %j', (value) => {
    expect(isId(value)).toBe(false);
  });
});
