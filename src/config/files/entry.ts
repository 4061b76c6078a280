import 'reflect-metadata';
import {
  getMetadataStorage,
  ValidateBy,
  validateSync,
  type ValidationError,
} from 'class-validator';
import { notAllowed, notOneOf, type Faults, type KeyPath } from '../faults/faults.js';
import type { ValueType } from '../values/value-type.js';

const RULE = 'takes';
type EntryClass<T extends object> = new () => T;

/** Declares which values a field takes. With `@IsOptional()` it may also be absent. */
export function Takes(type: ValueType<unknown>): PropertyDecorator {
  return ValidateBy(
    { name: RULE, validator: { validate: (value: unknown) => type.parse(value) !== undefined } },
    { message: type.allowed, context: { type } },
  );
}

/** The fields that a class declares, in order. */
export function fieldsOf(entry: EntryClass<object>): string[] {
  const rules = getMetadataStorage().getTargetValidationMetadatas(entry, '', true, false);
  return [...new Set(rules.map((rule) => rule.propertyName))];
}

/** Which values a field of a class takes, as a fault says it. */
export function allowedOf(entry: EntryClass<object>, field: string): string {
  const rules = getMetadataStorage().getTargetValidationMetadatas(entry, '', true, false);
  const rule = rules.find(({ propertyName, name }) => propertyName === field && name === RULE);
  return (rule!.context as { type: ValueType<unknown> }).type.allowed;
}

/** Where an entry comes from, and what may be said of its values. */
export interface EntrySource {
  /** The file, or `environment`. */
  readonly place: string;
  /** A value as a fault may show it: secrets are not. */
  show(path: KeyPath, value: unknown): string;
}

/** Where an entry stands, and where its faults go. */
export interface EntryPlace {
  readonly path: KeyPath;
  readonly source: EntrySource;
  readonly faults: Faults;
}

/** The entry of a map that a class describes. What is wrong with it is added to the faults. */
export function readEntry<T extends object>(
  entry: EntryClass<T>,
  raw: Record<string, unknown>,
  at: EntryPlace,
): T {
  const known = fieldsOf(entry);
  for (const key of Object.keys(raw).filter((one) => !known.includes(one))) {
    const problem = notOneOf('an unknown key', key, known);
    at.faults.add(at.source.place, [...at.path, key], problem);
  }
  // class-validator's whitelist and class-transformer would take `constructor`, `toString` and the
  // like for fields that the class has, or fail on them.
  const own = known.filter((key) => Object.hasOwn(raw, key)).map((key) => [key, raw[key]] as const);
  const instance = Object.assign(new entry(), Object.fromEntries(own));
  for (const error of validateSync(instance)) addFault(error, at);
  return instance;
}

function addFault(
  { property, value: whole, contexts }: ValidationError,
  { path, source, faults }: EntryPlace,
): void {
  const { type } = contexts![RULE] as { type: ValueType<unknown> };
  const part = type.culprit?.(whole);
  const where = [...path, property, ...(part ? [part.key] : [])];
  const { value, allowed } = part ?? { value: whole as unknown, allowed: type.allowed };
  const safe = typeof value === 'string' ? (type.masked?.(value) ?? value) : value;
  faults.add(source.place, where, notAllowed(source.show(where, safe), allowed));
}
