import { Agent, request, type IncomingMessage } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import type { AnswerSpec } from '../answer.ts';
import { chatRequest } from '../contenders/plain.ts';

const agent = new Agent({ keepAlive: true });

/** A run of our service, and its open stream. */
export interface OurStream {
  readonly runId: string;
  readonly sessionId: string;
  readonly response: IncomingMessage;
}

/** Starts a run, and resolves once its stream is open. */
export async function startRun(port: number, spec: AnswerSpec): Promise<OurStream> {
  const { path, headers, body } = chatRequest(JSON.stringify(spec));
  const response = await send(port, 'POST', path, headers, body);
  const header = (name: string) => String(response.headers[name]);
  return { runId: header('x-run-id'), sessionId: header('x-session-id'), response };
}

/** Follows a run from an event on. */
export function followRun(port: number, runId: string, after = 0): Promise<IncomingMessage> {
  return send(port, 'GET', `/api/v1/runs/${runId}/stream?after=${after}`, {});
}

/** Waits for a service that has been killed: the run's stream, once it is served again. */
export async function followAgain(
  port: number,
  runId: string,
  after: number,
  everyMs: number,
): Promise<IncomingMessage> {
  for (;;) {
    try {
      return await followRun(port, runId, after);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      await pause(everyMs);
    }
  }
}

const isRefusal = (error: unknown) =>
  ['ECONNREFUSED', 'ECONNRESET'].includes((error as NodeJS.ErrnoException).code ?? '');

function send(
  port: number,
  method: string,
  path: string,
  headers: Readonly<Record<string, string>>,
  body?: string,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const host = '127.0.0.1';
    const asking = request({ host, port, method, path, headers, agent }, (response) => {
      if (response.statusCode === 200) return resolve(response);
      response.resume();
      reject(new Error(`${method} ${path}: ${response.statusCode}`));
    });
    asking.on('error', reject);
    asking.end(body);
  });
}
