import { Injectable } from '@nestjs/common';
import { ProblemError } from '../../http/problem.js';
import { Logger } from '../../logging/logger.js';
import { ModelRegistry, type Model } from '../../models/model-registry.js';
import type { ModelMessage, Usage } from '../../models/model-stream.js';
import type { Run, RunRequest } from '../../runs/run.js';
import { JsonSchemas } from '../../schemas/json-schemas.js';
import { asksForValue, parseModelJson } from '../turn/model-json.js';
import type { RunTally } from '../turn/run-tally.js';
import { OutputInvalidError } from './output-errors.js';

/** An answer as a value, where one was asked for. */
export interface Output {
  output?: unknown;
  repaired?: true;
}

/** What an answer is looked at with. */
export interface OutputOptions {
  run: Run;
  /** What the model was told, and has said. */
  messages: readonly ModelMessage[];
  /** The text that is to be a value. */
  text: string;
  /** Whether the model has come to the end of it. */
  isWhole: boolean;
  /** Who may correct it; undefined: nobody. */
  model: Model | undefined;
  tally: RunTally;
  signal: AbortSignal;
}

/** A value that fits, or what is wrong with it. */
type Checked = { value: unknown } | { faults: readonly string[] };

/** Makes answers values, where a request asks for that, and has those that do not fit corrected once. */
@Injectable()
export class Outputs {
  constructor(
    private readonly models: ModelRegistry,
    private readonly schemas: JsonSchemas,
    private readonly logger: Logger,
  ) {}

  /**
   * The value of an answer. One that does not fit is corrected by the model in a turn that nobody is shown.
   * @throws OutputInvalidError where that does not fit either
   * @throws the reason of the signal, when that is aborted
   */
  async of(options: OutputOptions): Promise<Output> {
    const { run, text, isWhole, model } = options;
    const format = run.request.responseFormat;
    if (!asksForValue(format)) return {};
    const checked = await this.#check(run.request, text);
    if ('value' in checked) return { output: checked.value };
    // What was cut short is no mistake of the model's: the finish reason says why it is no value.
    if (!isWhole) return { output: null };
    const { faults } = checked;
    const fields = { run_id: run.id, request_id: run.requestId, model: run.model };
    this.logger.info({ ...fields, faults: faults.length }, 'answer does not fit');
    if (model === undefined) throw new OutputInvalidError(faults);
    const corrected = await this.#correct(options, model, faults);
    const again = await this.#check(run.request, corrected);
    if ('faults' in again) throw new OutputInvalidError(again.faults);
    return { output: again.value, repaired: true };
  }

  async #check({ responseFormat }: RunRequest, text: string): Promise<Checked> {
    const parsed = parseModelJson(text);
    if (parsed === undefined) return { faults: ['it is no JSON'] };
    const { value } = parsed;
    if (responseFormat?.['type'] === 'json_object') {
      const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
      return isObject ? { value } : { faults: ['it is no JSON object'] };
    }
    const schema = schemaOf(responseFormat);
    const faults = schema === undefined ? [] : await this.schemas.faultsOf(schema, value);
    return faults.length === 0 ? { value } : { faults };
  }

  /** @throws OutputInvalidError where the model cannot be asked */
  async #correct(
    { run, messages, tally, signal }: OutputOptions,
    model: Model,
    faults: readonly string[],
  ): Promise<string> {
    const prompt: ModelMessage[] = [...messages, { role: 'user', content: instruction(faults) }];
    const { temperature, maxTokens, responseFormat } = run.request;
    const call = { messages: prompt, maxTokens, temperature, responseFormat, signal };
    const output: string[] = [];
    let usage: Usage | undefined;
    try {
      for await (const deltas of this.models.stream(model, call)) {
        for (const delta of deltas) {
          if (delta.type === 'text') output.push(delta.text);
          else if (delta.type === 'usage') usage = delta.usage;
        }
      }
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof ProblemError) throw new OutputInvalidError(faults, error);
      throw error;
    } finally {
      tally.countAttempt([]);
      if (output.length > 0 || usage !== undefined) {
        tally.addCall({ prompt, tools: [], output: output.join(''), usage });
      }
    }
    return output.join('');
  }
}

/** The schema that a `response_format` names; undefined for none. */
export function schemaOf(format: RunRequest['responseFormat']): object | undefined {
  const named = format?.['json_schema'] as { schema?: object } | undefined;
  return named?.schema;
}

function instruction(faults: readonly string[]): string {
  const list = faults.map((fault) => `- ${fault}`).join('\n');
  return (
    `Your answer does not have the shape that was asked for:\n${list}\n` +
    'Answer with the corrected JSON value and with nothing else.'
  );
}
