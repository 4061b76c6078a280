import {
  AgnoError,
  ProblemError,
  RunFailedError,
  StreamLostError,
  UnexpectedAnswerError,
  UnreachableError,
} from '../index.js';
import { EXIT, type ExitCode } from './exit-codes.js';
import { UsageError } from './options.js';
import { OWN_NAME } from './own-name.js';

/** What went wrong, for whoever has asked. */
export interface Fault {
  lines: string[];
  exit: ExitCode;
}

/** Puts an error into words; rethrows one that is a fault of this program. */
export function faultOf(error: unknown): Fault {
  if (error instanceof UsageError) {
    return { lines: [error.message, `See ${OWN_NAME} --help`], exit: EXIT.refused };
  }
  if (error instanceof UnreachableError) {
    const lines = [`No service answers at ${error.url}${reasonOf(error)}`];
    if (/\/\/(?:127\.|localhost|\[::1\])/.test(error.url)) {
      lines.push('Start one in the folder of the service:  npm start');
    }
    lines.push('Is it elsewhere? Say where with --url or AGNO_URL');
    return { lines, exit: EXIT.unreachable };
  }
  if (error instanceof UnexpectedAnswerError) {
    return { lines: [error.message, 'Is --url right?'], exit: EXIT.unreachable };
  }
  if (error instanceof RunFailedError) {
    return { lines: [`The run failed: ${error.message} (${error.code})`], exit: EXIT.failed };
  }
  if (error instanceof StreamLostError) {
    const lines = [error.message];
    if (error.runId !== undefined) {
      lines.push(`The run may go on. Read it again:  ${OWN_NAME} --resume ${error.runId}`);
    }
    return { lines, exit: EXIT.lost };
  }
  if (error instanceof ProblemError) return problem(error);
  if (error instanceof AgnoError) return { lines: [error.message], exit: EXIT.lost };
  throw error;
}

function problem(error: ProblemError): Fault {
  const { problem, code, status } = error;
  const lines: string[] = [];
  // The run had begun: what it failed with says the same of both ways to ask.
  const isRun = problem.run_id !== undefined && status >= 500;
  lines.push(isRun ? `The run failed: ${problem.detail} (${code})` : `${problem.detail} (${code})`);
  if (code === 'model_not_found') lines.push(`See ${OWN_NAME} models`);
  if (code === 'session_not_found') lines.push(`See ${OWN_NAME} sessions`);
  if (code === 'route_not_found' || code === 'method_not_allowed') lines.push('Is --url right?');
  if (code === 'session_busy' && problem.run_id !== undefined) {
    lines.push(`Read what it is writing:  ${OWN_NAME} --resume ${problem.run_id}`);
  }
  if (status >= 500) lines.push(`Request id: ${problem.request_id}`);
  return { lines, exit: isRun ? EXIT.failed : EXIT.refused };
}

/** Why, where it is more than that nothing listens there: a name that is unknown, a certificate. */
function reasonOf({ cause }: UnreachableError): string {
  const reason = cause instanceof Error ? (cause.cause ?? cause) : undefined;
  if (!(reason instanceof Error) || reason.message === '') return '';
  return (reason as NodeJS.ErrnoException).code === 'ECONNREFUSED' ? '' : `: ${reason.message}`;
}
