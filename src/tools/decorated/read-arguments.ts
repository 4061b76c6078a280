import type { Type } from '@nestjs/common';
import { plainToInstance } from 'class-transformer';
import { validate, type ValidationError } from 'class-validator';
import { notAField, shapeFaults, withoutNulls } from '../../http/body-shape.js';
import { ToolError } from '../tool-error.js';

const RULES = {
  whitelist: true,
  forbidNonWhitelisted: true,
  forbidUnknownValues: false,
  stopAtFirstError: true,
  validationError: { target: false, value: false },
} as const;

/**
 * The arguments of a call as the class that its tool takes.
 * @throws ToolError that says what is wrong with each
 */
export async function readArguments<T extends object>(type: Type<T>, args: unknown): Promise<T> {
  if (typeof args !== 'object' || args === null || Array.isArray(args)) {
    throw new ToolError('The arguments have to be a JSON object.');
  }
  const misshapen = shapeFaults(args);
  if (misshapen.length > 0) throw badArguments(misshapen.map(({ detail }) => detail));
  const instance = plainToInstance(type, withoutNulls(args));
  const errors = await validate(instance, RULES);
  if (errors.length > 0) throw badArguments(errors.flatMap((error) => faultsOf(error)));
  return instance;
}

function badArguments(faults: readonly string[]): ToolError {
  const told = faults.slice(0, MOST_FAULTS).map((fault) => `- ${fault}`);
  return new ToolError(`The arguments are not valid:\n${told.join('\n')}`);
}

const MOST_FAULTS = 20;

function faultsOf(
  { property, constraints = {}, children = [] }: ValidationError,
  parent = '',
): string[] {
  const path = `${parent}${property}`;
  const own = Object.entries(constraints).map(([rule, detail]) =>
    rule === 'whitelistValidation' ? `${parent}${notAField(property)}` : `${parent}${detail}.`,
  );
  return [...own, ...children.flatMap((child) => faultsOf(child, `${path}.`))];
}
