import { httpError } from './faults.js';
import type { ProviderRequest } from './provider-request.js';
import type { Script } from './script.js';

/** Which calls a reply is for. */
export interface ReplyOptions {
  /** Only calls of this model. */
  model?: string;
  /** Only calls that this accepts. */
  when?: (request: ProviderRequest) => boolean;
}

interface Reply extends ReplyOptions {
  script: Script;
}

/** The scripts that a test has laid ready: some for one call each, some for all the rest. */
export class Replies {
  readonly #once: Reply[] = [];
  readonly #standing: Reply[] = [];

  addOnce(script: Script, options: ReplyOptions): void {
    this.#once.push({ script, ...options });
  }

  addStanding(script: Script, options: ReplyOptions): void {
    this.#standing.unshift({ script, ...options });
  }

  /** Takes the script for a call. Without one: 400, which no client retries, so a test fails early. */
  take(request: ProviderRequest): Script {
    const index = this.#once.findIndex((reply) => fits(reply, request));
    const once = index < 0 ? undefined : this.#once.splice(index, 1)[0];
    const reply = once ?? this.#standing.find((standing) => fits(standing, request));
    return reply?.script ?? httpError(400, { message: 'The test has scripted nothing here.' });
  }
}

function fits(reply: Reply, request: ProviderRequest): boolean {
  if (reply.model !== undefined && reply.model !== request.body.model) return false;
  return reply.when === undefined || reply.when(request);
}
