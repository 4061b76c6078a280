import { ApiProperty } from '@nestjs/swagger';
import { ANY_VALUE } from '../../http/api-nullable.js';

/** A tool call, as callers read it. */
export class WireToolCall {
  @ApiProperty()
  id: string;

  @ApiProperty({ description: 'The name of the tool.' })
  name: string;

  @ApiProperty({ description: 'What it is called with.', ...ANY_VALUE })
  arguments: unknown;
}
