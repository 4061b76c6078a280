import { ValidateBy, buildMessage } from 'class-validator';

const MOST_PAIRS = 16;
const LONGEST_KEY = 64;
const LONGEST_VALUE = 512;

/** Up to 16 pairs of strings; keys of at most 64, values of at most 512 characters. */
export function IsMetadata(): PropertyDecorator {
  return ValidateBy({
    name: 'isMetadata',
    validator: {
      validate: isMetadata,
      defaultMessage: buildMessage(
        (each) =>
          `${each}$property must be an object of at most ${MOST_PAIRS} strings ` +
          `(keys up to ${LONGEST_KEY}, values up to ${LONGEST_VALUE} characters)`,
      ),
    },
  });
}

function isMetadata(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const pairs = Object.entries(value);
  return (
    pairs.length <= MOST_PAIRS &&
    pairs.every(
      ([key, text]) =>
        key.length <= LONGEST_KEY && typeof text === 'string' && text.length <= LONGEST_VALUE,
    )
  );
}
