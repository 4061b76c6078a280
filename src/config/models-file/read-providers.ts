import { notAllowed, shown, type Faults } from '../faults/faults.js';
import { readEntry } from '../files/entry.js';
import type { Entries, YamlFile } from '../files/yaml-file.js';
import { OFFLINE_PROVIDER, type MaxTokensField, type ProviderConfig } from '../models-config.js';
import { httpAddress } from '../values/addresses.js';
import { headerMap } from '../values/collections.js';
import { flag, headerSecret, text, textOf } from '../values/text.js';
import { isMap } from '../values/value-type.js';
import { maxTokensField, ProviderEntry, timeout } from './models-file.js';

export const CONNECT_TIMEOUT_MS = 10_000;
const FIRST_TOKEN_TIMEOUT_MS = 120_000;
export const TOKEN_TIMEOUT_MS = 60_000;

/** Where all models take `max_completion_tokens`, and those that reason refuse `max_tokens`. */
const OPENAI_HOST = /(^|\.)api\.openai\.com$/;

/** The id of a provider or of an agent. A `/` in it would make `provider/model` ambiguous. */
export const id = textOf(
  'letters, digits, "-" and "_", beginning with a letter or a digit',
  /^[A-Za-z\d][\w-]{0,99}$/,
);

/** Whether a value with an unset variable makes its provider unavailable rather than faulty. */
export function isToleratedUnset(path: string): boolean {
  return /^providers\..+\.(base_url|api_key|headers\..+)$/.test(path);
}

/** The providers of `models.yaml`, in its order. */
export function readProviders(entries: Entries, file: YamlFile, faults: Faults): ProviderConfig[] {
  return entries.map(([key, raw]) => {
    const path = ['providers', key];
    if (id.parse(key) !== key) faults.add(file.place, path, notAllowed(shown(key), id.allowed));
    if (key === OFFLINE_PROVIDER) {
      const problem = 'found the name of the built-in assistant, allowed: another name';
      faults.add(file.place, path, problem);
    }
    const entry = readEntry(ProviderEntry, raw, { path, source: file, faults });
    return providerOf(key, entry, file, faults);
  });
}

function providerOf(
  key: string,
  entry: ProviderEntry,
  file: YamlFile,
  faults: Faults,
): ProviderConfig {
  const path = ['providers', key];
  const address = file.unset([...path, 'base_url']);
  // A key may be left empty, as local servers need none, but nothing answers at an empty address.
  const addressVariables = entry.base_url == null ? [...address.missing, ...address.blank] : [];
  if (entry.base_url == null && addressVariables.length === 0) {
    faults.add(file.place, [...path, 'base_url'], notAllowed('nothing', httpAddress.allowed));
  }
  const headers = Object.keys(isMap(entry.headers) ? entry.headers : {});
  const unset = [
    ...addressVariables,
    ...file.unset([...path, 'api_key']).missing,
    ...headers.flatMap((header) => file.unset([...path, 'headers', header]).missing),
  ];
  const baseUrl = httpAddress.parse(entry.base_url);
  return {
    id: key,
    name: text.parse(entry.name) ?? key,
    baseUrl,
    apiKey: headerSecret.parse(entry.api_key),
    unavailable: notSet([...new Set(unset)]),
    headers: Object.freeze(headerMap.parse(entry.headers) ?? {}),
    streamUsage: flag.parse(entry.stream_usage) ?? true,
    unlistedModels: flag.parse(entry.unlisted_models) ?? false,
    maxTokensField: maxTokensField.parse(entry.max_tokens_field) ?? maxTokensFieldAt(baseUrl),
    connectTimeoutMs: timeout.parse(entry.connect_timeout) ?? CONNECT_TIMEOUT_MS,
    firstTokenTimeoutMs: timeout.parse(entry.first_token_timeout) ?? FIRST_TOKEN_TIMEOUT_MS,
    tokenTimeoutMs: timeout.parse(entry.token_timeout) ?? TOKEN_TIMEOUT_MS,
  };
}

/** By the host and not by the entry: OPENAI_BASE_URL may lead to a server that knows one name only. */
function maxTokensFieldAt(baseUrl: string | undefined): MaxTokensField {
  const isOpenAi = baseUrl !== undefined && OPENAI_HOST.test(new URL(baseUrl).hostname);
  return isOpenAi ? 'max_completion_tokens' : 'max_tokens';
}

/** Why something cannot be used whose variables are not set; undefined where all are. */
export function notSet(names: readonly string[]): string | undefined {
  if (names.length === 0) return undefined;
  return names.length === 1 ? `${names[0]} is not set` : `${names.join(' and ')} are not set`;
}
