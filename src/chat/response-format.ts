import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  IsBoolean,
  IsDefined,
  IsIn,
  IsObject,
  IsOptional,
  IsString,
  Matches,
  ValidateIf,
  ValidateNested,
} from 'class-validator';

const TYPES = ['text', 'json_object', 'json_schema'] as const;

/** A named JSON schema, as in the OpenAI API. */
export class NamedSchema {
  @ApiProperty({ pattern: '^[\\w-]{1,64}$', description: 'A name for the value.' })
  @Matches(/^[\w-]{1,64}$/, { message: 'name must be 1 to 64 letters, digits, _ or -' })
  name: string;

  @ApiPropertyOptional({ description: 'What the value is for; the model reads it.' })
  @IsOptional()
  @IsString()
  description?: string;

  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: true,
    description: 'A JSON schema.',
  })
  @IsOptional()
  @IsObject()
  schema?: Record<string, unknown>;

  @ApiPropertyOptional({ description: 'Whether the provider has to keep to the schema.' })
  @IsOptional()
  @IsBoolean()
  strict?: boolean;
}

/** The shape of the answer: OpenAI's `response_format`. */
export class ResponseFormat {
  @ApiProperty({ enum: TYPES })
  @IsIn(TYPES)
  type: (typeof TYPES)[number];

  @ApiPropertyOptional({ type: NamedSchema, description: 'With `json_schema` only.' })
  @ValidateIf(({ type }: ResponseFormat) => type === 'json_schema')
  @ValidateNested()
  @IsObject()
  @IsDefined()
  @Type(() => NamedSchema)
  json_schema?: NamedSchema;
}
