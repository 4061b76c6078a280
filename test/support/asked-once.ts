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
  runId: string;
  text: string;
  /** Whether more than one connection was needed. */
  resumed: boolean;
}

interface AnswerDocument {
  run_id: string;
  message?: { content: string };
  code?: string;
  retryable?: boolean;
  partial?: string;
}

interface RunDocument {
  run_id: string;
  state: string;
  text: string;
  error: { code: string; retryable: boolean } | null;
}

export const keyOf = ({ number }: Caller) => `caller-${number}`;

/** Asks, comes back until there is an answer, and checks it. @param url of the service */
export async function ask(url: string, caller: Caller): Promise<Got> {
  const { way, plan } = caller;
  const body = bodyOf(caller);
  const idempotencyKey = keyOf(caller);
  const run = { url, body, idempotencyKey };
  const post = async (how: object) => {
    const headers = { 'idempotency-key': idempotencyKey };
    return requestPersistently(`${url}/api/v1/chat`, { body: { ...body, ...how }, headers });
  };
  if (way === 'stream') return check(url, caller, await new ResumingReader(run, plan).read());
  if (way === 'background') {
    const accepted = await post({ background: true });
    if (accepted.status !== 202) throw new Error(`${accepted.status} ${accepted.body}`);
    const id = accepted.json<{ run_id: string }>().run_id;
    return check(url, caller, await new ResumingReader(run, plan, id).read());
  }
  const answer = await post({});
  const document = answer.json<AnswerDocument>();
  const reader = await new ResumingReader(run, plan, document.run_id).read();
  const content = document.message?.content ?? document.partial;
  if (content !== reader.text || document.run_id !== reader.runId) {
    throw new Error(`The document is not what the stream is: ${answer.status} ${answer.body}`);
  }
  return check(url, caller, reader);
}

function bodyOf({ number, model, session }: Caller): Readonly<Record<string, unknown>> {
  const message = questionFor(number);
  if (session === 'none') return { model, messages: [{ role: 'user', content: message }] };
  if (session === 'new') return { model, message };
  return { model, message, session_id: session.id, on_busy: 'queue' };
}

/** The promise of the service, for one caller. */
async function check(url: string, caller: Caller, reader: ResumingReader): Promise<Got> {
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
  return { caller, runId: reader.runId!, text: reader.text, resumed: reader.attempts > 1 };
}
