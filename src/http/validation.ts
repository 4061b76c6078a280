import { Injectable, ValidationPipe, type ArgumentMetadata } from '@nestjs/common';
import type { ValidationError } from 'class-validator';
import { MOST_FAULTS, notAField, pointerPart, shapeFaults, withoutNulls } from './body-shape.js';
import { ProblemError, type RequestFault } from './problem.js';

export class InvalidRequestError extends ProblemError {
  /** @param faults of which only the first 20 are told */
  constructor(faults: readonly RequestFault[]) {
    const errors = faults.slice(0, MOST_FAULTS);
    super('invalid_request', errors.map(({ detail }) => detail).join(' '), { errors });
  }
}

/** Validates bodies and whole queries against their DTO classes; `null` means absent. */
@Injectable()
export class RequestValidationPipe extends ValidationPipe {
  constructor() {
    super({
      transform: true,
      whitelist: true,
      forbidNonWhitelisted: true,
      forbidUnknownValues: true,
      stopAtFirstError: true,
      validationError: { target: false, value: false },
      exceptionFactory: (errors) =>
        new InvalidRequestError(errors.flatMap((error) => faultsOf(error))),
    });
  }

  override async transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    const { type } = metadata;
    if (type !== 'body' && type !== 'query') {
      return super.transform(value, metadata) as Promise<unknown>;
    }
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new InvalidRequestError([
        { pointer: '#', detail: 'The body has to be a JSON object.' },
      ]);
    }
    const misshapen = shapeFaults(value);
    if (misshapen.length > 0) throw new InvalidRequestError(misshapen);
    return super.transform(withoutNulls(value), metadata) as Promise<unknown>;
  }
}

function faultsOf(error: ValidationError, parent = '#'): RequestFault[] {
  const pointer = `${parent}/${pointerPart(error.property)}`;
  const details = Object.entries(error.constraints ?? {}).map(([constraint, detail]) => ({
    pointer,
    detail: constraint === 'whitelistValidation' ? notAField(error.property) : `${detail}.`,
  }));
  return [...details, ...(error.children ?? []).flatMap((child) => faultsOf(child, pointer))];
}
