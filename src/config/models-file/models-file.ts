import { IsOptional } from 'class-validator';
import { Takes } from '../files/entry.js';
import { CAPABILITIES, CONTINUATIONS, MAX_TOKENS_FIELDS } from '../models-config.js';
import { httpAddress } from '../values/addresses.js';
import { headerMap, listOf } from '../values/collections.js';
import { duration } from '../values/measures.js';
import { amount, wholeNumber } from '../values/numbers.js';
import { flag, headerSecret, oneOf, text, textOf } from '../values/text.js';
import { isMap, type ValueType } from '../values/value-type.js';

export const timeout = duration();
export const tokens = wholeNumber({ min: 1 });
export const capabilities = listOf(oneOf(CAPABILITIES));
export const continuation = oneOf(CONTINUATIONS);
export const maxTokensField = oneOf(MAX_TOKENS_FIELDS);
/** A name that a caller sends, and that lists show: no white space, no control characters. */
export const name = textOf('a name without white space', /^[^\s\p{C}]{1,200}$/u);
export const names = listOf(name);
/** What is in it is read as a `PricesEntry`. */
export const priceMap: ValueType<Record<string, unknown>> = {
  allowed: 'a map with the keys input, output',
  parse: (value) => (isMap(value) ? value : undefined),
};

/** An entry of `providers:` in `models.yaml`, as it stands there. */
export class ProviderEntry {
  @IsOptional() @Takes(text) name?: unknown;
  @IsOptional() @Takes(httpAddress) base_url?: unknown;
  @IsOptional() @Takes(headerSecret) api_key?: unknown;
  @IsOptional() @Takes(headerMap) headers?: unknown;
  @IsOptional() @Takes(flag) stream_usage?: unknown;
  @IsOptional() @Takes(flag) unlisted_models?: unknown;
  @IsOptional() @Takes(maxTokensField) max_tokens_field?: unknown;
  @IsOptional() @Takes(timeout) connect_timeout?: unknown;
  @IsOptional() @Takes(timeout) first_token_timeout?: unknown;
  @IsOptional() @Takes(timeout) token_timeout?: unknown;
}

/** `prices:` of a model, in US dollars for a million tokens. */
export class PricesEntry {
  @Takes(amount) input: unknown;
  @Takes(amount) output: unknown;
}

/** An entry of `models:` in `models.yaml`, as it stands there. */
export class ModelEntry {
  @Takes(name) provider: unknown;
  @IsOptional() @Takes(text) model?: unknown;
  @IsOptional() @Takes(tokens) context_window?: unknown;
  @IsOptional() @Takes(tokens) max_output_tokens?: unknown;
  @IsOptional() @Takes(priceMap) prices?: unknown;
  @IsOptional() @Takes(capabilities) capabilities?: unknown;
  @IsOptional() @Takes(maxTokensField) max_tokens_field?: unknown;
  @IsOptional() @Takes(names) fallbacks?: unknown;
  @IsOptional() @Takes(continuation) continuation?: unknown;
  @IsOptional() @Takes(timeout) first_token_timeout?: unknown;
  @IsOptional() @Takes(timeout) token_timeout?: unknown;
}
