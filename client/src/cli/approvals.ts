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
 * Has waiting tool calls decided: by `--yes`, or by whoever sits at the terminal. Ctrl-C and Ctrl-D
 * in place of a decision cancel the run.
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
    if (answer === undefined) {
      await client.runs.cancel(runId);
      return;
    }
    const isApproved = /^\s*y(?:es)?\s*$/i.test(answer);
    decisions.push({ id, decision: isApproved ? 'approve' : 'reject' });
  }
  await client.runs.decide(runId, decisions);
}

async function ask(terminal: Terminal, call: string): Promise<string | undefined> {
  terminal.tell(`The agent asks for ${call}`);
  return terminal.ask('Allow it? [y/N] ');
}
