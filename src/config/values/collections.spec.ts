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

  it.each([
    'Transfer-Encoding',
    'content-length',
    'Host',
    'Connection',
    'Keep-Alive',
    'Proxy-Authorization',
    'TE',
    'Trailer',
    'Upgrade',
    'Expect',
  ])('refuses %s, which is the business of the connection', (name) => {
    expect(headerMap.parse({ [name]: '5' })).toBeUndefined();
    expect(headerMap.culprit?.({ 'X-Title': 'a', [name]: '5' })).toEqual({
      key: name,
      value: '5',
      allowed: 'none of this name, which is set by the connection',
    });
  });

  it('refuses a name that differs from another in case only, since one of them would be lost', () => {
    const headers = { 'X-Title': 'a', 'x-title': 'b' };
    expect(headerMap.parse(headers)).toBeUndefined();
    expect(headerMap.culprit?.(headers)).toMatchObject({
      key: 'x-title',
      allowed: 'each header once, in any case',
    });
    expect(headerMap.parse({ 'X-Title': 'a', 'x-title': '' })).toEqual({ 'X-Title': 'a' });
  });

  it('refuses what is no map', () => {
    expect(headerMap.parse(['a'])).toBeUndefined();
    expect(headerMap.parse('a: b')).toBeUndefined();
  });
});
