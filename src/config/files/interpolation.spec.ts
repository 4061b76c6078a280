import { describe, expect, it } from '@jest/globals';
import { interpolate } from './interpolation.js';

const variables: Record<string, string> = { HOST: 'example.com', KEY: 'a${HOST}:#b' };
const fill = (text: string) => interpolate(text, (name) => variables[name]);

describe('interpolation', () => {
  it.each([
    ['${HOST}', 'example.com'],
    ['https://${HOST}/v1', 'https://example.com/v1'],
    ['${HOST}-${HOST}', 'example.com-example.com'],
    ['${NONE:-http://localhost:1/v1}', 'http://localhost:1/v1'],
    ['${HOST:-other}', 'example.com'],
    ['a ${NONE:-} b', 'a  b'],
    ['$${HOST}', '${HOST}'],
    ['$HOST and $5 and {HOST}', '$HOST and $5 and {HOST}'],
  ])('fills %j', (text, expected) => {
    expect(fill(text).text).toBe(expected);
  });

  it('does not look into what a variable holds', () => {
    expect(fill('${KEY}').text).toBe('a${HOST}:#b');
  });

  it('is nothing where a needed variable is unset, and names it', () => {
    const { text, missing } = fill('https://${NONE}.${HOST}/${OTHER}');
    expect(text).toBeUndefined();
    expect(missing).toEqual(['NONE', 'OTHER']);
  });

  it('is nothing where nothing is left, and names the variable', () => {
    expect(fill('${NONE:-}')).toMatchObject({ text: undefined, missing: [], blank: ['NONE'] });
  });

  it('names the variables that it took a value from', () => {
    expect(fill('${HOST}${NONE:-x}').variables).toEqual(['HOST']);
  });

  it.each([
    ['${bad name}'],
    ['${}'],
    ['${HOST'],
    ['${HOST-other}'],
    ['${HOST:?needed}'],
    ['${1HOST}'],
    ['${NONE:-${HOST}'],
  ])('says that %j is none of its forms', (text) => {
    expect(fill(text).malformed).toBe(text);
  });

  it('refuses a reference in a default, which would be cut in two', () => {
    expect(fill('${NONE:-${HOST}}').malformed).toBe('${NONE:-${HOST}');
  });
});
