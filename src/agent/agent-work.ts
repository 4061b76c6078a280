import { Injectable } from '@nestjs/common';
import { newId } from '../http/id.js';
import { ModelRegistry } from '../models/model-registry.js';
import type { RunWork } from '../runs/run-work.js';
import type { Run } from '../runs/run.js';
import { conversationOf } from '../sessions/session.js';
import { SessionStore } from '../sessions/session-store.js';
import { AgentLoop, type AgentTask } from './agent-loop.js';
import { AgentRegistry } from './agent-registry.js';

/** Makes the work of runs out of what they keep of their requests, so that it can be made anew. */
@Injectable()
export class AgentWork {
  constructor(
    private readonly agents: AgentRegistry,
    private readonly loop: AgentLoop,
    private readonly models: ModelRegistry,
    private readonly sessions: SessionStore,
  ) {}

  /** What a run has to do: answer the conversation of its request, or the next message of a session. */
  of(run: Run): RunWork {
    return run.sessionId === null ? this.#conversation(run) : this.#message(run, run.sessionId);
  }

  #conversation(run: Run): RunWork {
    return (context) =>
      this.loop.run({ ...this.#task(run), conversation: run.request.messages }, context);
  }

  /** The user's message joins the session when the run begins, the answer before the run ends. */
  #message(run: Run, sessionId: string): RunWork {
    const { loop, sessions } = this;
    const session = { owner: run.owner, id: sessionId };
    const keep = (role: 'user' | 'assistant', content: string): Promise<void> =>
      sessions.put(session, { id: newId(), runId: run.id, role, content, createdAt: Date.now() });
    const task = (): Omit<AgentTask, 'conversation'> => this.#task(run);
    return async function* (context) {
      await keep('user', run.request.messages[0]!.content);
      const conversation = conversationOf(await sessions.messages(session), run);
      const outcome = yield* loop.run({ ...task(), conversation }, context);
      if (outcome.text !== '') await keep('assistant', outcome.text);
      return outcome;
    };
  }

  #task({ agent, model, request }: Run): Omit<AgentTask, 'conversation'> {
    return { agent: this.agents.resolve(agent), model: this.models.resolve(model), request };
  }
}
