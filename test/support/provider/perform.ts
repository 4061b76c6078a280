import { AnswerDocument } from './answer-document.js';
import type { Exchange } from './exchange.js';
import type { ProviderRequest } from './provider-request.js';
import { stepsOf, type Script, type Step } from './script.js';
import { StreamWriter } from './stream-writer.js';

/** What becomes of the chunks of a script: a stream of events, or one document. */
export interface AnswerForm {
  take(step: Step): Promise<void>;
  end(): Promise<void>;
}

/** Plays a script as the answer to one request, until its end or until the client leaves. */
export async function perform(
  script: Script,
  request: ProviderRequest,
  exchange: Exchange,
): Promise<void> {
  const form: AnswerForm =
    request.body.stream === true
      ? new StreamWriter(request, exchange)
      : new AnswerDocument(request, exchange);
  for (const step of stepsOf(script, request)) {
    await act(step, form, exchange);
    if (exchange.over || exchange.response.writableEnded) return;
  }
  await form.end();
}

async function act(step: Step, form: AnswerForm, exchange: Exchange): Promise<void> {
  switch (step.kind) {
    case 'gate':
      return exchange.until(step.pass());
    case 'stall':
      await exchange.closed;
      return;
    case 'drop':
      return exchange.drop(step.reset);
    case 'respond':
      exchange.head(step.status, step.headers);
      return exchange.end(step.body);
    case 'pace':
      exchange.pace = step.milliseconds;
      return;
    case 'split':
      exchange.splitAt = step.bytes;
      return;
    default:
      return form.take(step);
  }
}
