import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ConfigError } from '../config-error.js';
import { Faults } from '../faults/faults.js';
import { readEnvironment } from './environment.js';

let cwd: string;
let faults: Faults;

beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'environment-'));
  faults = new Faults();
});
afterEach(() => rmSync(cwd, { recursive: true }));

const environment = (env: NodeJS.ProcessEnv) => readEnvironment(env, cwd, faults);

function faultLines(): readonly string[] {
  try {
    faults.throwIfAny();
    return [];
  } catch (error) {
    return (error as ConfigError).faults;
  }
}

describe('a variable', () => {
  it('is unset where it is empty', () => {
    expect(environment({ PORT: '' }).get('PORT')).toBeUndefined();
  });

  it('comes from .env of the working directory', () => {
    writeFileSync(join(cwd, '.env'), '\uFEFFPORT=1\r\nexport HOST="::1" # here\r\n');
    const variables = environment({});
    expect([variables.get('PORT'), variables.get('HOST')]).toEqual(['1', '::1']);
  });

  it('comes from the real environment where it stands in both', () => {
    writeFileSync(join(cwd, '.env'), 'PORT=1\n');
    expect(environment({ PORT: '2' }).get('PORT')).toBe('2');
  });

  it('is unset where the real environment empties the one of .env', () => {
    writeFileSync(join(cwd, '.env'), 'OPENAI_API_KEY=sk-1\n');
    expect(environment({ OPENAI_API_KEY: '' }).get('OPENAI_API_KEY')).toBeUndefined();
  });

  it('comes from .env where the real environment has it as undefined', () => {
    writeFileSync(join(cwd, '.env'), 'PORT=1\n');
    expect(environment({ PORT: undefined }).get('PORT')).toBe('1');
  });

  it.each(['toString', 'constructor', '__proto__'])('is unset where it is called %s', (name) => {
    expect(environment({}).get(name)).toBeUndefined();
  });

  it('comes from nowhere without .env, which is no fault', () => {
    expect(environment({}).get('PORT')).toBeUndefined();
    expect(faultLines()).toEqual([]);
  });
});

describe('.env', () => {
  it('is a fault where it cannot be read', () => {
    mkdirSync(join(cwd, '.env'));
    environment({});
    expect(faultLines()).toEqual(['.env: the file cannot be read (EISDIR)']);
  });
});

describe('NAME_FILE', () => {
  it('gives NAME the trimmed content of the file', () => {
    writeFileSync(join(cwd, 'key'), '  sk-1\r\n');
    expect(environment({ OPENAI_API_KEY_FILE: 'key' }).get('OPENAI_API_KEY')).toBe('sk-1');
  });

  it('may stand in .env', () => {
    writeFileSync(join(cwd, 'key'), 'sk-1');
    writeFileSync(join(cwd, '.env'), `OPENAI_API_KEY_FILE=${join(cwd, 'key')}\n`);
    expect(environment({}).get('OPENAI_API_KEY')).toBe('sk-1');
  });

  it('of .env is hidden by NAME in the real environment', () => {
    writeFileSync(join(cwd, 'key'), 'sk-1');
    writeFileSync(join(cwd, '.env'), 'OPENAI_API_KEY_FILE=key\n');
    expect(environment({ OPENAI_API_KEY: 'sk-2' }).get('OPENAI_API_KEY')).toBe('sk-2');
    expect(environment({ OPENAI_API_KEY: '' }).get('OPENAI_API_KEY')).toBeUndefined();
    expect(faultLines()).toEqual([]);
  });

  it('in the real environment hides NAME of .env', () => {
    writeFileSync(join(cwd, 'key'), 'sk-1');
    writeFileSync(join(cwd, '.env'), 'OPENAI_API_KEY=sk-2\n');
    expect(environment({ OPENAI_API_KEY_FILE: 'key' }).get('OPENAI_API_KEY')).toBe('sk-1');
    expect(faultLines()).toEqual([]);
  });

  it('is a fault beside NAME within .env too', () => {
    writeFileSync(join(cwd, '.env'), 'OPENAI_API_KEY_FILE=key\nOPENAI_API_KEY=sk-2\n');
    environment({}).get('OPENAI_API_KEY');
    expect(faultLines()).toEqual([expect.stringContaining('found both OPENAI_API_KEY and')]);
  });

  it('is not read where NAME is not asked for', () => {
    environment({ OTHER_FILE: '/nowhere' }).get('PORT');
    expect(faultLines()).toEqual([]);
  });

  it('is a fault beside NAME', () => {
    writeFileSync(join(cwd, 'key'), 'sk-1');
    environment({ OPENAI_API_KEY: 'sk-2', OPENAI_API_KEY_FILE: 'key' }).get('OPENAI_API_KEY');
    expect(faultLines()).toEqual([
      'environment: OPENAI_API_KEY: found both OPENAI_API_KEY and OPENAI_API_KEY_FILE, ' +
        'allowed: only one of them',
    ]);
  });

  it('is no fault beside an empty NAME', () => {
    writeFileSync(join(cwd, 'key'), 'sk-1');
    const variables = environment({ OPENAI_API_KEY: '', OPENAI_API_KEY_FILE: 'key' });
    expect(variables.get('OPENAI_API_KEY')).toBe('sk-1');
    expect(faultLines()).toEqual([]);
  });

  it('is a fault where the file cannot be read, said once', () => {
    const variables = environment({ PORT_FILE: 'nowhere' });
    variables.get('PORT');
    variables.get('PORT');
    expect(faultLines()).toEqual([
      'environment: PORT_FILE: found "nowhere" that cannot be read (ENOENT), ' +
        'allowed: the path of a text file',
    ]);
  });

  it('is not shown where it may hold the secret itself', () => {
    environment({ OPENAI_API_KEY_FILE: 'sk-1' }).get('OPENAI_API_KEY');
    expect(faultLines()).toEqual([
      'environment: OPENAI_API_KEY_FILE: found a path that cannot be read (ENOENT), ' +
        'allowed: the path of a text file',
    ]);
  });
});

describe('a secret', () => {
  it.each(['OPENAI_API_KEY', 'HF_TOKEN', 'CLIENT_SECRET', 'DB_PASSWORD', 'my_key'])(
    'is %s by its name',
    (name) => {
      expect(environment({}).isSecret(name)).toBe(true);
    },
  );

  it('is what came from a file, whatever its name', () => {
    writeFileSync(join(cwd, 'value'), 'hush');
    const variables = environment({ VALUE_FILE: 'value', PORT: '1' });
    variables.get('VALUE');
    expect([variables.isSecret('VALUE'), variables.isSecret('PORT')]).toEqual([true, false]);
    expect(variables.source.show(['VALUE'], 'hush')).toBe('a value that is not shown');
    expect(variables.source.show(['PORT'], 'abc')).toBe('"abc"');
  });
});
