import { describe, expect, it } from '@jest/globals';
import { headerMap, listOf } from './collections.js';
import { oneOf } from './text.js';

describe('a list', () => {
  const list = listOf(oneOf(['tools', 'vision']));

  it('passes over what is empty', () => {
    expect(list.parse(['tools', undefined, '', null])).toEqual(['tools']);
  });

  it('refuses what is no list, as a whole', () => {
    expect(list.parse('tools')).toBeUndefined();
    expect(list.culprit?.('tools')).toBeUndefined();
  });

  it('says which item is at fault', () => {
    expect(list.parse(['tools', 'sight'])).toBeUndefined();
    expect(list.culprit?.(['tools', 'sight'])).toEqual({
      key: 1,
      value: 'sight',
      allowed: 'one of tools, vision',
    });
  });
});

describe('a map of headers', () => {
  it('keeps texts and numbers, and leaves out what is empty', () => {
    const headers = { 'X-Title': 'Agno ', 'X-Version': 2, 'X-None': undefined };
    expect(headerMap.parse(headers)).toEqual({ 'X-Title': 'Agno', 'X-Version': '2' });
  });

  it.each([
    [{ 'X Title': 'a' }, 'X Title'],
    [{ 'X-Title': 'a\r\nX-Other: b' }, 'X-Title'],
    [{ 'X-Title': 'café' }, 'X-Title'],
    [{ 'X-Title': ['a'] }, 'X-Title'],
  ])('refuses %j, which would make every request fail', (headers, key) => {
    expect(headerMap.parse(headers)).toBeUndefined();
    expect(headerMap.culprit?.(headers)?.key).toBe(key);
  });

  it('refuses what is no map', () => {
    expect(headerMap.parse(['a'])).toBeUndefined();
    expect(headerMap.parse('a: b')).toBeUndefined();
  });
});
