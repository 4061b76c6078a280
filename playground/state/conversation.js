import { computed, signal } from '@preact/signals';
import { ProblemError, RunFailedError, StreamLostError } from 'agno-api-client';
import { faultOf } from '../lib/problems.js';
import { announce } from './announcements.js';
import { Answer, Question } from './answer.js';
import { client } from './client.js';
import { addTo, toEntries } from './history.js';
import { navigate, route } from './route.js';
import { loadSessions, sessions } from './sessions.js';
import { requestSettings, streaming } from './settings.js';
import { wire } from './wire.js';

/** @typedef {Question | Answer} Entry */

/** How long a whole answer may take before its run is looked for, in milliseconds. */
const LOOK_AFTER_MS = 400;

/** What was said, the oldest first. */
export const entries = signal(/** @type {Entry[]} */ ([]));
export const session = signal(
  /** @type {import('agno-api-client').Session | undefined} */ (undefined),
);
export const branches = signal(/** @type {import('agno-api-client').Branch[]} */ ([]));
export const conversationState = signal(/** @type {'ready' | 'loading' | 'failed'} */ ('ready'));
export const conversationFault = signal(
  /** @type {import('../lib/problems.js').Fault | undefined} */ (undefined),
);

/**
 * The answer under way, and how it is stopped.
 *
 * @typedef {object} Running
 * @property {Answer} answer
 * @property {() => Promise<unknown>} stop
 * @property {AbortController} leaving
 * @property {(ms: number) => void} [disconnect]
 */
export const running = signal(/** @type {Running | undefined} */ (undefined));
export const isBusy = computed(() => running.value !== undefined);

/** Counts what was shown: what was asked for something else before comes too late. */
let shown = 0;

/** Says something. @param {string} text @param {import('../lib/images.js').Picture[]} [pictures] */
export async function send(text, pictures = []) {
  if (isBusy.value) return;
  const content =
    pictures.length === 0
      ? text
      : [
          ...(text === '' ? [] : [{ type: 'text', text }]),
          ...pictures.map(({ url }) => ({ type: 'image_url', image_url: { url } })),
        ];
  const question = new Question(
    text,
    pictures.map(({ url }) => url),
  );
  const sessionId = session.value?.id;
  await answerTo(
    { message: content, ...(sessionId && { session_id: sessionId }) },
    [...entries.value, question],
    question,
  );
}

/** Says something else in the place of an earlier message. @param {Question} question @param {string} text */
export async function edit(question, text) {
  const id = question.messageId.value;
  if (isBusy.value || id === undefined || session.value === undefined) return;
  const content =
    question.images.length === 0
      ? text
      : [
          { type: 'text', text },
          ...question.images.map((url) => ({ type: 'image_url', image_url: { url } })),
        ];
  const edited = new Question(text, question.images);
  const before = entries.value.slice(0, entries.value.indexOf(question));
  const body = { message: content, session_id: session.value.id, edit_message_id: id };
  await answerTo(body, [...before, edited], edited);
}

/** Has the last message answered once more. */
export async function regenerate() {
  const id = session.value?.id;
  if (isBusy.value || id === undefined) return;
  const at = entries.value.findLastIndex((entry) => entry instanceof Question);
  const question = /** @type {Question} */ (entries.value[at]);
  await answerTo({ regenerate: true, session_id: id }, entries.value.slice(0, at + 1), question);
}

/** Asks again after a fault. @param {Answer} answer */
export async function retry(answer) {
  const question = questionOf(answer);
  if (isBusy.value || question === undefined) return;
  if (answer.runId.value !== undefined && answer.ending.value === undefined) {
    // It may have gone on without its reader.
    answer.fault.value = undefined;
    await follow(answer, answer.runId.value);
    return;
  }
  if (question.messageId.value !== undefined) return regenerate();
  entries.value = entries.value.slice(0, entries.value.indexOf(question));
  const pictures = question.images.map((url) => ({ name: 'image', url }));
  await send(question.text, pictures);
}

/** @param {Answer} answer */
export function questionOf(answer) {
  const before = entries.value.slice(0, entries.value.indexOf(answer));
  return /** @type {Question | undefined} */ (
    before.findLast((entry) => entry instanceof Question)
  );
}

/** Goes on from a message in a session of its own. @param {string} messageId */
export async function fork(messageId) {
  const id = session.value?.id;
  if (id === undefined) return;
  await attempt(async () => {
    const forked = await client.sessions.fork(id, { message_id: messageId });
    void loadSessions();
    navigate({ session: forked.id });
    announce('Forked: this is a session of its own now');
  });
}

/** Shows another version of the conversation. @param {string} messageId its last message */
export async function switchBranch(messageId) {
  const id = session.value?.id;
  if (id === undefined || isBusy.value) return;
  await attempt(async () => {
    await client.sessions.change(id, { head_id: messageId });
    await open(id);
  });
}

/** Says so where something could not be done; the conversation stays as it was. @param {() => Promise<void>} work */
async function attempt(work) {
  conversationFault.value = undefined;
  try {
    await work();
  } catch (error) {
    conversationFault.value = faultOf(error);
  }
}

/** Stops the answer under way. */
export async function stop() {
  const under = running.value;
  if (under === undefined) return;
  try {
    await under.stop();
  } catch (error) {
    under.answer.fault.value = faultOf(error);
  }
}

/** Cuts the connection of the answer under way, to see how it goes on. @param {number} ms */
export function cutConnection(ms) {
  running.value?.disconnect?.(ms);
}

/**
 * Decides on a tool call.
 *
 * @param {Answer} answer
 * @param {import('agno-api-client').Decision} decision
 */
export async function decide(answer, decision) {
  const runId = answer.runId.value;
  if (runId === undefined) return;
  await client.runs.decide(runId, [decision]);
  answer.decided([decision]);
}

/** Begins anew. */
export function startNew() {
  if (route.value.session === undefined && route.value.run === undefined) clear();
  else navigate({});
}

/** Shows what the address names. */
export async function showRoute() {
  const { session: id, run } = route.value;
  if (id !== undefined && id === session.value?.id) return;
  if (id !== undefined) return open(id);
  if (run !== undefined) return openRun(run);
  clear();
}

function clear() {
  shown++;
  leave();
  entries.value = [];
  session.value = undefined;
  conversationFault.value = undefined;
  branches.value = [];
  conversationState.value = 'ready';
  wire.clear();
}

/** What is under way goes on without this page. */
function leave() {
  running.value?.leaving.abort();
  running.value = undefined;
}

/** Reads a session, and follows what is being answered in it. @param {string} id */
export async function open(id) {
  clear();
  const turn = shown;
  conversationState.value = 'loading';
  try {
    const [found, messages, { data: runs }] = await Promise.all([
      client.sessions.get(id),
      allMessages(id),
      client.runs.list({ session_id: id, limit: 1 }),
    ]);
    if (turn !== shown) return;
    session.value = found;
    const [run] = runs;
    const live = run && ['queued', 'running', 'waiting'].includes(run.state) ? run : undefined;
    entries.value = toEntries(messages, runs, live?.run_id);
    conversationState.value = 'ready';
    void loadBranches(id);
    if (live !== undefined) {
      const answer = new Answer();
      entries.value = [...entries.value, answer];
      void follow(answer, live.run_id);
    }
  } catch (error) {
    if (turn !== shown) return;
    conversationFault.value = faultOf(error);
    conversationState.value = 'failed';
  }
}

/** Shows a run alone, or the session that it belongs to. @param {string} id */
async function openRun(id) {
  clear();
  const turn = shown;
  conversationState.value = 'loading';
  try {
    const run = await client.runs.get(id);
    if (turn !== shown) return;
    if (run.session_id !== null) return navigate({ session: run.session_id }, { replace: true });
    conversationState.value = 'ready';
    const answer = new Answer();
    entries.value = [answer];
    await follow(answer, id);
  } catch (error) {
    if (turn !== shown) return;
    conversationFault.value = faultOf(error);
    conversationState.value = 'failed';
  }
}

/** @param {string} id */
async function allMessages(id) {
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
async function loadBranches(id) {
  const { data } = await client.sessions.branches(id, { limit: 100 }).catch(() => ({ data: [] }));
  if (session.value?.id === id) branches.value = data;
}

/**
 * Asks, and shows the answer as it comes.
 *
 * @param {object} asked
 * @param {Entry[]} before
 * @param {Question} question
 */
async function answerTo(asked, before, question) {
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
async function follow(answer, runId) {
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
  const turn = shown;
  try {
    const messages = await allMessages(id);
    const mine = messages.filter((message) => message.run_id === runId);
    answer.messageId.value = mine.findLast(({ role }) => role === 'assistant')?.id;
    if (question !== undefined && question.messageId.value === undefined) {
      question.messageId.value = mine.find(({ role }) => role === 'user')?.id;
    }
    const found = await client.sessions.get(id);
    sessions.value = sessions.value.map((one) => (one.id === id ? found : one));
    if (turn !== shown) return;
    session.value = found;
    await Promise.all([loadBranches(id), loadSessions()]);
  } catch {
    // The answer is there; without its id it can be read and not be edited.
  }
}
