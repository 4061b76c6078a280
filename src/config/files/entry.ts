import 'reflect-metadata';
import { plainToInstance } from 'class-transformer';
import {
  getMetadataStorage,
  ValidateBy,
  validateSync,
  type ValidationError,
} from 'class-validator';
import { notAllowed, notOneOf, shown, type Faults, type KeyPath } from '../faults/faults.js';
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

/** Where an entry comes from, and what may be said of its values. */
export interface EntrySource {
  /** The file, or `environment`. */
  readonly place: string;
  /** A value as a fault may show it: secrets are not. */
  show(path: KeyPath, value: unknown): string;
}

/** The entry of a map that a class describes. What is wrong with it is added to the faults. */
export function readEntry<T extends object>(
  entry: EntryClass<T>,
  raw: Record<string, unknown>,
  at: { path: KeyPath; source: EntrySource; faults: Faults },
): T {
  const instance = plainToInstance(entry, raw);
  const errors = validateSync(instance, { whitelist: true, forbidNonWhitelisted: true });
  for (const error of errors) addFaults(error, { ...at, entry });
  return instance;
}

interface At {
  entry: EntryClass<object>;
  path: KeyPath;
  source: EntrySource;
  faults: Faults;
}

function addFaults(error: ValidationError, at: At): void {
  const { source, faults } = at;
  const path = [...at.path, error.property];
  if (error.constraints?.['whitelistValidation'] !== undefined) {
    const known = fieldsOf(at.entry);
    faults.add(source.place, path, notOneOf('an unknown key', error.property, known));
  }
  const type = (error.contexts?.[RULE] as { type?: ValueType<unknown> } | undefined)?.type;
  if (type !== undefined) {
    const part = type.culprit?.(error.value);
    const where = part ? [...path, part.key] : path;
    const { value, allowed } = part ?? { value: error.value as unknown, allowed: type.allowed };
    faults.add(source.place, where, notAllowed(source.show(where, value), allowed));
    return;
  }
  for (const child of error.children ?? []) {
    const entry = (error.value as object).constructor as EntryClass<object>;
    addFaults(child, { ...at, entry, path });
  }
}

/** Shows everything: for sources that hold no secret. */
export const showAll: EntrySource['show'] = (_path, value) => shown(value);
