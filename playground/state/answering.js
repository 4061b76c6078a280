import { ProblemError, RunFailedError, StreamLostError } from 'agno-api-client';
import { faultOf } from '../lib/problems.js';
import { announce } from './announcements.js';
import { Answer, Question } from './answer.js';
import { client } from './client.js';
import { addTo } from './history.js';
import { navigate } from './route.js';
import { loadSessions, sessions } from './sessions.js';
import { requestSettings, streaming } from './settings.js';
import { branches, conversationFault, entries, leftSince, running, session } from './shown.js';
import { wire } from './wire.js';

/** @typedef {import('./shown.js').Entry} Entry */

/** How long a whole answer may take before its run is looked for, in milliseconds. */
const LOOK_AFTER_MS = 400;

/**
 * Asks, and shows the answer as it comes.
 *
 * @param {object} asked
 * @param {Entry[]} before
 * @param {Question} question
 */
export async function answerTo(asked, before, question) {
  const answer = new Answer();
  entries.value = [...before, answer];
  conversationFault.value = undefined;
  const body = /** @type {import('agno-api-client').ChatRequest} */ ({
    ...asked,
    ...requestSettings(),
  });
  announce('Asking');
  const leaving = new AbortController();
  const recorder = wire.begin({ mode: streaming.value ? 'stream' : 'json', body });
  try {
    if (streaming.value) {
      /** @type {import('agno-api-client').AnswerStream} */
      const stream = client.stream(body, {
        ...observe(answer, recorder, () => stream.position),
        signal: leaving.signal,
      });
      await read(answer, stream, leaving, recorder);
    } else {
      await askWhole(answer, body, leaving);
    }
  } catch (error) {
    if (leaving.signal.aborted) return;
    settle(answer, error);
  } finally {
    recorder.over();
    if (running.value?.answer === answer) running.value = undefined;
  }
  await learn(answer, question);
}

/** Follows a run that was started before. @param {Answer} answer @param {string} runId */
export async function follow(answer, runId) {
  const leaving = new AbortController();
  answer.runId.value = runId;
  const recorder = wire.begin({ mode: 'resume', runId });
  // What is there already comes again from the beginning.
  answer.parts.value = [];
  try {
    /** @type {import('agno-api-client').AnswerStream} */
    const stream = client.resume(runId, {
      ...observe(answer, recorder, () => stream.position),
      signal: leaving.signal,
    });
    await read(answer, stream, leaving, recorder);
  } catch (error) {
    if (leaving.signal.aborted) return;
    settle(answer, error);
  } finally {
    recorder.over();
    if (running.value?.answer === answer) running.value = undefined;
  }
  await learn(answer, questionOf(answer));
}

/**
 * @param {Answer} answer
 * @param {import('agno-api-client').AnswerStream} stream
 * @param {AbortController} leaving
 * @param {import('./recorder.js').Recorder} recorder
 */
async function read(answer, stream, leaving, recorder) {
  running.value = {
    answer,
    leaving,
    stop: () => stream.cancel(),
    disconnect: (ms) => stream.disconnect(ms),
  };
  for await (const chunk of stream) {
    answer.runId.value ??= stream.runId;
    answer.take(chunk);
    if (stream.sessionId && !leaving.signal.aborted) await named(stream.sessionId);
  }
  recorder.ended(stream.last);
  announce(answer.fault.value ? 'The answer failed' : 'The answer is complete');
}

/**
 * @param {Answer} answer
 * @param {import('agno-api-client').ChatRequest} body
 * @param {AbortController} leaving
 */
async function askWhole(answer, body, leaving) {
  const idempotencyKey = Array.from(crypto.getRandomValues(new Uint32Array(4)), String).join('-');
  const find = async () => {
    const { data } = await client.runs.list({ idempotency_key: idempotencyKey });
    return data[0];
  };
  const stopRun = async () => {
    const run = await find();
    if (run !== undefined) await client.runs.cancel(run.run_id);
    answer.giveUpWaiting();
  };
  running.value = { answer, leaving, stop: stopRun };
  // A new session is known once the answer is there: the address has to name it before, for a reload.
  const looking = setTimeout(() => {
    const name = async () => {
      const run = await find();
      if (run?.session_id && !leaving.signal.aborted) await named(run.session_id);
    };
    // It will be known once the answer is there.
    name().catch(() => undefined);
  }, LOOK_AFTER_MS);
  leaving.signal.addEventListener('abort', () => clearTimeout(looking));
  for (;;) {
    const said = await client.chat(body, { idempotencyKey, signal: leaving.signal });
    answer.runId.value = said.run_id;
    if ('message' in said) {
      clearTimeout(looking);
      answer.model.value = said.model;
      await writeWhole(answer, said);
      if (leaving.signal.aborted) return;
      const { finish_reason: reason, usage, timings, attempts } = said;
      answer.ending.value = { reason, usage, timings, attempts };
      answer.close();
      if (said.session_id) await named(said.session_id);
      announce('The answer is complete');
      return;
    }
    answer.ask(said.approvals ?? []);
    announce('A tool call waits for your approval');
    await decidedBy(answer, leaving.signal);
  }
}

/**
 * The document has the text alone: what its tools did is read from the session.
 *
 * @param {Answer} answer
 * @param {import('agno-api-client').Answer} said
 */
async function writeWhole(answer, said) {
  const messages = said.session_id ? await allMessages(said.session_id).catch(() => []) : [];
  const own = messages.filter(({ run_id: id, role }) => id === said.run_id && role !== 'user');
  if (own.some(({ role }) => role === 'tool')) for (const message of own) addTo(answer, message);
  else answer.write(said.message.content);
}

/** Until every call that waits was decided. @param {Answer} answer @param {AbortSignal} signal */
async function decidedBy(answer, signal) {
  await new Promise((resolve, reject) => {
    const stopWatching = answer.state.subscribe((state) => {
      if (state === 'waiting') return;
      queueMicrotask(() => stopWatching());
      resolve(undefined);
    });
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

/**
 * @param {Answer} answer
 * @param {import('./recorder.js').Recorder} recorder
 * @param {() => number} position the last event that was seen
 * @returns {import('agno-api-client').StreamObserver}
 */
function observe(answer, recorder, position) {
  return {
    onEvent: (event) => wire.event(event, recorder),
    onResponse: (response) => recorder.response(response),
    onConnection: (change) => {
      recorder.connection(change);
      answer.connection.value =
        change.state === 'waiting'
          ? `Connection lost. Resuming after event ${position()} in ${Math.ceil((change.retryIn ?? 0) / 1000)} s …`
          : change.state === 'connecting' && change.connection > 1
            ? `Connection lost. Resuming after event ${position()} …`
            : '';
      if (change.state === 'waiting') announce('Connection lost, trying again');
      if (change.state === 'open' && change.connection > 1) announce('Connected again');
    },
  };
}

/** The answer belongs to a session, which may be a new one. @param {string} id */
async function named(id) {
  if (session.value?.id === id) return;
  const now = new Date().toISOString();
  session.value = { id, title: '', head_id: null, created_at: now, updated_at: now };
  navigate({ session: id }, { replace: true });
  // Its title is made of the first message.
  void loadSessions();
}

/** @param {Answer} answer @param {unknown} error */
function settle(answer, error) {
  if (error instanceof RunFailedError) return;
  answer.fault.value = faultOf(error);
  if (error instanceof ProblemError && error.runId !== undefined) {
    answer.runId.value = error.runId;
    answer.write(error.problem.partial ?? '');
    answer.ending.value = { reason: 'error' };
  }
  if (error instanceof StreamLostError) answer.runId.value = error.runId;
  answer.close();
  announce(answer.fault.value.title);
}

/** Learns the ids of what was said, for editing and forking; the rest of the page stays as it is. */
async function learn(/** @type {Answer} */ answer, /** @type {Question | undefined} */ question) {
  const id = session.value?.id;
  const runId = answer.runId.value;
  if (id === undefined || runId === undefined) return;
  const hasLeft = leftSince();
  try {
    const messages = await allMessages(id);
    const mine = messages.filter((message) => message.run_id === runId);
    answer.messageId.value = mine.findLast(({ role }) => role === 'assistant')?.id;
    if (question !== undefined && question.messageId.value === undefined) {
      question.messageId.value = mine.find(({ role }) => role === 'user')?.id;
    }
    const found = await client.sessions.get(id);
    sessions.value = sessions.value.map((one) => (one.id === id ? found : one));
    if (hasLeft()) return;
    session.value = found;
    await Promise.all([loadBranches(id), loadSessions()]);
  } catch {
    // The answer is there; without its id it can be read and not be edited.
  }
}

/** @param {Answer} answer */
export function questionOf(answer) {
  const before = entries.value.slice(0, entries.value.indexOf(answer));
  return /** @type {Question | undefined} */ (
    before.findLast((entry) => entry instanceof Question)
  );
}

/** @param {string} id */
export async function allMessages(id) {
  const messages = [];
  /** @type {string | null} */
  let cursor = null;
  do {
    const page = await client.sessions.messages(id, { limit: 500, ...(cursor && { cursor }) });
    messages.push(...page.data);
    cursor = page.next_cursor;
  } while (cursor !== null);
  return messages;
}

/** @param {string} id */
export async function loadBranches(id) {
  const { data } = await client.sessions.branches(id, { limit: 100 }).catch(() => ({ data: [] }));
  if (session.value?.id === id) branches.value = data;
}
