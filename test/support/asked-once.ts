import { checkDelivery } from './delivery-check.js';
import { request } from './http-client.js';
import { requestPersistently } from './persistent-request.js';
import { ResumingReader, type ReadingPlan } from './resuming-reader.js';
import { questionFor, truth } from './truths.js';

/** How an answer is asked for, and read. */
export const WAYS = ['stream', 'document', 'background'] as const;

/** What models may be configured to do with an answer that was cut, and their names here. */
export const CONTINUATIONS = ['instruct', 'prefix', 'none'] as const;

/** One caller with one question. */
export interface Caller {
  /** Of the truth that it asks for. */
  number: number;
  way: (typeof WAYS)[number];
  model: (typeof CONTINUATIONS)[number];
  /** A session that is there, to wait in; `new`; or `none`: the conversation comes with the request. */
  session: { id: string } | 'new' | 'none';
  plan: ReadingPlan;
}

/** What a caller has got. */
export interface Got {
  caller: Caller;
  reader: ResumingReader;
}

interface AnswerDocument {
  run_id: string;
  message?: { content: string };
  partial?: string;
}

interface RunDocument {
  run_id: string;
  state: string;
  text: string;
  error: { code: string; retryable: boolean } | null;
}

const keyOf = ({ number }: Caller) => `caller-${number}`;

/** Asks, and comes back until there is an answer. @param url of the service */
export async function ask(url: string, caller: Caller): Promise<Got> {
  const { way, plan } = caller;
  const body = bodyOf(caller);
  const idempotencyKey = keyOf(caller);
  const run = { url, body, idempotencyKey };
  const post = (how: object) => {
    const headers = { 'idempotency-key': idempotencyKey };
    return requestPersistently(`${url}/api/v1/chat`, { body: { ...body, ...how }, headers });
  };
  if (way === 'stream') return { caller, reader: await new ResumingReader(run, plan).read() };
  const answer = await post({ background: way === 'background' });
  const document = answer.json<AnswerDocument>();
  const reader = await new ResumingReader(run, plan, document.run_id).read();
  if (way === 'document') {
    const content = document.message?.content ?? document.partial;
    if (content !== reader.text || document.run_id !== reader.runId) {
      throw new Error(`The document is not what the stream is: ${answer.status} ${answer.body}`);
    }
  }
  return { caller, reader };
}

function bodyOf({ number, model, session }: Caller): Readonly<Record<string, unknown>> {
  const message = questionFor(number);
  if (session === 'none') return { model, messages: [{ role: 'user', content: message }] };
  if (session === 'new') return { model, message };
  return { model, message, session_id: session.id, on_busy: 'queue' };
}

/** The promise of the service, for one caller, once the service is there to be asked. */
export async function checkGot(url: string, { caller, reader }: Got): Promise<void> {
  const whole = truth(caller.number);
  const runs = await request(`${url}/api/v1/runs?idempotency_key=${keyOf(caller)}`);
  const { data } = runs.json<{ data: RunDocument[] }>();
  const [run] = data;
  if (data.length !== 1 || run!.run_id !== reader.runId) {
    throw new Error(`One run was asked for, ${reader.runId}; there are ${runs.body}`);
  }
  const cut = caller.model === 'none' && run!.state === 'failed';
  await checkDelivery(url, reader, cut ? undefined : whole);
  if (cut) {
    const { text, error } = run!;
    const isPartial = text.trim() !== '' && whole.startsWith(text);
    if (!isPartial || error?.code !== 'shutting_down' || !error.retryable) {
      throw new Error(`Cut in another way than a death cuts: ${JSON.stringify(run)}`);
    }
  }
}
