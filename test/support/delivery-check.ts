import { request } from './http-client.js';
import type { NativeChunk } from './native-chunks.js';

/** What a reader got of one run from its beginning on, over all its connections. */
export interface Delivered {
  ids: readonly number[];
  chunks: readonly NativeChunk[];
}

/**
 * The promise of the service, checked for one reader whose run has ended: it got the text of the
 * log, each piece once and in order, and one terminal chunk, the last.
 * @param url of the service, without a slash at its end
 * @param truth what the provider had to say, where the run has completed
 */
export async function checkDelivery(
  url: string,
  got: Delivered & { runId: string | undefined },
  truth?: string,
): Promise<void> {
  const answered = await request(`${url}/api/v1/runs/${got.runId}`);
  if (answered.status !== 200) {
    throw new Error(`The run ${got.runId} is not there: ${answered.status} ${answered.body}`);
  }
  const { state, text, error } = answered.json<{ state: string; text: string; error: unknown }>();
  const faults = deliveryFaults(got, text);
  if (truth !== undefined) {
    if (state !== 'completed') faults.push(`the run is ${state}: ${JSON.stringify(error)}`);
    faults.push(...difference('the text of the log', text, 'what the provider said', truth));
  }
  if (faults.length > 0) {
    throw new Error(`Of the run ${got.runId}:\n${faults.map((fault) => `- ${fault}`).join('\n')}`);
  }
}

/** What is wrong with a delivery, a line each; empty where all is well. @param text of the log */
export function deliveryFaults({ ids, chunks }: Delivered, text: string): string[] {
  const got = chunks.map(({ content }) => content).join('');
  return [
    ...faultsOfOrder(ids),
    ...faultsOfEnd(ids, chunks),
    ...difference('what the reader got', got, 'the text of the log', text),
  ];
}

function faultsOfOrder(ids: readonly number[]): string[] {
  const seen = new Set<number>();
  return ids.flatMap((id, index) => {
    if (seen.has(id)) return [`the event ${id} came twice`];
    seen.add(id);
    const before = ids[index - 1] ?? 0;
    return id > before ? [] : [`the event ${id} came after the event ${before}`];
  });
}

function faultsOfEnd(ids: readonly number[], chunks: readonly NativeChunk[]): string[] {
  const terminal = ids.filter((_, index) => chunks[index]!.done);
  if (terminal.length === 0) return ['no terminal chunk came'];
  const faults = [];
  if (terminal.length > 1) faults.push(`terminal chunks came as ${terminal.join(', ')}`);
  if (!chunks.at(-1)!.done) faults.push(`${ids.at(-1)} came after the terminal ${terminal[0]}`);
  return faults;
}

function difference(name: string, text: string, otherName: string, other: string): string[] {
  if (text === other) return [];
  let at = 0;
  while (text[at] === other[at]) at += 1;
  const around = (whole: string) => JSON.stringify(whole.slice(Math.max(0, at - 20), at + 40));
  return [
    `${name} (${text.length} characters) and ${otherName} (${other.length}) differ at ${at}: ` +
      `${around(text)}, ${around(other)}`,
  ];
}
