import { Injectable, ValidationPipe, type ArgumentMetadata } from '@nestjs/common';
import type { ValidationError } from 'class-validator';
import { ProblemError, type RequestFault } from './problem.js';

/** How deep a body may be nested: far more than any JSON schema needs. */
const DEEPEST = 100;

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
      stopAtFirstError: true,
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
    const smuggled = protoFaults(value, '#');
    if (smuggled.length > 0) throw new InvalidRequestError(smuggled);
    return super.transform(withoutNulls(value), metadata) as Promise<unknown>;
  }
}

/** Members that are `null` count as absent; deeper ones are their own fields' business. */
function withoutNulls(body: object): object {
  return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== null));
}

/**
 * Members named `__proto__`: JSON.parse makes them ordinary members, but copying an object member
 * by member turns them into its prototype, where no whitelist sees them. And what is nested so deeply
 * that the next one to walk through it would run out of stack.
 */
function protoFaults(value: object, pointer: string, depth = 1): RequestFault[] {
  if (depth > DEEPEST) {
    return [{ pointer, detail: `The body is nested more than ${DEEPEST} levels deep.` }];
  }
  return Object.entries(value).flatMap(([name, member]: [string, unknown]) => {
    const place = `${pointer}/${name}`;
    if (name === '__proto__') return [{ pointer: place, detail: notAField(name) }];
    return typeof member === 'object' && member !== null
      ? protoFaults(member, place, depth + 1)
      : [];
  });
}

const notAField = (name: string): string => `${name} is not a field of this request.`;

function faultsOf(error: ValidationError, parent = '#'): RequestFault[] {
  const pointer = `${parent}/${error.property.replaceAll('~', '~0').replaceAll('/', '~1')}`;
  const details = Object.entries(error.constraints ?? {}).map(([constraint, detail]) => ({
    pointer,
    detail: constraint === 'whitelistValidation' ? notAField(error.property) : `${detail}.`,
  }));
  return [...details, ...(error.children ?? []).flatMap((child) => faultsOf(child, pointer))];
}
