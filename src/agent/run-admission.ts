import { Injectable } from '@nestjs/common';
import type { AgentConfig } from '../config/agents-config.js';
import { newId } from '../http/id.js';
import { InvalidRequestError } from '../http/validation.js';
import { JsonSchemas } from '../schemas/json-schemas.js';
import { schemaOf } from './output/outputs.js';
import { ModelRegistry, type Model } from '../models/model-registry.js';
import type { ActiveRun } from '../runs/active-run.js';
import { RunAudience } from '../runs/run-audience.js';
import {
  IdempotencyConflictError,
  OverloadedError,
  PositionInvalidError,
  SessionBusyError,
} from '../runs/run-errors.js';
import { RunStore, type Admission } from '../runs/run-store.js';
import { failingWith } from '../runs/run-work.js';
import { RunWorker } from '../runs/run-worker.js';
import type { Run, RunRequest } from '../runs/run.js';
import { titleOf } from '../sessions/session.js';
import { SessionStore } from '../sessions/session-store.js';
import { StorageUnavailableError } from '../storage/storage-errors.js';
import { hasImages } from '../models/model-stream.js';
import { ImagesNotSupportedError, ModelNotAllowedError } from './agent-errors.js';
import { AgentRegistry } from './agent-registry.js';
import { RunUndeliveredError } from './run-undelivered-error.js';
import { SessionBranching } from './session-branching.js';
import type { StartRun } from './start-run.js';

/** What came of a request to start a run. */
export interface AdmittedRun {
  run: Run;
  /** Present where a new run is to begin now: not where one was joined, or waits in its session. */
  begin?: ActiveRun;
}

/** Admits runs: of requests that can be answered, one for each idempotency key, one in a session. */
@Injectable()
export class RunAdmission {
  constructor(
    private readonly agents: AgentRegistry,
    private readonly audience: RunAudience,
    private readonly branching: SessionBranching,
    private readonly models: ModelRegistry,
    private readonly schemas: JsonSchemas,
    private readonly sessions: SessionStore,
    private readonly store: RunStore,
    private readonly worker: RunWorker,
  ) {}

  /**
   * Admits a run, or joins the one that the idempotency key names. Nothing is kept of a request that
   * is refused.
   * @throws AgentNotFoundError, ModelNotFoundError, ModelUnavailableError, SessionNotFoundError,
   * SessionBusyError, IdempotencyConflictError, PositionInvalidError, OverloadedError,
   * StorageUnavailableError
   */
  async admit(asked: StartRun): Promise<AdmittedRun> {
    const known = await this.#joined(asked);
    if (known !== undefined) return { run: known };
    if (asked.after !== undefined && asked.after > 0) {
      // A new run would begin at 1 and repeat what the caller has already read elsewhere.
      throw new PositionInvalidError(
        `No run is known under this Idempotency-Key, so there is nothing after ${asked.after}.`,
      );
    }
    const resolved = await this.#resolve(asked);
    const active = await this.#own(resolved, asked);
    const { outcome, run } = await this.#admit(active, asked);
    if (outcome !== 'created') return { run };
    this.audience.require(active.run, active.settled);
    return run.state === 'running' ? { run, begin: active } : { run };
  }

  /** The run that the caller's idempotency key names already. */
  async #joined({ owner, idempotency }: StartRun): Promise<Run | undefined> {
    if (idempotency === undefined) return undefined;
    const known = await this.store.findByIdempotencyKey(owner, idempotency.key);
    if (known !== undefined && known.idempotency?.fingerprint !== idempotency.fingerprint) {
      throw new IdempotencyConflictError(known.id);
    }
    return known;
  }

  async #resolve(asked: StartRun): Promise<Run> {
    const { owner, sessionId } = asked;
    const agent = this.agents.resolve(asked.agent);
    const model = this.models.resolve(asked.model ?? agent.model);
    if (asked.model !== undefined) this.#requireAllowed(model, agent);
    await this.#requireSchema(asked.request);
    const session = sessionId === undefined ? undefined : { owner, id: sessionId };
    const request =
      session === undefined ? asked.request : await this.branching.placed(asked, session);
    const isSeen = request.messages.some(({ content }) => hasImages(content));
    if (isSeen && !model.config.capabilities.includes('vision')) {
      throw new ImagesNotSupportedError(model.name, this.models.seeing());
    }
    return {
      id: newId(),
      owner,
      sessionId: asked.inSession ? (sessionId ?? newId()) : null,
      model: model.name,
      agent: agent.id,
      state: 'running',
      epoch: 0,
      takeovers: 0,
      request: request.responseFormat === undefined ? withOutput(request, agent) : request,
      metadata: asked.metadata,
      idempotency: asked.idempotency,
      requestId: asked.requestId,
      createdAt: Date.now(),
      finishedAt: null,
    };
  }

  /** @throws InvalidRequestError where the shape of the answer is none */
  async #requireSchema({ responseFormat }: RunRequest): Promise<void> {
    const schema = schemaOf(responseFormat);
    const flaw = schema && (await this.schemas.flawOf(schema));
    if (flaw === undefined) return;
    const pointer = '#/response_format/json_schema/schema';
    throw new InvalidRequestError([{ pointer, detail: `This is no JSON schema: ${flaw}.` }]);
  }

  /** @throws ModelNotAllowedError */
  #requireAllowed({ name }: Model, agent: AgentConfig): void {
    if (agent.models === undefined || agent.models.includes(name)) return;
    // Its own model is always allowed, by its name as well.
    const own = this.models.resolve(agent.model).name;
    if (name !== own) throw new ModelNotAllowedError(name, agent.id, [own, ...agent.models]);
  }

  /** @throws SessionBusyError, OverloadedError, ShuttingDownError */
  async #own(run: Run, { onBusy, sessionId }: StartRun): Promise<ActiveRun> {
    try {
      return await this.worker.own(run);
    } catch (error) {
      const isRefused = onBusy === 'reject' && sessionId !== undefined;
      if (!(error instanceof OverloadedError) || !isRefused) throw error;
      // To come again is no use to a caller whose session is busy: the next answer would be that.
      const page = { limit: 1 };
      const [ahead] = await this.store.list(run.owner, { sessionId, state: 'running' }, page);
      throw ahead === undefined ? error : new SessionBusyError(sessionId, ahead.id);
    }
  }

  /** @throws SessionBusyError, IdempotencyConflictError */
  async #admit(active: ActiveRun, { onBusy, sessionId }: StartRun): Promise<Admission> {
    const { run } = active;
    let owned = false;
    try {
      const admission = await this.store.admit(run, onBusy === 'queue');
      const { outcome } = admission;
      if (outcome === 'busy') throw new SessionBusyError(run.sessionId!, admission.run.id);
      if (outcome === 'conflict') throw new IdempotencyConflictError(admission.run.id);
      owned = outcome === 'created';
      if (owned && run.sessionId !== null && sessionId === undefined) await this.#openSession(run);
      return admission;
    } catch (error) {
      // Admitted, and cannot begin: it has to end all the same, or its place stays taken for ever.
      if (owned) void this.worker.perform(active, failingWith(error));
      // Nor is it lost where the storage is: it is taken over later, and its caller can find it.
      const isKept = owned && error instanceof StorageUnavailableError;
      throw isKept ? new RunUndeliveredError(run, error) : error;
    } finally {
      if (!owned) await this.worker.disown(active);
    }
  }

  async #openSession({ owner, sessionId, request, createdAt }: Run): Promise<void> {
    const title = titleOf(request.messages[0]!.content);
    await this.sessions.create({ id: sessionId!, owner, title, createdAt });
  }
}

/** An agent that answers with a value does so unless the request asks for another one. */
function withOutput(request: RunRequest, { output }: AgentConfig): RunRequest {
  if (output === undefined) return request;
  const { name, schema } = output;
  const responseFormat = { type: 'json_schema', json_schema: { name, schema } };
  return { ...request, responseFormat };
}
