import { describe, expect, it } from '@jest/globals';
import { readOptions, USAGE, UsageError, type Options } from './options.js';

const read = (...args: string[]): Options => readOptions(args, {});

describe('the options', () => {
  it('have defaults', () => {
    expect(read('Hi')).toEqual({
      command: 'chat',
      message: 'Hi',
      readsInput: false,
      url: 'http://127.0.0.1:8000',
      headers: {},
      stream: true,
      raw: false,
      stats: false,
      json: false,
      yes: false,
    });
  });

  it('are all taken', () => {
    const short = ['-m', 'gpt', '-a', 'helper', '-s', 'session', '--instructions', 'Be brief.'];
    const numbers = ['--max-tokens', '5', '--temperature', '0', '--delay', '2.5', '--limit', '3'];
    const flags = ['--stats', '--yes', '--no-stream', '--url', 'https://agno.example/api-of-mine'];
    expect(read(...short, ...numbers, ...flags, 'Hi')).toMatchObject({
      ...{ model: 'gpt', agent: 'helper', session: 'session', instructions: 'Be brief.' },
      ...{ maxTokens: 5, temperature: 0, delay: 2.5, limit: 3 },
      ...{ stats: true, yes: true, stream: false, url: 'https://agno.example/api-of-mine' },
    });
  });

  it('are those that the help tells of', () => {
    const told = [...USAGE.matchAll(/^ {2}(?:-\w, | {4})--([\w-]+)( <)?/gm)];
    expect(told.length).toBeGreaterThan(15);
    for (const [, name = '', value] of told) {
      const of: Readonly<Record<string, string>> = { url: 'http://a', header: 'A: b' };
      const args = value === undefined ? [`--${name}`] : [`--${name}=${of[name] ?? '1'}`];
      expect(() => read(...args)).not.toThrow();
    }
  });

  it('take several words for one message', () => {
    expect(read('What', 'is', 'this?').message).toBe('What is this?');
  });

  it('take what stands behind "--" as it is', () => {
    expect(read('--', '--model', 'is', 'an option').message).toBe('--model is an option');
  });

  it('read the input for "-"', () => {
    expect(read('-')).toMatchObject({ message: undefined, readsInput: true });
  });

  it.each(['models', 'sessions', 'runs'] as const)('list %s', (name) => {
    expect(read(name).command).toBe(name);
    expect(read(name, 'of', 'yesterday').message).toBe(`${name} of yesterday`);
  });

  it('ask for help before anything else', () => {
    expect(read('-h', 'models').command).toBe('help');
    expect(read('--version', 'Hi').command).toBe('version');
  });

  it('take the last of what is said twice', () => {
    expect(read('--model', 'a', '--model', 'b', 'Hi').model).toBe('b');
    expect(read('--header', 'A: 1', '--header', 'B: x: y ', 'Hi').headers).toEqual({
      ...{ A: '1', B: 'x: y' },
    });
  });

  it('say where the service is before the environment does', () => {
    const env = { AGNO_URL: 'http://here:1' };
    expect(readOptions(['Hi'], env).url).toBe('http://here:1');
    expect(readOptions(['--url', 'http://there:2', 'Hi'], env).url).toBe('http://there:2');
    expect(readOptions(['Hi'], { AGNO_URL: '' }).url).toBe('http://127.0.0.1:8000');
    expect(() => readOptions(['--url', 'http://there:2', 'Hi'], { AGNO_URL: '?' })).not.toThrow();
  });

  it.each([
    [['--bogus'], "Unknown option '--bogus'"],
    [['-x'], "Unknown option '-x'"],
    [['--model'], '--model takes a value; one with a dash first is --model=-…'],
    [['--model', '--raw'], '--model takes a value; one with a dash first is --model=-…'],
    [
      ['--max-tokens', '-5'],
      '--max-tokens takes a value; one with a dash first is --max-tokens=-…',
    ],
    [['--raw=1'], "Option '--raw' does not take an argument"],
    [['--max-tokens=-5'], '--max-tokens takes a whole number from 1, not "-5"'],
    [['--max-tokens', '0'], '--max-tokens takes a whole number from 1, not "0"'],
    [['--max-tokens', '1.5'], '--max-tokens takes a whole number from 1, not "1.5"'],
    [['--max-tokens', '1e99'], '--max-tokens takes a whole number from 1, not "1e99"'],
    [['--limit', ''], '--limit takes a whole number from 1, not ""'],
    [['--temperature', 'NaN'], '--temperature takes a number from 0, not "NaN"'],
    [['--delay', 'Infinity'], '--delay takes a number from 0 to 60000, not "Infinity"'],
    [['--delay=-1'], '--delay takes a number from 0 to 60000, not "-1"'],
    [['--url', ''], '--url takes an address such as http://127.0.0.1:8000, not ""'],
    [
      ['--url', 'localhost:1'],
      '--url takes an address such as http://127.0.0.1:8000, not "localhost:1"',
    ],
    [['--url', 'ftp://a'], '--url takes an address such as http://127.0.0.1:8000, not "ftp://a"'],
    [['--url', 'http://a?b'], '--url takes an address without "?" and "#", not "http://a?b"'],
    [['--url', 'http://a:b@c'], '--url takes no password: say --header "Authorization: Basic …"'],
    [['--header', 'a'], '--header takes "Name: value", not "a"'],
    [['--header', 'A: b\r\nC: d'], '--header takes "Name: value", not "A: b\r\nC: d"'],
    [['--header', 'A: \u20ac'], '--header A: a header has no such characters'],
    [['--resume', ''], '--resume takes the id of a run'],
    [
      ['--resume', 'x', '-'],
      '--resume prints an answer that was asked for already: say no message',
    ],
    [['--raw', '--json'], '--raw and --json exclude each other'],
    [['--raw', '--delay', '1'], '--raw and --delay exclude each other'],
    [['--raw', '--no-stream'], '--raw prints the events of a stream: it excludes --no-stream'],
  ])('are refused: %j', (args, message) => {
    expect(() => read(...args)).toThrow(new UsageError(message));
  });

  it('name the variable where that is wrong', () => {
    expect(() => readOptions(['Hi'], { AGNO_URL: 'wrong' })).toThrow(
      'AGNO_URL takes an address such as http://127.0.0.1:8000, not "wrong"',
    );
  });
});
