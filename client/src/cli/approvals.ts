import type { AgnoClient, Chunk, Decision } from '../index.js';
import type { Terminal } from './terminal.js';

/** Tool calls that wait for a decision. */
export type Waiting = Extract<Chunk, { type: 'approval_required' }>['approvals'];

/** Somebody has to decide, and nobody can be asked. */
export class ApprovalNeededError extends Error {
  override name = 'ApprovalNeededError';

  constructor(
    readonly runId: string,
    readonly waiting: Waiting,
  ) {
    super('A tool call waits for approval');
  }
}

/**
 * Has waiting tool calls decided: by `--yes`, or by whoever sits at the terminal.
 * @throws ApprovalNeededError where nobody does
 */
export async function decide(
  client: AgnoClient,
  runId: string,
  waiting: Waiting,
  { terminal, yes }: { terminal: Terminal; yes: boolean },
): Promise<void> {
  if (!yes && !terminal.canAsk) throw new ApprovalNeededError(runId, waiting);
  const decisions: Decision[] = [];
  for (const { id, name, arguments: args } of waiting) {
    const call = `${name}(${JSON.stringify(args)})`;
    if (yes) terminal.tell(`Approved: ${call}`);
    const answer = yes ? 'y' : await ask(terminal, call);
    const isApproved = /^\s*y(?:es)?\s*$/i.test(answer);
    decisions.push({ id, decision: isApproved ? 'approve' : 'reject' });
  }
  await client.runs.decide(runId, decisions);
}

async function ask(terminal: Terminal, call: string): Promise<string> {
  terminal.tell(`The agent asks for ${call}`);
  return (await terminal.ask('Allow it? [y/N] ')) ?? 'n';
}
