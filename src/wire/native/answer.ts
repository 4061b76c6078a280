import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { ANY_VALUE, ApiNullable } from '../../http/api-nullable.js';
import type { TerminalEvent } from '../../runs/run-event.js';
import type { Run } from '../../runs/run.js';
import { toWireTimings, toWireUsage, WireTimings, WireUsage } from './usage.js';

export const FINISH_REASONS = [
  'stop',
  'length',
  'content_filter',
  'tool_limit',
  'turn_limit',
  'cancelled',
  'error',
] as const satisfies readonly TerminalEvent['finishReason'][];

class AnswerMessage {
  @ApiProperty({ enum: ['assistant'] })
  role: 'assistant';

  @ApiProperty({ description: 'The whole text.' })
  content: string;
}

/** The JSON document of a run that completed or was cancelled. */
export class Answer {
  @ApiProperty({ type: AnswerMessage })
  message: AnswerMessage;

  @ApiProperty({ description: 'The name that was asked for.', example: 'gpt-4o-mini' })
  model: string;

  @ApiProperty({ format: 'uuid' })
  run_id: string;

  @ApiNullable(
    { type: 'string', format: 'uuid' },
    'The session that the next `message` can continue; null after `messages`.',
  )
  session_id: string | null;

  @ApiProperty({
    enum: FINISH_REASONS.filter((reason) => reason !== 'error'),
    description: 'Why the answer ended.',
  })
  finish_reason: string;

  @ApiProperty({ type: WireUsage })
  usage: WireUsage;

  @ApiProperty({ type: WireTimings })
  timings: WireTimings;

  @ApiProperty({ type: 'integer', minimum: 0, description: 'Model calls made for the answer.' })
  attempts: number;

  @ApiPropertyOptional({
    description:
      'The answer as a value, where `response_format` asked for one; null where it was cut short.',
    ...ANY_VALUE,
  })
  output?: unknown;

  @ApiPropertyOptional({
    type: 'boolean',
    enum: [true],
    description:
      'The text did not fit the `response_format`; `output` is what the model has made of it.',
  })
  repaired?: true;
}

export function toAnswer(run: Run, text: string, terminal: TerminalEvent): Answer {
  return {
    message: { role: 'assistant', content: text },
    model: run.model,
    run_id: run.id,
    session_id: run.sessionId,
    finish_reason: terminal.finishReason,
    usage: toWireUsage(terminal.usage),
    timings: toWireTimings(terminal.timings),
    attempts: terminal.attempts,
    ...('output' in terminal && { output: terminal.output }),
    ...(terminal.repaired && { repaired: true }),
  };
}
