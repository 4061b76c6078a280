import { describe, expect, it } from '@jest/globals';
import { JsonSchemas } from './json-schemas.js';

const schemas = new JsonSchemas();
const PERSON = {
  type: 'object',
  properties: {
    name: { type: 'string', minLength: 1 },
    age: { type: 'integer', minimum: 0 },
    kind: { enum: ['a', 'b'] },
  },
  required: ['name'],
  additionalProperties: false,
};
/** The same, in words that are looked at in a process of its own. */
const REFERRING = { $defs: { person: PERSON }, $ref: '#/$defs/person' };

describe.each([
  ['plain', PERSON],
  ['with references', REFERRING],
])('a schema, %s', (_, schema) => {
  it('fits what it describes', async () => {
    expect(await schemas.flawOf(schema)).toBeUndefined();
    expect(await schemas.faultsOf(schema, { name: 'Ann', age: 3 })).toEqual([]);
  });

  it.each<[unknown, string[]]>([
    [[], ['the value must be object']],
    [null, ['the value must be object']],
    [
      { age: -1.5, kind: 'c', x: 1 },
      [
        "the value must have required property 'name'",
        'the value must NOT have additional properties ("x")',
        '/age must be >= 0',
        '/age must be integer',
        '/kind must be equal to one of the allowed values (["a","b"])',
      ],
    ],
  ])('says what is wrong with %j', async (value, faults) => {
    expect([...(await schemas.faultsOf(schema, value))].sort()).toEqual([...faults].sort());
  });
});

describe('a schema', () => {
  it.each([
    [{ type: 'strin' }, 'must be'],
    [{ properties: 3 }, 'must be object'],
    [{ $ref: 'https://example.org/schema.json' }, "can't resolve reference"],
    [{ pattern: '(' }, 'Invalid regular expression'],
  ])('%j is none', async (schema, flaw) => {
    expect(await schemas.flawOf(schema)).toContain(flaw);
  });

  it.each([
    [{ type: 'string', pattern: '^(a+)+$' }, `${'a'.repeat(40)}b`],
    [{ pattern: '^a{100000000}$' }, 'a'],
  ])('that takes for ever (%j) takes nothing down', async (schema, value) => {
    expect(await schemas.faultsOf(schema, value)).toEqual([
      expect.stringMatching(/the schema cannot be used: It takes too|must match pattern/),
    ]);
  });

  it('of draft-07 is read as that', async () => {
    const old = {
      $schema: 'http://json-schema.org/draft-07/schema#',
      items: [{ type: 'integer' }],
    };
    expect(await schemas.faultsOf(old, ['x'])).toEqual(['/0 must be integer']);
  });
});
