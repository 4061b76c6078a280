import { isObject, type JsonObject } from '../../openai/json-values.js';
import type { NamedZone } from './clock.js';

/** What a tool is to be told. */
export type Task =
  | { purpose: 'arithmetic'; expression: string }
  | { purpose: 'clock'; place: NamedZone | undefined }
  | { purpose: 'search'; query: string };

const EXPRESSION = /expr|formula|equation|calc|input|query|question|text/i;
const PLACE = /city|place|location/i;
const ZONE = /zone|tz/i;
const QUERY = /query|search|question|text|term|keyword|^q$/i;

const OPERATIONS: Readonly<Record<string, RegExp>> = {
  '+': /^(?:\+|add|plus|sum)/i,
  '-': /^(?:-|sub|minus)/i,
  '*': /^(?:\*|mul|times|product)/i,
  '/': /^(?:\/|div)/i,
  '^': /^(?:\^|\*\*|pow|exp)/i,
};

type Property = readonly [name: string, schema: JsonObject];

/**
 * The arguments that tell a tool its task, in the terms of its own schema; undefined where the schema
 * has no place for it, or wants more than is known.
 */
export function argumentsFor(task: Task, parameters: JsonObject): JsonObject | undefined {
  const properties = propertiesOf(parameters);
  const told = toldTo(task, properties);
  if (told === undefined) return undefined;
  const filled: Record<string, unknown> = { ...told };
  const required = Array.isArray(parameters['required'])
    ? (parameters['required'] as string[])
    : [];
  for (const [name, schema] of properties) {
    if (name in filled || !required.includes(name)) continue;
    // Nobody has said where: the one zone that is nobody's own.
    const value = fixedValue(schema) ?? (ZONE.test(name) ? 'UTC' : undefined);
    if (value === undefined) return undefined;
    filled[name] = value;
  }
  return required.every((name) => name in filled) ? filled : undefined;
}

function toldTo(task: Task, properties: readonly Property[]): JsonObject | undefined {
  switch (task.purpose) {
    case 'arithmetic': {
      const text = freeText(properties, EXPRESSION);
      if (text !== undefined) return { [text]: task.expression };
      return operandsIn(task.expression, properties);
    }
    case 'clock': {
      const zone = freeText(properties, ZONE, PLACE);
      if (zone === undefined) return {};
      const name = task.place?.[ZONE.test(zone) ? 'zone' : 'city'];
      return name === undefined ? {} : { [zone]: name };
    }
    case 'search': {
      const text = freeText(properties, QUERY);
      return text === undefined ? undefined : { [text]: task.query };
    }
  }
}

/** The property that takes any text: the first whose name says so, or the only one. */
function freeText(properties: readonly Property[], ...names: RegExp[]): string | undefined {
  const free = properties
    .filter(([, schema]) => isOfType(schema, 'string') && !('enum' in schema))
    .map(([name]) => name);
  for (const pattern of names) {
    const named = free.find((name) => pattern.test(name));
    if (named !== undefined) return named;
  }
  return free.length === 1 ? free[0] : undefined;
}

/** For tools such as `add(a, b)`: `2 + 3`, and no more than that. */
function operandsIn(expression: string, properties: readonly Property[]): JsonObject | undefined {
  const [, left, operator, right] = /^(-?[\d.]+)\s*([-+*/^])\s*(-?[\d.]+)$/.exec(expression) ?? [];
  if (left === undefined || operator === undefined || right === undefined) return undefined;
  const operands = properties.filter(
    ([, schema]) => isOfType(schema, 'number') || isOfType(schema, 'integer'),
  );
  const [first, second] = operands;
  if (first === undefined || second === undefined || operands.length > 2) return undefined;
  const numbers = { [first[0]]: Number(left), [second[0]]: Number(right) };
  const choice = properties.find(([, schema]) => Array.isArray(schema['enum']));
  if (choice === undefined) return numbers;
  const members = choice[1]['enum'] as unknown[];
  const operation = members.find(
    (member) => typeof member === 'string' && OPERATIONS[operator]?.test(member),
  );
  return operation === undefined ? undefined : { ...numbers, [choice[0]]: operation };
}

/** What a schema itself says that its value is. */
function fixedValue(schema: JsonObject): unknown {
  const members = schema['enum'];
  return schema['const'] ?? schema['default'] ?? (Array.isArray(members) ? members[0] : undefined);
}

function propertiesOf(parameters: JsonObject): Property[] {
  const properties = parameters['properties'];
  if (!isObject(properties)) return [];
  return Object.entries(properties).filter((entry): entry is [string, JsonObject] =>
    isObject(entry[1]),
  );
}

function isOfType({ type }: JsonObject, name: string): boolean {
  return type === name || (Array.isArray(type) && type.includes(name));
}
