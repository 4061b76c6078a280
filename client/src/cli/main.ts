#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { AgnoClient, type ChatRequest } from '../index.js';
import { Answering } from './answering.js';
import { ApprovalNeededError } from './approvals.js';
import { Conversation } from './conversation.js';
import { EXIT, type ExitCode } from './exit-codes.js';
import { faultOf } from './faults.js';
import { Interruption } from './interruption.js';
import { listModels, listRuns, listSessions } from './lists.js';
import { readOptions, USAGE, UsageError, type Options } from './options.js';
import { OWN_NAME } from './own-name.js';
import { Terminal } from './terminal.js';

async function run(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const options = readOptions(args, process.env);
  if (options.command === 'help') {
    terminal.print(USAGE.replaceAll('agno-chat', OWN_NAME));
    return EXIT.ok;
  }
  if (options.command === 'version') {
    terminal.print(`${version()}\n`);
    return EXIT.ok;
  }
  const client = new AgnoClient({ baseUrl: options.url, headers: options.headers });
  switch (options.command) {
    case 'models':
      await listModels(client, terminal, options);
      return EXIT.ok;
    case 'sessions':
      await listSessions(client, terminal, options);
      return EXIT.ok;
    case 'runs':
      await listRuns(client, terminal, options);
      return EXIT.ok;
    case 'chat':
      return chat(client, terminal, options);
  }
}

async function chat(client: AgnoClient, terminal: Terminal, options: Options): Promise<ExitCode> {
  const interruption = new Interruption(terminal);
  const answering = new Answering(client, terminal, interruption, options);
  const requestOf = (message: string): ChatRequest => toRequest(message, options);
  const isPiped = options.readsInput || terminal.input.isTTY !== true;
  if (options.resume !== undefined) return exitOf(await answering.resume(options.resume));
  if (options.message === undefined && !isPiped) {
    await new Conversation(terminal, answering, options, requestOf).talk();
    return EXIT.ok;
  }
  const message = options.message ?? (await terminal.read());
  if (message.trim() === '') throw new UsageError('There is no message');
  return exitOf(await answering.ask(requestOf(message)));
}

function exitOf({ finishReason }: { finishReason: string }): ExitCode {
  return finishReason === 'cancelled' ? EXIT.interrupted : EXIT.ok;
}

function toRequest(message: string, options: Options): ChatRequest {
  const { model, agent, session, instructions, maxTokens, temperature } = options;
  return {
    message,
    ...(model !== undefined && { model }),
    ...(agent !== undefined && { agent }),
    ...(session !== undefined && { session_id: session }),
    ...(instructions !== undefined && { instructions }),
    ...(maxTokens !== undefined && { max_tokens: maxTokens }),
    ...(temperature !== undefined && { temperature }),
  };
}

function version(): string {
  const file = new URL('../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}

function toFault(error: unknown): { lines: string[]; exit: ExitCode } {
  if (!(error instanceof ApprovalNeededError)) return faultOf(error);
  const calls = error.waiting.map(
    ({ name, arguments: args }) => `${name}(${JSON.stringify(args)})`,
  );
  const again = `${OWN_NAME} --resume ${error.runId} --yes`;
  return {
    lines: [`Waiting for approval: ${calls.join(', ')}`, `Approve it with:  ${again}`],
    exit: EXIT.approvalNeeded,
  };
}

const terminal = new Terminal();

function endUnwritten(error: NodeJS.ErrnoException): void {
  // Whoever reads has enough ("| head"): nobody is left to tell.
  if (error.code === 'EPIPE') process.exit(EXIT.ok);
  terminal.tell(`What was answered cannot be written: ${error.message}`);
  process.exit(EXIT.failed);
}

process.stdout.on('error', endUnwritten);
// Where nobody reads what is told beside the answer, the answer is still wanted.
process.stderr.on('error', () => undefined);
try {
  process.exitCode = await run(process.argv.slice(2), terminal);
} catch (error) {
  const { lines, exit } = toFault(error);
  for (const line of lines) terminal.tell(line);
  process.exitCode = exit;
}
// What is still under way, such as a connection that is kept alive, holds nothing up; what was
// written to a pipe has to be out first.
process.stdout.write('', (error) => (error ? endUnwritten(error) : process.exit()));
