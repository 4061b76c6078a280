import { Answer, Question } from './answer.js';

/**
 * A session's messages as they are shown: each question, and the answer that a run has given.
 *
 * @param {readonly import('agno-api-client').Message[]} messages
 * @param {readonly import('agno-api-client').Run[]} runs the latest ones, which say why they failed
 * @param {string | undefined} live the run that is still being written: it is followed instead
 */
export function toEntries(messages, runs, live) {
  /** @type {(Question | Answer)[]} */
  const entries = [];
  /** @type {Answer | undefined} */
  let answer;
  for (const message of messages) {
    if (message.role === 'user') {
      answer?.close();
      answer = undefined;
      entries.push(toQuestion(message));
      continue;
    }
    if (message.run_id === live) continue;
    if (answer === undefined) entries.push((answer = new Answer()));
    addTo(answer, message);
    const failed = runs.find((run) => run.run_id === message.run_id)?.error;
    if (failed && message.finish_reason === 'error') {
      const { code, message: detail, retryable } = failed;
      answer.fault.value = { title: 'The answer failed', detail, code, retryable };
    }
  }
  answer?.close();
  return entries;
}

/** @param {import('agno-api-client').Message} message */
function toQuestion(message) {
  const parts = /** @type {{type?: string, text?: string, image_url?: {url: string}}[]} */ (
    typeof message.content === 'string'
      ? [{ type: 'text', text: message.content }]
      : message.content
  );
  const text = parts.map((part) => part.text ?? '').join('\n');
  const images = parts.flatMap((part) => (part.image_url ? [part.image_url.url] : []));
  const question = new Question(text.trim(), images);
  question.messageId.value = message.id;
  return question;
}

/** @param {Answer} answer @param {import('agno-api-client').Message} message */
export function addTo(answer, message) {
  const content = typeof message.content === 'string' ? message.content : '';
  if (message.role === 'tool') {
    const { tool_call_id: id = '', name = '', is_error: isError } = message;
    answer.result({ id, name, content, ...(isError !== undefined && { is_error: isError }) });
    return;
  }
  answer.write(content);
  for (const call of message.tool_calls ?? []) answer.call(call);
  answer.model.value = message.model ?? '';
  answer.runId.value = message.run_id;
  answer.messageId.value = message.id;
  if (message.finish_reason) {
    answer.ending.value = {
      reason: message.finish_reason,
      ...(message.usage && { usage: message.usage }),
    };
  }
}
