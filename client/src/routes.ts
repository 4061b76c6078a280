import type { CallOptions } from './stream-options.js';
import type { Transport } from './transport.js';
import type {
  Agent,
  Branch,
  BranchQuery,
  Decision,
  Message,
  MessageQuery,
  Model,
  Page,
  Run,
  RunQuery,
  Session,
  SessionQuery,
} from './types.js';

/** Runs: what has been asked for. All throw ProblemError and UnreachableError. */
export class RunRoutes {
  constructor(private readonly transport: Transport) {}

  async get(id: string, options?: CallOptions): Promise<Run> {
    return this.transport.document(`/runs/${encodeURIComponent(id)}`, options);
  }

  async list(query?: RunQuery, options?: CallOptions): Promise<Page<Run>> {
    return this.transport.document('/runs', { ...options, query });
  }

  /** Stops a run; answers with how it ended. To cancel again changes nothing. */
  async cancel(id: string, options?: CallOptions): Promise<Run> {
    const path = `/runs/${encodeURIComponent(id)}/cancel`;
    return this.transport.document(path, { ...options, method: 'POST' });
  }

  /** Says which tool calls that wait for approval may be made. */
  async decide(id: string, approvals: readonly Decision[], options?: CallOptions): Promise<Run> {
    const path = `/runs/${encodeURIComponent(id)}/approvals`;
    return this.transport.document(path, { ...options, method: 'POST', body: { approvals } });
  }
}

/** Sessions: conversations over many runs. All throw ProblemError and UnreachableError. */
export class SessionRoutes {
  constructor(private readonly transport: Transport) {}

  async list(query?: SessionQuery, options?: CallOptions): Promise<Page<Session>> {
    return this.transport.document('/sessions', { ...options, query });
  }

  async create(body: { title?: string } = {}, options?: CallOptions): Promise<Session> {
    return this.transport.document('/sessions', { ...options, method: 'POST', body });
  }

  async get(id: string, options?: CallOptions): Promise<Session> {
    return this.transport.document(path(id), options);
  }

  /** Renames a session, or makes another of its messages the one that it goes on from. */
  async change(
    id: string,
    body: { title?: string; head_id?: string },
    options?: CallOptions,
  ): Promise<Session> {
    return this.transport.document(path(id), { ...options, method: 'PATCH', body });
  }

  /** Deletes a session with its messages and runs. */
  async delete(id: string, options?: CallOptions): Promise<void> {
    return this.transport.document(path(id), { ...options, method: 'DELETE' });
  }

  async messages(id: string, query?: MessageQuery, options?: CallOptions): Promise<Page<Message>> {
    return this.transport.document(`${path(id)}/messages`, { ...options, query });
  }

  async branches(id: string, query?: BranchQuery, options?: CallOptions): Promise<Page<Branch>> {
    return this.transport.document(`${path(id)}/branches`, { ...options, query });
  }

  /** A session of its own with the messages up to one. @param body `message_id`: the last to take */
  async fork(
    id: string,
    body: { message_id?: string; title?: string } = {},
    options?: CallOptions,
  ): Promise<Session> {
    return this.transport.document(`${path(id)}/fork`, { ...options, method: 'POST', body });
  }
}

/** Models that may be asked for. */
export class ModelRoutes {
  constructor(private readonly transport: Transport) {}

  async list(options?: CallOptions): Promise<Model[]> {
    const { data } = await this.transport.document<{ data: Model[] }>('/models', options);
    return data;
  }
}

/** Agents that may be asked for. */
export class AgentRoutes {
  constructor(private readonly transport: Transport) {}

  async list(options?: CallOptions): Promise<Agent[]> {
    const { data } = await this.transport.document<{ data: Agent[] }>('/agents', options);
    return data;
  }
}

function path(id: string): string {
  return `/sessions/${encodeURIComponent(id)}`;
}
