import { Injectable, ValidationPipe, type ArgumentMetadata } from '@nestjs/common';
import type { ValidationError } from 'class-validator';
import { ProblemError, type RequestFault } from './problem.js';

export class InvalidRequestError extends ProblemError {
  constructor(errors: readonly RequestFault[]) {
    super('invalid_request', errors.map(({ detail }) => detail).join(' '), { errors });
  }
}

/** Validates bodies and queries against their DTO classes; `null` means absent. */
@Injectable()
export class RequestValidationPipe extends ValidationPipe {
  constructor() {
    super({
      transform: true,
      whitelist: true,
      forbidNonWhitelisted: true,
      forbidUnknownValues: true,
      validationError: { target: false, value: false },
      exceptionFactory: (errors) =>
        new InvalidRequestError(errors.flatMap((error) => faultsOf(error))),
    });
  }

  override async transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    if (metadata.type !== 'body') return super.transform(value, metadata) as Promise<unknown>;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new InvalidRequestError([
        { pointer: '#', detail: 'The body has to be a JSON object.' },
      ]);
    }
    return super.transform(withoutNulls(value), metadata) as Promise<unknown>;
  }
}

/** Members that are `null` count as absent; deeper ones are their own fields' business. */
function withoutNulls(body: object): object {
  return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== null));
}

function faultsOf(error: ValidationError, parent = '#'): RequestFault[] {
  const pointer = `${parent}/${error.property.replaceAll('~', '~0').replaceAll('/', '~1')}`;
  const details = Object.entries(error.constraints ?? {}).map(([constraint, detail]) => ({
    pointer,
    detail:
      constraint === 'whitelistValidation'
        ? `${error.property} is not a field of this request.`
        : `${detail}.`,
  }));
  return [...details, ...(error.children ?? []).flatMap((child) => faultsOf(child, pointer))];
}
