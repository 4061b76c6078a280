import { once } from 'node:events';
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { IsNotEmpty, IsString, MaxLength } from 'class-validator';
import { Tool } from '../../decorated/tool.decorator.js';
import { ToolError } from '../../tool-error.js';
import type { ToolContext } from '../../tool.js';
import type { CalculatorReport } from './calculator-worker.js';

/** Beside this file, as TypeScript or as what was built of it. */
const WORKER = new URL(`./calculator-worker${extname(import.meta.url)}`, import.meta.url);

/** Longest calculation, in milliseconds; and how long the library may take to load. */
const TIME_LIMIT = 2_000;
const START_LIMIT = 20_000;
const MEMORY_LIMIT_MB = 256;

class CalculatorArguments {
  @ApiProperty({
    description:
      'An expression, such as 17 * 23, sqrt(2) / 3, 15% * 80, 5 km to mile or mean([1, 2, 4]).',
  })
  @MaxLength(1000)
  @IsNotEmpty()
  @IsString()
  expression: string;
}

/** A thread that calculates. */
interface Thread {
  worker: Worker;
  /** Resolves once the library is loaded; rejects where that cannot be. */
  ready: Promise<unknown>;
}

/** A tool that calculates, in a thread of its own: an expression may take longer than anybody waits. */
@Injectable()
export class Calculator implements OnApplicationShutdown {
  #thread: Thread | undefined;
  /** One at a time: the thread answers in order. */
  #last: Promise<unknown> = Promise.resolve();

  @Tool({
    description: 'Calculates an expression exactly: arithmetic, functions, percentages, units.',
    parameters: CalculatorArguments,
    idempotent: true,
  })
  async calculator(
    { expression }: CalculatorArguments,
    { signal }: Pick<ToolContext, 'signal'>,
  ): Promise<string> {
    const report = this.#last.then(() => {
      // Nobody waits for it any more.
      signal.throwIfAborted();
      return this.#report(expression);
    });
    this.#last = report.catch(() => undefined);
    const said = await report;
    if ('failure' in said) throw new ToolError(said.failure);
    return said.result;
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#thread?.worker.terminate();
  }

  async #report(expression: string): Promise<CalculatorReport> {
    const { worker, ready } = (this.#thread ??= start());
    try {
      await ready;
      const answer = next(worker, TIME_LIMIT);
      worker.postMessage(expression);
      return (await answer) as CalculatorReport;
    } catch {
      this.#thread = undefined;
      void worker.terminate();
      return { failure: 'The expression takes too long to calculate.' };
    }
  }
}

function start(): Thread {
  const resourceLimits = { maxOldGenerationSizeMb: MEMORY_LIMIT_MB };
  const worker = new Worker(WORKER, { resourceLimits, env: {} });
  worker.unref();
  // Whoever waits for an answer is told by its exit.
  worker.on('error', () => undefined);
  return { worker, ready: next(worker, START_LIMIT) };
}

/** What a thread says next. @throws where it ends, or says nothing for so many milliseconds */
async function next(worker: Worker, limit: number): Promise<unknown> {
  const ended = new AbortController();
  const signal = AbortSignal.any([ended.signal, AbortSignal.timeout(limit)]);
  try {
    const [said] = (await Promise.race([
      once(worker, 'message', { signal }),
      once(worker, 'exit', { signal }).then(() =>
        Promise.reject(new Error('The thread has ended.')),
      ),
    ])) as [unknown];
    return said;
  } finally {
    ended.abort();
  }
}
