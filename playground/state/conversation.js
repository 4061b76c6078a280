import { faultOf } from '../lib/problems.js';
import { announce } from './announcements.js';
import { Answer, Question } from './answer.js';
import { allMessages, answerTo, follow, loadBranches, questionOf } from './answering.js';
import { client } from './client.js';
import { toEntries } from './history.js';
import { navigate, route } from './route.js';
import { loadSessions } from './sessions.js';
import {
  clear,
  conversationFault,
  conversationState,
  entries,
  isBusy,
  leftSince,
  running,
  session,
} from './shown.js';

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

/** Reads a session, and follows what is being answered in it. @param {string} id */
export async function open(id) {
  clear();
  const hasLeft = leftSince();
  conversationState.value = 'loading';
  try {
    const [found, messages, { data: runs }] = await Promise.all([
      client.sessions.get(id),
      allMessages(id),
      client.runs.list({ session_id: id, limit: 1 }),
    ]);
    if (hasLeft()) return;
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
    if (hasLeft()) return;
    conversationFault.value = faultOf(error);
    conversationState.value = 'failed';
  }
}

/** Shows a run alone, or the session that it belongs to. @param {string} id */
async function openRun(id) {
  clear();
  const hasLeft = leftSince();
  conversationState.value = 'loading';
  try {
    const run = await client.runs.get(id);
    if (hasLeft()) return;
    if (run.session_id !== null) return navigate({ session: run.session_id }, { replace: true });
    conversationState.value = 'ready';
    const answer = new Answer();
    entries.value = [answer];
    await follow(answer, id);
  } catch (error) {
    if (hasLeft()) return;
    conversationFault.value = faultOf(error);
    conversationState.value = 'failed';
  }
}
