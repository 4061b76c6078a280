import type { Delta, UsageBody } from './chunks.js';
import type { ErrorBody } from './errors.js';
import type { Gate } from './gate.js';
import type { ProviderRequest } from './provider-request.js';

/** One thing that the provider does. The functions of `steps.ts` make them. */
export type Step =
  | {
      kind: 'chunk';
      delta: Delta;
      finishReason?: string | null;
      /** Members that replace or join the chunk's own, such as `usage`. */
      members?: Readonly<Record<string, unknown>>;
    }
  | { kind: 'usage'; usage: Partial<UsageBody> }
  | { kind: 'error'; error: ErrorBody }
  | { kind: 'raw'; bytes: Uint8Array }
  | { kind: 'headers'; headers: Readonly<Record<string, string>> }
  | {
      kind: 'respond';
      status: number;
      headers: Readonly<Record<string, string>>;
      body: string;
    }
  | { kind: 'pace'; milliseconds: number }
  | { kind: 'split'; bytes: number }
  | { kind: 'cork' }
  | { kind: 'uncork' }
  | Gate
  | { kind: 'stall' }
  | { kind: 'drop'; reset: boolean };

/** What a provider answers: steps, lists of scripts, or a function of the request. */
export type Script = Step | readonly Script[] | ((request: ProviderRequest) => Script);

/** The steps of a script for one request, in order. */
export function* stepsOf(script: Script, request: ProviderRequest): Generator<Step> {
  if (typeof script === 'function') yield* stepsOf(script(request), request);
  else if (isList(script)) for (const part of script) yield* stepsOf(part, request);
  else yield script;
}

function isList(script: Step | readonly Script[]): script is readonly Script[] {
  return Array.isArray(script);
}
