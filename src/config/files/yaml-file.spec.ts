import { describe, expect, it } from '@jest/globals';
import type { ConfigError } from '../config-error.js';
import { Environment } from '../environment/environment.js';
import { Faults } from '../faults/faults.js';
import { readYamlFile, YamlFile } from './yaml-file.js';

function parse(source: string, env: NodeJS.ProcessEnv = {}) {
  const faults = new Faults();
  const file = new YamlFile('a.yaml', source, new Environment([env], '/', faults), faults);
  return { file, faults };
}

function linesOf(faults: Faults): readonly string[] {
  try {
    faults.throwIfAny();
    return [];
  } catch (error) {
    return (error as ConfigError).faults;
  }
}

describe('a YAML file', () => {
  it('is filled after it is parsed, so that no value can break it', () => {
    const env = { KEY: 'a: b # c\n- d', NUMBER: '5' };
    const { file, faults } = parse('key: ${KEY}\nlist: [x, "${NUMBER}"]\nplain: 5', env);
    expect(file.content).toEqual({ key: 'a: b # c\n- d', list: ['x', '5'], plain: 5 });
    expect(linesOf(faults)).toEqual([]);
  });

  it('keeps keys as they are written', () => {
    const { file } = parse('4.10: a\ntrue: b\n${HOME}: c', { HOME: '/' });
    expect(file.content).toEqual({ '4.10': 'a', true: 'b', '${HOME}': 'c' });
  });

  it('knows anchors and merge keys', () => {
    const { file } = parse('a: &a { x: 1 }\nb: { <<: *a, y: 2 }');
    expect(file.content).toMatchObject({ b: { x: 1, y: 2 } });
  });

  it.each([
    ['a: b: sk-1', 'a.yaml:1:4: Nested mappings are not allowed in compact mappings'],
    ['a:\n  - b\n c: sk-1', 'a.yaml:3:1: All mapping items must start at the same column'],
    ['a: 1\nb: 2\na: sk-1', 'a.yaml:3:1: a second entry for the key "a"'],
    ['a: |sk-1\n b', 'a.yaml:1:5: Block scalar header includes extra characters'],
    ['a: !secret sk-1', 'a.yaml:1:4: Unresolved tag'],
    ['a: 1\n---\na: sk-1', 'a.yaml:2:1: a second document begins; the file may have only one'],
    ['? [a]\n: sk-1', 'a.yaml:1:3: a key must be a text'],
    ['a: *sk-1', 'a.yaml: an alias (*name) has no anchor (&name) before it'],
    ['a: &a\n  b: *a', 'a.yaml: a.b: an alias (*name) must not stand within its own anchor'],
  ])('%j is a fault with line and column that quotes nothing', (source, expected) => {
    const lines = linesOf(parse(source).faults);
    expect(lines[0]).toBe(expected);
    expect(lines.join('\n')).not.toContain('sk-1');
  });

  it('is a fault with aliases that multiply without end', () => {
    const lists = Array.from(
      { length: 9 },
      (_, i) => `a${i + 1}: &a${i + 1} [*a${i}, *a${i}, *a${i}]`,
    );
    const { file, faults } = parse(['a0: &a0 [x]', ...lists].join('\n'));
    expect(file.content).toBeUndefined();
    expect(linesOf(faults)).toEqual(['a.yaml: too many aliases']);
  });

  it('says which variable a wrong value came from, and hides secrets', () => {
    const source = 'address: ${ADDRESS}\nkeyed: x${MY_KEY}\napi_key: sk-1\nheaders: { A: sk-2 }';
    const { file } = parse(source, { ADDRESS: 'nowhere', MY_KEY: 'hush' });
    expect(file.show(['address'], 'nowhere')).toBe('"nowhere" (from ADDRESS)');
    expect(file.show(['keyed'], 'xhush')).toBe('a value that is not shown (from MY_KEY)');
    expect(file.show(['api_key'], 'sk-1')).toBe('a value that is not shown');
    expect(file.show(['headers', 'A'], 'sk-2')).toBe('a value that is not shown');
    expect(file.show(['max_tokens_field'], 'x')).toBe('"x"');
  });

  it('knows the unset variables of a value', () => {
    const { file } = parse('a: { b: "${ONE}${TWO:-}" }');
    expect(file.unset(['a', 'b'])).toMatchObject({ missing: ['ONE'], blank: ['TWO'] });
    expect(file.unset(['a', 'c'])).toEqual({ missing: [], blank: [] });
  });

  it('has a fault for each unset variable that is not tolerated', () => {
    const { file, faults } = parse('a: ${ONE}\nb: ${TWO}');
    file.faultUnset((path) => path === 'b');
    expect(linesOf(faults)).toEqual([
      'a.yaml: a: found ${ONE} while ONE is not set, ' +
        'allowed: a variable that is set, or ${ONE:-default}',
    ]);
  });

  it('has a fault for a malformed reference, without what stands in a key', () => {
    const { faults } = parse('a: ${b c}\napi_key: "${sk-1}"');
    expect(linesOf(faults)).toEqual([
      'a.yaml: a: found "${b c}", allowed: ${NAME}, ${NAME:-default}, or $${ for the characters ${',
      expect.stringMatching(/^a\.yaml: api_key: found a value that is not shown, allowed: /),
    ]);
  });
});

describe('the sections of a file', () => {
  it('are its entries, in order', () => {
    const { file } = parse('models:\n  b: { x: 1 }\n  a: { y: 2 }');
    expect(file.sections('models')).toEqual({
      models: [
        ['b', { x: 1 }],
        ['a', { y: 2 }],
      ],
    });
  });

  it('are the only keys that it may have', () => {
    const { file, faults } = parse('model: {}\nmodels: {}');
    file.sections('models');
    expect(linesOf(faults)).toEqual([
      'a.yaml: model: found an unknown key, allowed: models (did you mean "models"?)',
    ]);
  });

  it.each([
    ['', 'a.yaml: models: found nothing, allowed: a map of entries by their names'],
    ['models: [a]', 'a.yaml: models: found a list, allowed: a map of entries by their names'],
    ['models: { a: sk-1 }', 'a.yaml: models.a: found a text, allowed: a map of its settings'],
    ['models: { a: }', 'a.yaml: models.a: found nothing, allowed: a map of its settings'],
  ])('of %j are a fault', (source, expected) => {
    const { file, faults } = parse(source);
    file.sections('models');
    expect(linesOf(faults)).toEqual([expected]);
  });

  it('are none where the file is no YAML', () => {
    expect(parse('a: b: c').file.sections('models')).toBeUndefined();
  });
});

describe('reading a file', () => {
  it.each([
    ['/nowhere/models.yaml', '/elsewhere', '/nowhere/models.yaml: the file is missing;'],
    ['/nowhere/models.yaml', '/nowhere', 'models.yaml: the file is missing;'],
    ['/', '/nowhere', '/: the file cannot be read (EISDIR);'],
  ])('%s seen from %s is a clear fault', (path, cwd, expected) => {
    const faults = new Faults();
    expect(readYamlFile(path, cwd, new Environment([{}], cwd, faults), faults)).toBeUndefined();
    expect(linesOf(faults)).toEqual([`${expected} CONFIG_DIR names its folder`]);
  });
});
