import { IsOptional } from 'class-validator';
import { Takes } from '../files/entry.js';
import { name } from '../models-file/models-file.js';
import { flag, text } from '../values/text.js';

/** An entry of `agents:` in `agents.yaml`, as it stands there. */
export class AgentEntry {
  @IsOptional() @Takes(text) name?: unknown;
  @IsOptional() @Takes(text) description?: unknown;
  @Takes(text) instructions: unknown;
  @IsOptional() @Takes(name) model?: unknown;
  @IsOptional() @Takes(flag) default?: unknown;
}
