import { frozenMap } from './frozen-map.js';

/** An agent: instructions, and the model that follows them. */
export interface AgentConfig {
  /** Its key in `agents.yaml`, and what a request's `agent` names. */
  readonly id: string;
  /** What people call it. @default id */
  readonly name: string;
  /** What it is for, in a sentence. @default '' */
  readonly description: string;
  /** Its system message. */
  readonly instructions: string;
  /** The model of requests that name none. Undefined: the service's default. */
  readonly model?: string;
}

/** What `config/agents.yaml` says, in the order of the file. */
export class AgentsConfig {
  readonly agents: ReadonlyMap<string, AgentConfig>;
  /** The `id` of the agent that answers requests which name none; always in `agents`. */
  readonly defaultAgent: string;

  constructor(agents: Iterable<AgentConfig>, defaultAgent: string) {
    this.agents = frozenMap([...agents].map((one) => [one.id, Object.freeze(one)]));
    this.defaultAgent = defaultAgent;
    Object.freeze(this);
  }
}
