import { Injectable } from '@nestjs/common';
import { newId } from '../http/id.js';
import type { RunWork } from '../runs/run-work.js';
import { isTakenOver, type Run } from '../runs/run.js';
import { textOf } from '../models/model-stream.js';
import { conversationOf, titleOf } from '../sessions/session.js';
import { SessionStore } from '../sessions/session-store.js';
import { AgentLoop } from './agent-loop.js';

/** Makes the work of runs out of what they keep of their requests, so that it can be made anew. */
@Injectable()
export class AgentWork {
  constructor(
    private readonly loop: AgentLoop,
    private readonly sessions: SessionStore,
  ) {}

  /** What a run has to do: answer the conversation of its request, or the next message of a session. */
  of(run: Run): RunWork {
    return run.sessionId === null ? this.#conversation(run) : this.#message(run, run.sessionId);
  }

  #conversation(run: Run): RunWork {
    return async (context) => {
      const { outcome } = await this.loop.run({ run, conversation: run.request.messages }, context);
      return outcome;
    };
  }

  /** The user's message joins the session when the run begins, the answer before the run ends. */
  #message(run: Run, sessionId: string): RunWork {
    const { loop, sessions } = this;
    const { owner, createdAt } = run;
    const session = { owner, id: sessionId };
    const asked = textOf(run.request.messages[0]!.content);
    const keep = (role: 'user' | 'assistant', content: string): Promise<number> =>
      sessions.put(session, { id: newId(), runId: run.id, role, content, createdAt: Date.now() });
    return async (context) => {
      // The owner before this one may have died between admitting the run and opening its session.
      if (isTakenOver(run)) await sessions.create({ ...session, title: titleOf(asked), createdAt });
      const place = await keep('user', asked);
      // What begins a session is all that is said so far: most runs have nothing to read.
      const conversation =
        place === 1 ? run.request.messages : conversationOf(await sessions.messages(session), run);
      const { outcome } = await loop.run({ run, conversation }, context);
      if (outcome.text !== '') await keep('assistant', outcome.text);
      return outcome;
    };
  }
}
