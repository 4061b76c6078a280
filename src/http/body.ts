import { isUtf8 } from 'node:buffer';
import express, {
  type NextFunction,
  type Request,
  type RequestHandler,
  type Response,
} from 'express';
import type { Settings } from '../config/settings.js';
import { ProblemError } from './problem.js';

export class UnsupportedMediaTypeError extends ProblemError {
  constructor(detail: string) {
    super('unsupported_media_type', detail);
  }
}

export class MalformedJsonError extends ProblemError {
  constructor(detail: string, cause?: unknown) {
    super('malformed_json', detail, { cause });
  }
}

export class BodyTooLargeError extends ProblemError {
  constructor(limit: number) {
    super('body_too_large', `The body is larger than the limit of ${limit} bytes (BODY_LIMIT).`);
  }
}

const METHODS_WITH_BODY: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH']);

const JSON_TYPES = ['application/json', 'application/*+json'];

/** Reads JSON bodies, and refuses others with a problem that tells what is wrong. */
export function jsonBody({ bodyLimit }: Settings): RequestHandler {
  const parse = express.json({
    limit: bodyLimit,
    type: JSON_TYPES,
    // A top-level string or number is JSON; that it is not a request is the validation's to say.
    strict: false,
    verify: (_request, _response, body) => {
      // Decoding would put U+FFFD in the place of what is not UTF-8 (RFC 8259, section 8.1).
      if (!isUtf8(body)) throw new Error('not UTF-8');
    },
  });
  return (request: Request, response: Response, next: NextFunction) => {
    if (!METHODS_WITH_BODY.has(request.method) || request.get('content-length') === '0') {
      return next();
    }
    // False for another type, null where there is no body at all.
    if (request.is(JSON_TYPES) === false) {
      const type = request.get('content-type');
      const sent = type === undefined ? 'It has no Content-Type.' : `It was sent as ${type}.`;
      return next(new UnsupportedMediaTypeError(`The body has to be application/json. ${sent}`));
    }
    void parse(request, response, (error: unknown) => next(error && toProblem(error, bodyLimit)));
  };
}

/** body-parser names what went wrong in `type`. */
function toProblem(error: unknown, limit: number): unknown {
  const { type, message } = error as { type?: string; message?: string };
  switch (type) {
    case 'entity.too.large':
      return new BodyTooLargeError(limit);
    case 'entity.parse.failed':
      return new MalformedJsonError(`The body is not JSON: ${message}.`, error);
    case 'entity.verify.failed':
      return new MalformedJsonError('The body is not UTF-8.');
    case 'charset.unsupported':
    case 'encoding.unsupported':
      return new UnsupportedMediaTypeError('The body has to be UTF-8, plain, gzip, deflate or br.');
    case 'request.aborted':
    case 'request.size.invalid':
      return new MalformedJsonError('The body ended early.', error);
    default:
      return new MalformedJsonError('The body cannot be read.', error);
  }
}
