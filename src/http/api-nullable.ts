import { ApiProperty } from '@nestjs/swagger';

/** A schema of a part of a document. */
type Schema = { type: string } | { $ref: string };

const NULL = { type: 'null' };

/** Any JSON value: the document generator knows no schema without a type. */
export const ANY_VALUE = {
  anyOf: [
    { type: 'object', additionalProperties: true },
    { type: 'array', items: {} },
    { type: 'string' },
    { type: 'number' },
    { type: 'boolean' },
    NULL,
  ],
};

/**
 * A property that is always there and may be null. OpenAPI 3.1 writes it as a choice of two
 * schemas; the generator's own `nullable` is OpenAPI 3.0's and means nothing there.
 */
export function ApiNullable(
  schema: Schema & Record<string, unknown>,
  description: string,
): PropertyDecorator {
  return ApiProperty({ oneOf: [schema, NULL], description });
}
