import { Injectable } from '@nestjs/common';
import { newId } from '../http/id.js';
import type { ModelMessage } from '../models/model-stream.js';
import { countMessage } from '../models/token-count.js';
import type { RunOutcome, RunWork } from '../runs/run-work.js';
import { isTakenOver, type Run } from '../runs/run.js';
import { titleOf, type NewMessage } from '../sessions/session.js';
import { SessionStore, type SessionKey } from '../sessions/session-store.js';
import { AgentLoop, type AgentAnswer } from './agent-loop.js';
import type { SaidMessage } from './transcript.js';

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
      const { outcome } = await this.loop.run({ run, question: run.request.messages }, context);
      return outcome;
    };
  }

  /** The user's message joins the session when the run begins, the answer before the run ends. */
  #message(run: Run, id: string): RunWork {
    const { loop } = this;
    const { owner, request } = run;
    const session = { owner, id };
    return async (context) => {
      // The owner before this one may have died between admitting the run and opening its session.
      if (isTakenOver(run)) await this.#open(run, session);
      const asked = await this.#ask(run, session);
      const earlier = { session, upTo: asked.parentId };
      const answer = await loop.run({ run, question: request.messages, earlier }, context);
      if (asked.id !== undefined) await this.#answer(run, session, asked.id, answer);
      return answer.outcome;
    };
  }

  async #open({ request, createdAt }: Run, session: SessionKey): Promise<void> {
    const title = titleOf(request.messages[0]!.content);
    await this.sessions.create({ ...session, title, createdAt });
  }

  /** Keeps what was asked, where it is to be kept. @returns its id, and what has been said before it */
  async #ask(
    run: Run,
    session: SessionKey,
  ): Promise<{ id: string | undefined; parentId: string | null }> {
    const { branch, store, messages } = run.request;
    if (branch !== undefined && 'answers' in branch) {
      const { id, parentId } = await this.sessions.message(session, branch.answers);
      return { id: store === false ? undefined : id, parentId };
    }
    if (store === false) {
      const head = branch === undefined ? (await this.sessions.get(session))?.headId : undefined;
      return { id: undefined, parentId: branch?.parentId ?? head ?? null };
    }
    const message = await newMessage(messages[0]!);
    return this.sessions.ask(session, run.id, message, branch?.parentId);
  }

  async #answer(
    run: Run,
    session: SessionKey,
    parentId: string,
    { outcome, said }: AgentAnswer,
  ): Promise<void> {
    if (said.length === 0) return;
    const messages = await Promise.all(said.map((message) => newMessage(message, run.model)));
    messages.push({ ...messages.pop()!, ...endOf(outcome) });
    await this.sessions.answer(session, run.id, parentId, messages);
  }
}

/** What the last message of a run tells of the whole run. */
function endOf({ usage, finishReason }: RunOutcome): Pick<NewMessage, 'usage' | 'finishReason'> {
  return { usage, finishReason };
}

/** A message as its session keeps it. What a model has thought before it called tools is of no use later. */
async function newMessage(
  message: ModelMessage | SaidMessage,
  model?: string,
): Promise<NewMessage> {
  const kept = { id: newId(), tokens: await countMessage(message), content: message.content };
  switch (message.role) {
    case 'assistant': {
      const { role, toolCalls } = message;
      return {
        ...kept,
        role,
        ...(toolCalls && { toolCalls }),
        ...(model !== undefined && { model }),
      };
    }
    case 'tool': {
      const { role, toolCallId } = message;
      const { toolName, isError } = message as SaidMessage;
      return {
        ...kept,
        role,
        toolCallId,
        ...(toolName !== undefined && { toolName }),
        ...(isError && { isError }),
      };
    }
    default:
      return { ...kept, role: 'user' };
  }
}
