import type { ProviderFault } from './provider-fault.js';

/** The kinds of failure that we tell apart. */
export type FaultKind =
  | 'auth'
  | 'rate_limited'
  | 'quota'
  | 'context_too_long'
  | 'content_filtered'
  | 'model_missing'
  | 'timeout'
  | 'unavailable'
  | 'rejected';

interface Sign {
  readonly kind: FaultKind;
  readonly codes?: readonly string[];
  readonly statuses?: readonly number[];
  /** Sentences of providers that give no code; believed with the statuses of `BAD_REQUEST`. */
  readonly words?: RegExp;
}

/** The statuses of a request that is at fault; undefined where a stream states none. */
const BAD_REQUEST: readonly (number | undefined)[] = [400, 403, 404, 413, 422, 451, undefined];

/** Read from the top: the first sign that fits decides. */
const SIGNS: readonly Sign[] = [
  {
    kind: 'context_too_long',
    codes: ['context_length_exceeded', 'exceed_context_size_error', 'request_too_large'],
    words:
      /context (length|size|window)|maximum prompt length|(prompt|input|request) is too (long|large)|too many (input )?tokens|input token count|too large for model|reduce the length|range of input length|max_new_tokens/i,
  },
  {
    kind: 'content_filtered',
    codes: [
      'content_filter',
      'content_policy_violation',
      'responsibleaipolicyviolation',
      'data_inspection_failed',
      'datainspectionfailed',
      'invalid_prompt',
    ],
    words:
      /content management policy|content exists risk|inappropriate content|(was|been|is) flagged/i,
  },
  {
    kind: 'model_missing',
    codes: ['model_not_found', 'invalid_model', 'deploymentnotfound', 'model_not_available'],
    words:
      /model\b.*(not found|does not exist|not exist|no longer available)|(invalid|unknown|no such) model|not a valid model/is,
  },
  {
    kind: 'quota',
    statuses: [402],
    codes: [
      'insufficient_quota',
      'billing_hard_limit_reached',
      'exceeded_current_quota_error',
      'insufficient_balance',
    ],
    words: /credit balance is too low|insufficient (balance|credits?|funds)/i,
  },
  {
    kind: 'auth',
    statuses: [401, 403],
    codes: [
      'invalid_api_key',
      'api_key_invalid',
      'authentication_error',
      'invalid_authentication_error',
      'permission_error',
      'unauthenticated',
      'permission_denied',
    ],
    words:
      /(incorrect|invalid|missing|expired) api.?key|api.?key (is )?(not valid|invalid|expired)/i,
  },
  {
    kind: 'rate_limited',
    statuses: [429],
    codes: ['rate_limit_exceeded', 'rate_limit_error', 'too_many_requests', 'resource_exhausted'],
  },
  { kind: 'context_too_long', statuses: [413] },
  { kind: 'timeout', statuses: [504, 524], codes: ['timeout', 'deadline_exceeded'] },
  { kind: 'unavailable', statuses: [408, 409, 425] },
  { kind: 'rejected', codes: ['invalid_request_error', 'invalid_argument', 'bad_request'] },
];

/** Tells what a provider's failure is. What says nothing of itself is taken for the provider's. */
export function faultKind(fault: ProviderFault): FaultKind {
  const sign = SIGNS.find((one) => fits(one, fault));
  // A server that fails is unavailable, whatever kind of error it takes itself for.
  if (sign !== undefined && !(sign.kind === 'rejected' && (fault.status ?? 0) >= 500))
    return sign.kind;
  return fault.status !== undefined && fault.status < 500 ? 'rejected' : 'unavailable';
}

function fits(sign: Sign, { status, codes, message = '' }: ProviderFault): boolean {
  if (status !== undefined && sign.statuses?.includes(status)) return true;
  if (sign.codes?.some((code) => codes.has(code))) return true;
  return sign.words !== undefined && BAD_REQUEST.includes(status) && sign.words.test(message);
}
