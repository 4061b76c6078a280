import { ApiExtraModels, ApiProperty, ApiPropertyOptional, getSchemaPath } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayNotEmpty,
  ArrayUnique,
  Equals,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsNotEmpty,
  IsNumber,
  IsObject,
  IsOptional,
  IsString,
  Max,
  MaxLength,
  Min,
  ValidateNested,
} from 'class-validator';
import type { OnBusy } from '../agent/start-run.js';
import type { Include, OnDisconnect } from '../runs/run.js';
import { ImagePart, IsContent, TextPart, type RequestContent } from './message-content.js';
import { IsMetadata } from './metadata.js';
import { ResponseFormat } from './response-format.js';

/** A name is written into every chunk: it must not outweigh what it names. In characters. */
const LONGEST_NAME = 256;

/** A day: far longer than anybody waits for an answer. */
const MOST_SECONDS = 24 * 60 * 60;

const ROLES = ['system', 'user', 'assistant'] as const;
const INCLUDES = ['reasoning', 'usage'] as const satisfies readonly Include[];
const ON_DISCONNECT = ['continue', 'cancel'] as const satisfies readonly OnDisconnect[];
const ON_BUSY = ['reject', 'queue'] as const satisfies readonly OnBusy[];

/** A text, or texts and images. */
const CONTENT = {
  oneOf: [
    { type: 'string', minLength: 1 },
    {
      type: 'array',
      minItems: 1,
      items: { oneOf: [{ $ref: getSchemaPath(TextPart) }, { $ref: getSchemaPath(ImagePart) }] },
    },
  ],
};

/** One message of a conversation that the request carries whole. */
export class ChatMessage {
  @ApiProperty({ enum: ROLES, description: 'Who said it.' })
  @IsIn(ROLES)
  role: (typeof ROLES)[number];

  @ApiProperty({
    ...CONTENT,
    description: 'What was said. Parts are for the user alone.',
    example: 'What is a run log?',
  })
  @IsContent({ mayBeEmpty: true })
  content: RequestContent;
}

/**
 * The body of `POST /api/v1/chat`. Of a field's decorators the lowest is checked first, and only the
 * first fault is told: so the type stands last.
 */
@ApiExtraModels(ImagePart, TextPart)
export class ChatRequest {
  @ApiPropertyOptional({
    ...CONTENT,
    description:
      'The next message of a session: of `session_id`, or of a new one. Exactly one of `message`, `messages` and `regenerate`.',
    example: 'What is a run log?',
  })
  @IsOptional()
  @IsContent()
  message?: RequestContent;

  @ApiPropertyOptional({
    type: [ChatMessage],
    minItems: 1,
    description:
      "A whole conversation whose last message is the user's. It makes no session and continues none.",
  })
  @IsOptional()
  @ValidateNested({ each: true })
  @ArrayNotEmpty()
  @IsObject({ each: true })
  @IsArray()
  @Type(() => ChatMessage)
  messages?: ChatMessage[];

  @ApiPropertyOptional({
    default: false,
    description: 'Answer token by token (Server-Sent Events).',
  })
  @IsOptional()
  @IsBoolean()
  stream?: boolean;

  @ApiPropertyOptional({
    minLength: 1,
    description:
      "A name from `GET /api/v1/models`. Without one the agent's model answers, or else the service's default.",
    example: 'offline/assistant',
  })
  @IsOptional()
  @MaxLength(LONGEST_NAME)
  @IsNotEmpty()
  @IsString()
  model?: string;

  @ApiPropertyOptional({ minLength: 1, description: 'The same as `model`, by its older name.' })
  @IsOptional()
  @MaxLength(LONGEST_NAME)
  @IsNotEmpty()
  @IsString()
  model_name?: string;

  @ApiPropertyOptional({
    minLength: 1,
    description: 'An id from `GET /api/v1/agents`. Without one the default agent answers.',
  })
  @IsOptional()
  @MaxLength(LONGEST_NAME)
  @IsNotEmpty()
  @IsString()
  agent?: string;

  @ApiPropertyOptional({
    minLength: 1,
    description:
      "What the model is told beside, for this run alone: it follows the agent's own instructions.",
    example: 'Answer in French.',
  })
  @IsOptional()
  @IsNotEmpty()
  @IsString()
  instructions?: string;

  @ApiPropertyOptional({ format: 'uuid', description: 'The session that `message` continues.' })
  @IsOptional()
  @IsString()
  session_id?: string;

  @ApiPropertyOptional({
    format: 'uuid',
    description:
      'A message of the user in `session_id`, in whose place `message` is: the conversation goes on from ' +
      'there on a branch of its own, and the earlier one stays readable.',
  })
  @IsOptional()
  @IsString()
  edit_message_id?: string;

  @ApiPropertyOptional({
    enum: [true],
    description:
      'Answers the last message of the user in `session_id` once more, instead of a `message`. The ' +
      'earlier answer stays readable.',
  })
  @IsOptional()
  @Equals(true)
  @IsBoolean()
  regenerate?: true;

  @ApiPropertyOptional({
    default: true,
    description:
      'False: the session gets neither message nor answer (without `session_id` none is made), and the ' +
      'run is forgotten soon after it has been read to its end.',
  })
  @IsOptional()
  @IsBoolean()
  store?: boolean;

  @ApiPropertyOptional({
    type: 'integer',
    minimum: 1,
    maximum: Number.MAX_SAFE_INTEGER,
    description: 'Most tokens to answer with.',
  })
  @IsOptional()
  @Max(Number.MAX_SAFE_INTEGER)
  @Min(1)
  @IsInt()
  max_tokens?: number;

  @ApiPropertyOptional({
    type: 'integer',
    minimum: 1,
    maximum: MOST_SECONDS,
    description:
      'Longest time that the run may take, waits for approval left out. The agent may have a shorter limit.',
  })
  @IsOptional()
  @Max(MOST_SECONDS)
  @Min(1)
  @IsInt()
  max_seconds?: number;

  @ApiPropertyOptional({ minimum: 0, maximum: 2, description: 'How freely to choose words.' })
  @IsOptional()
  @Max(2)
  @Min(0)
  @IsNumber()
  temperature?: number;

  @ApiPropertyOptional({
    default: false,
    description: 'Answer 202 at once; the run goes on by itself. Wins over `stream`.',
  })
  @IsOptional()
  @IsBoolean()
  background?: boolean;

  @ApiPropertyOptional({
    enum: ON_DISCONNECT,
    default: 'continue',
    description:
      'What becomes of the run when nobody has watched it for 20 s (`DISCONNECT_GRACE`).',
  })
  @IsOptional()
  @IsIn(ON_DISCONNECT)
  on_disconnect?: OnDisconnect;

  @ApiPropertyOptional({
    enum: ON_BUSY,
    default: 'reject',
    description: 'What to do when the session already has a run: refuse with 409, or wait.',
  })
  @IsOptional()
  @IsIn(ON_BUSY)
  on_busy?: OnBusy;

  @ApiPropertyOptional({
    type: ResponseFormat,
    description: 'The shape of the answer, as in the OpenAI API. The value is in `output`.',
  })
  @IsOptional()
  @ValidateNested()
  @IsObject()
  @Type(() => ResponseFormat)
  response_format?: ResponseFormat;

  @ApiPropertyOptional({
    enum: INCLUDES,
    isArray: true,
    uniqueItems: true,
    default: ['reasoning'],
    description: 'What to stream beside the text. `[]` switches all off.',
  })
  @IsOptional()
  @IsIn(INCLUDES, { each: true })
  @ArrayUnique()
  @IsArray()
  include?: Include[];

  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: { type: 'string', maxLength: 512 },
    maxProperties: 16,
    description:
      'Up to 16 pairs of strings, kept with the run; keys of at most 64, values of at most 512 characters.',
    example: { ticket: '4711' },
  })
  @IsOptional()
  @IsMetadata()
  metadata?: Record<string, string>;
}
