import type { Type } from '@nestjs/common';
import { DECORATORS } from '@nestjs/swagger';
import { getMetadataStorage } from 'class-validator';
import type { JsonSchema } from '../tool.js';

/** What `@ApiProperty` keeps of a field. */
interface ApiField {
  type?: unknown;
  isArray?: boolean;
  required?: boolean;
  items?: JsonSchema;
  [keyword: string]: unknown;
}

/** A rule of class-validator's on a field. */
interface Rule {
  name: string;
  constraints: readonly unknown[];
  each: boolean;
}

/** How deep classes may be nested: one that holds itself would have no end. */
const DEEPEST = 10;

/** What `@ApiProperty` says of a field in words of JSON schema. */
const KEYWORDS = [
  'description',
  'enum',
  'const',
  'default',
  'format',
  'pattern',
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'multipleOf',
  'minLength',
  'maxLength',
  'minItems',
  'maxItems',
  'uniqueItems',
  'additionalProperties',
  'oneOf',
  'anyOf',
  'items',
] as const;

/** What the rules of class-validator say of a value. */
const OF_VALUE: Readonly<Record<string, (...limits: unknown[]) => JsonSchema>> = {
  isString: () => ({ type: 'string' }),
  isBoolean: () => ({ type: 'boolean' }),
  isNumber: () => ({ type: 'number' }),
  isInt: () => ({ type: 'integer' }),
  isObject: () => ({ type: 'object' }),
  min: (minimum) => ({ minimum }),
  max: (maximum) => ({ maximum }),
  isPositive: () => ({ exclusiveMinimum: 0 }),
  isNegative: () => ({ exclusiveMaximum: 0 }),
  isNotEmpty: () => ({ minLength: 1 }),
  minLength: (minLength) => ({ minLength }),
  maxLength: (maxLength) => ({ maxLength }),
  isLength: (minLength, maxLength) => ({
    minLength,
    ...(maxLength !== undefined && { maxLength }),
  }),
  matches: (pattern) => ({ pattern: pattern instanceof RegExp ? pattern.source : pattern }),
  isIn: (values) => ({ enum: values }),
  isEnum: (_entity, values) => ({ enum: values }),
  isUrl: () => ({ type: 'string', format: 'uri' }),
  isEmail: () => ({ type: 'string', format: 'email' }),
  isUuid: () => ({ type: 'string', format: 'uuid' }),
  isDateString: () => ({ type: 'string', format: 'date-time' }),
  isIso8601: () => ({ type: 'string', format: 'date-time' }),
};

/** What they say of a list. */
const OF_LIST: Readonly<Record<string, (...limits: unknown[]) => JsonSchema>> = {
  isArray: () => ({ type: 'array' }),
  arrayNotEmpty: () => ({ minItems: 1 }),
  arrayMinSize: (minItems) => ({ minItems }),
  arrayMaxSize: (maxItems) => ({ maxItems }),
  arrayUnique: () => ({ uniqueItems: true }),
};

/**
 * The JSON schema of a class: what `@ApiProperty` says of its fields, and what the rules of
 * class-validator say that it does not. Classes within it are written out in their places.
 * @throws Error where a class is nested in itself
 */
export function jsonSchemaOf(type: Type<object>, depth = 0): JsonSchema {
  if (depth > DEEPEST)
    throw new Error(`${type.name} is nested too deeply to be the schema of a tool.`);
  const fields = apiFieldsOf(type);
  const rules = rulesOf(type);
  const names = [...new Set([...fields.keys(), ...rules.keys()])];
  const properties = names.map((name) => {
    const schema = fieldSchema(fields.get(name) ?? {}, rules.get(name) ?? [], depth);
    return [name, schema] as const;
  });
  const required = names.filter((name) => isRequired(fields.get(name), rules.get(name) ?? []));
  return {
    type: 'object',
    properties: Object.fromEntries(properties),
    ...(required.length > 0 && { required }),
    additionalProperties: false,
  };
}

function fieldSchema(field: ApiField, rules: readonly Rule[], depth: number): JsonSchema {
  const isList = field.isArray === true || rules.some(({ name }) => name in OF_LIST);
  const ofList = rules.filter(({ name, each }) => !each && name in OF_LIST);
  const ofValue = rules.filter(({ name, each }) => name in OF_VALUE && each === isList);
  // The rule knows more of a type: to TypeScript, an integer is a number.
  const value = { ...typeSchema(field.type, depth), ...ruled(OF_VALUE, ofValue) };
  const told = Object.fromEntries(
    KEYWORDS.filter((keyword) => field[keyword] !== undefined).map((keyword) => [
      keyword,
      field[keyword],
    ]),
  );
  return isList
    ? { type: 'array', items: value, ...ruled(OF_LIST, ofList), ...told }
    : { ...value, ...told };
}

function ruled(
  words: Readonly<Record<string, (...limits: unknown[]) => JsonSchema>>,
  rules: readonly Rule[],
): JsonSchema {
  // The decorators of a field are kept from the lowest up: the type, which stands there, comes first.
  return Object.assign(
    {},
    ...rules.map(({ name, constraints }) => words[name]!(...constraints)),
  ) as JsonSchema;
}

/** The type of a field, as `@ApiProperty` names it or as TypeScript has told it. */
function typeSchema(type: unknown, depth: number): JsonSchema {
  if (typeof type === 'string') return type === 'array' ? {} : { type };
  if (type === String) return { type: 'string' };
  if (type === Number) return { type: 'number' };
  if (type === Boolean) return { type: 'boolean' };
  if (typeof type !== 'function' || type === Object || type === Array) return {};
  // A function without a name may be the lazy form: `type: () => Other`.
  const isLazy = type.prototype === undefined;
  const nested = isLazy ? (type as () => unknown)() : type;
  const [item, isList] = Array.isArray(nested) ? [nested[0] as unknown, true] : [nested, false];
  const schema = isLazy ? typeSchema(item, depth) : jsonSchemaOf(item as Type<object>, depth + 1);
  return isList ? { type: 'array', items: schema } : schema;
}

function isRequired(field: ApiField | undefined, rules: readonly Rule[]): boolean {
  return field?.required !== false && !rules.some(({ name }) => name === 'isOptional');
}

function apiFieldsOf({ prototype }: Type<object>): Map<string, ApiField> {
  const names = (Reflect.getMetadata(DECORATORS.API_MODEL_PROPERTIES_ARRAY, prototype as object) ??
    []) as string[];
  return new Map(
    names.map((marked) => {
      const name = marked.slice(1);
      const told = Reflect.getMetadata(
        DECORATORS.API_MODEL_PROPERTIES,
        prototype as object,
        name,
      ) as ApiField | undefined;
      const type: unknown =
        told?.type ?? (Reflect.getMetadata('design:type', prototype as object, name) as unknown);
      return [name, { ...told, type }];
    }),
  );
}

function rulesOf(type: Type<object>): Map<string, Rule[]> {
  const rules = new Map<string, Rule[]>();
  const known = getMetadataStorage().getTargetValidationMetadatas(type, '', true, false);
  for (const { propertyName, name, type: kind, constraints, each } of known) {
    const rule = {
      name: name ?? kind,
      constraints: (constraints ?? []) as unknown[],
      each: each === true,
    };
    rules.set(propertyName, [...(rules.get(propertyName) ?? []), rule]);
  }
  return rules;
}
