import { describe, expect, it } from '@jest/globals';
import { httpAddress, originList, proxyAddress } from './addresses.js';

describe('an HTTP address', () => {
  it.each([
    ['https://api.openai.com/v1', 'https://api.openai.com/v1'],
    ['https://api.openai.com/v1/', 'https://api.openai.com/v1'],
    [' http://localhost:11434/v1 ', 'http://localhost:11434/v1'],
    ['http://[::1]:8080', 'http://[::1]:8080'],
  ])('reads %j without a slash at its end', (value, expected) => {
    expect(httpAddress.parse(value)).toBe(expected);
  });

  it.each([
    ['api.openai.com/v1'],
    ['localhost:11434'],
    ['ftp://x/'],
    ['https://x/?v=1'],
    ['http://u:5%@x'],
    [8080],
  ])('refuses %j', (value) => {
    expect(httpAddress.parse(value)).toBeUndefined();
  });
});

describe('the address of a proxy', () => {
  it.each([
    ['http://proxy.example:3128', 'http://proxy.example:3128'],
    ['http://proxy.example:3128/', 'http://proxy.example:3128'],
    ['https://user:pass@proxy.example', 'https://user:pass@proxy.example'],
    ['http://user:100%25@proxy.example', 'http://user:100%25@proxy.example'],
    ['proxy.example:3128', 'http://proxy.example:3128'],
  ])('reads %j', (value, expected) => {
    expect(proxyAddress.parse(value)).toBe(expected);
  });

  it.each([
    ['socks5://proxy.example:1080'],
    ['http://proxy.example/path'],
    ['http://user:100%@proxy:1'],
    ['us%er:pass@proxy:1'],
    ['http://user:%FF@proxy:1'],
    [''],
  ])('refuses %j', (value) => {
    expect(proxyAddress.parse(value)).toBeUndefined();
  });
});

describe('a list of origins', () => {
  it('is written as browsers send it: lower case, no slash, no default port', () => {
    const list = 'https://App.Example.com:443/, http://localhost:3000,https://app.example.com';
    expect(originList.parse(list)).toEqual(['https://app.example.com', 'http://localhost:3000']);
  });

  it('takes the origins of apps', () => {
    expect(originList.parse('capacitor://localhost')).toEqual(['capacitor://localhost']);
  });

  it('is any origin where * is among them', () => {
    expect(originList.parse('https://a.example,*')).toEqual(['*']);
  });

  it.each([['app.example.com'], ['https://a.example/path'], ['https://*.example'], ['null']])(
    'refuses %j',
    (value) => {
      expect(originList.parse(value)).toBeUndefined();
    },
  );
});
