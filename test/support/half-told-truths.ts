import { checkDelivery } from './delivery-check.js';
import { continuing } from './provider/continuing.js';
import { stall } from './provider/faults.js';
import type { Gate } from './provider/gate.js';
import type { ProviderRequest } from './provider/provider-request.js';
import { role, text } from './provider/steps.js';
import { ResumingReader, type Route } from './resuming-reader.js';
import type { ScriptedProvider } from './scripted-provider.js';
import { questionFor, truth } from './truths.js';

/** Characters, whole ones, of a truth that are told before the gate. */
const BEGINNING = 400;

/** The beginning of a truth, and what is still to come. */
export function halvesOf(number: number): [beginning: string, rest: string] {
  const characters = [...truth(number)];
  const halves = [characters.slice(0, BEGINNING), characters.slice(BEGINNING)] as const;
  return [halves[0].join(''), halves[1].join('')];
}

/** A run, and its reader, who comes back until it has all. */
export interface FollowedTruth {
  number: number;
  reader: ResumingReader;
  /** Resolves when it has. */
  read: Promise<ResumingReader>;
}

/** Whether a request is for the answer to `questionFor`, or for the rest of that. */
export const asksFor =
  (number: number) =>
  ({ body }: ProviderRequest): boolean =>
    body.messages.findLast(({ content }) => content.startsWith('truth '))?.content ===
    questionFor(number);

/**
 * Has the provider tell each truth once to a gate, and on when that is opened, but without an end:
 * only whoever asks again is told all that it lacks.
 */
export function tellHalves(provider: ScriptedProvider, gate: Gate): void {
  const told = new Set<number>();
  provider.always(({ body }) => {
    const asked = body.messages.findLast(({ content }) => content.startsWith('truth '));
    if (asked === undefined) throw new Error('No message asks for a truth.');
    const number = Number(asked.content.slice('truth '.length));
    if (told.has(number)) return continuing(truth(number), { piece: 40 });
    told.add(number);
    const [beginning, rest] = halvesOf(number);
    return [role(), text(beginning), gate, text(rest), stall()];
  });
}

/** Follows a run to its end. @param runId where somebody else has started it */
export function follow(
  url: string,
  number: number,
  { runId, routes = ['last-event-id'] }: { runId?: string; routes?: readonly Route[] } = {},
): FollowedTruth {
  const asked = { url, body: { message: questionFor(number) }, idempotencyKey: `truth-${number}` };
  const reader = new ResumingReader(asked, { cuts: [], routes }, runId);
  const read = reader.read();
  // Who awaits it comes later.
  read.catch(() => undefined);
  return { number, reader, read };
}

/** Starts runs, and resolves when the reader of each has the beginning of its answer. */
export async function followHalfway(
  url: string,
  numbers: readonly number[],
): Promise<FollowedTruth[]> {
  const followed = numbers.map((number) => follow(url, number));
  for (const each of followed) await hasRead(each, halvesOf(each.number)[0]);
  return followed;
}

/** Resolves when a reader has a text, and maybe more; fails where it ends before. */
export async function hasRead({ reader, read }: FollowedTruth, beginning: string): Promise<void> {
  const ended = read.then(() => {
    if (!reader.text.startsWith(beginning)) throw new Error(`It has read ${reader.text}`);
  });
  // It may fail long after it has read what was waited for.
  ended.catch(() => undefined);
  while (!reader.text.startsWith(beginning)) {
    await Promise.race([ended, new Promise(setImmediate)]);
  }
}

/** Waits until each reader has all, and checks that it got just the truth. */
export async function checkTruths(url: string, followed: readonly FollowedTruth[]): Promise<void> {
  for (const { number, read } of followed) await checkDelivery(url, await read, truth(number));
}
