import { describe, expect, it } from '@jest/globals';
import { argumentsFor, type Task } from './tool-arguments.js';

const string = { type: 'string' };
const number = { type: 'number' };
const object = (properties: object, required = Object.keys(properties)) => ({
  type: 'object',
  properties,
  required,
});
const sum: Task = { purpose: 'arithmetic', expression: '2 + 3' };
const tokyo = { zone: 'Asia/Tokyo', city: 'Tokyo' };
const clock: Task = { purpose: 'clock', place: tokyo };
const anywhere: Task = { purpose: 'clock', place: undefined };
const search: Task = { purpose: 'search', query: 'resume' };

describe('argumentsFor', () => {
  it.each<[string, Task, object, object | undefined]>([
    ['an expression', sum, object({ expression: string }), { expression: '2 + 3' }],
    ['the only text', sum, object({ x: string }), { x: '2 + 3' }],
    [
      'the text that is named so',
      sum,
      object({ unit: string, formula: string }, ['formula']),
      { formula: '2 + 3' },
    ],
    ['two operands', sum, object({ a: number, b: { type: 'integer' } }), { a: 2, b: 3 }],
    [
      'an operation by its name',
      sum,
      object({ op: { enum: ['subtract', 'add'] }, a: number, b: number }),
      { op: 'add', a: 2, b: 3 },
    ],
    [
      'a fixed value besides',
      sum,
      object({ expression: string, v: { const: 2 } }),
      { expression: '2 + 3', v: 2 },
    ],
    [
      'a default besides',
      sum,
      object({ expression: string, v: { default: 0 } }),
      { expression: '2 + 3', v: 0 },
    ],
    ['a zone', clock, object({ timezone: string }), { timezone: 'Asia/Tokyo' }],
    ['a place', clock, object({ city: string }), { city: 'Tokyo' }],
    ['no zone', anywhere, object({ timezone: string }, []), {}],
    ['a zone that is required', anywhere, object({ timezone: string }), { timezone: 'UTC' }],
    ['nothing', clock, object({}), {}],
    ['no schema', clock, {}, {}],
    ['a query', search, object({ query: string, limit: number }, ['query']), { query: 'resume' }],
  ])('fills in %s', (_, task, parameters, filled) => {
    expect(argumentsFor(task, parameters as never)).toEqual(filled);
  });

  it.each<[string, Task, object]>([
    ['there is no place for an expression', sum, object({})],
    [
      'an expression is more than two operands',
      { purpose: 'arithmetic', expression: '1 + 2 + 3' },
      object({ a: number, b: number }),
    ],
    ['no operation is the one', sum, object({ op: { enum: ['divide'] }, a: number, b: number })],
    ['something else is required', sum, object({ expression: string, user: string })],
    ['a place is required and none is known', anywhere, object({ city: string })],
    ['there is no place for a query', search, object({ limit: number })],
  ])('gives up where %s', (_, task, parameters) => {
    expect(argumentsFor(task, parameters as never)).toBeUndefined();
  });
});
