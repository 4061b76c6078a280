import { describe, expect, it } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { InvalidRequest } from '../error-response.js';
import { schemaValue } from './schema-value.js';

const ajv = new Ajv2020({ strict: false, logger: false });
addFormats.default(ajv);

describe('schemaValue', () => {
  it.each<[string, object]>([
    [
      'a city',
      {
        type: 'object',
        properties: { city: { type: 'string' } },
        required: ['city'],
        additionalProperties: false,
      },
    ],
    ['limits of numbers', { type: 'integer', exclusiveMinimum: 5, exclusiveMaximum: 7 }],
    ['a step', { type: 'number', multipleOf: 0.25, minimum: 3 }],
    ['a choice', { enum: ['a', 'b'] }],
    ['a constant', { const: { a: [1] } }],
    ['nothing', {}],
    ['null', { type: 'null' }],
    ['either', { anyOf: [{ type: 'string', maxLength: 3 }, { type: 'null' }] }],
    ['exactly one', { oneOf: [{ type: 'string' }, { type: 'integer' }] }],
    [
      'all of them',
      {
        allOf: [
          { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] },
          { properties: { b: { type: 'boolean' } }, required: ['b'] },
        ],
      },
    ],
    ['a pattern', { type: 'string', pattern: '^[A-Z]{3}-\\d+$' }],
    [
      'lengths',
      { type: 'array', items: { type: 'string', minLength: 5, maxLength: 6 }, minItems: 2 },
    ],
    [
      'different items',
      { type: 'array', items: { type: 'string' }, minItems: 3, uniqueItems: true },
    ],
    [
      'formats',
      {
        type: 'object',
        properties: {
          at: { type: 'string', format: 'date-time' },
          day: { type: 'string', format: 'date' },
          mail: { type: 'string', format: 'email' },
          link: { type: 'string', format: 'uri' },
          id: { type: 'string', format: 'uuid' },
        },
        required: ['at', 'day', 'mail', 'link', 'id'],
      },
    ],
    [
      'itself',
      {
        $ref: '#/$defs/node',
        $defs: {
          node: {
            type: 'object',
            properties: {
              name: { type: 'string' },
              nodes: { type: 'array', items: { $ref: '#/$defs/node' } },
            },
            required: ['name', 'nodes'],
            additionalProperties: false,
          },
        },
      },
    ],
    [
      'an older draft',
      {
        $schema: 'http://json-schema.org/draft-07/schema#',
        definitions: { a: { type: 'string' } },
        type: 'object',
        properties: { x: { $ref: '#/definitions/a' } },
        required: ['x'],
      },
    ],
    [
      'itself, for ever',
      { type: 'object', properties: { next: { $ref: '#' } }, additionalProperties: false },
    ],
    ['a format that nobody knows', { type: 'string', format: 'colour' }],
    [
      'a tuple',
      {
        type: 'array',
        prefixItems: [{ type: 'string' }, { type: 'number' }],
        items: false,
        minItems: 2,
      },
    ],
  ])('fits a schema with %s, and is always the same', async (_, schema) => {
    // Written and read, as it comes to a caller: values of the thread have other prototypes.
    const value = JSON.parse(JSON.stringify(await schemaValue(schema))) as unknown;
    const unversioned = { ...schema, $schema: undefined };
    expect(ajv.validate(unversioned, value)).toBe(true);
    expect(await schemaValue(schema)).toEqual(value);
  });

  it('says words where words are asked for', async () => {
    const properties = {
      city: { type: 'string' },
      answer: { type: 'string' },
      tags: { type: 'array', items: { type: 'string' }, minItems: 1, maxItems: 1 },
    };
    expect(await schemaValue({ type: 'object', properties }, 'It is so.')).toEqual({
      city: 'some city',
      answer: 'It is so.',
      tags: ['some tags'],
    });
  });

  it.each<[string, object, string]>([
    ['asks for a pattern without measure', { type: 'string', pattern: '^a{100000000}$' }, ''],
    [
      'contradicts itself',
      { type: 'integer', minimum: 5, maximum: 4 },
      'no value was found that fits it',
    ],
    ['is no schema', { type: 'nothing' }, 'schema is invalid'],
    ['refers to nothing', { $ref: '#/$defs/none' }, "can't resolve reference"],
    ['refers to another server', { $ref: 'http://127.0.0.1:9/schema' }, "can't resolve reference"],
    [
      'asks for too much',
      {
        type: 'array',
        items: { type: 'array', items: { type: 'string' }, minItems: 100_000 },
        minItems: 100_000,
      },
      '',
    ],
  ])('refuses a schema that %s', async (_, schema, why) => {
    const refused = await schemaValue(schema).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(InvalidRequest);
    expect(refused).toMatchObject({ status: 400, param: 'response_format' });
    expect((refused as Error).message).toContain('finds no value for this schema');
    expect((refused as Error).message).toContain(why);
  });
});
