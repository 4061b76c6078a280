import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsNotEmpty, IsOptional, IsString, Matches, MaxLength } from 'class-validator';
import { PageQuery } from '../http/page-query.js';

const LONGEST_TITLE = 200;

/** A title with anything but white space in it. */
const NOT_BLANK = /\S/;

/** The query of `GET /api/v1/sessions`. Of a field's decorators the lowest is checked first. */
export class SessionsQuery extends PageQuery {
  @ApiPropertyOptional({
    minLength: 1,
    maxLength: LONGEST_TITLE,
    description: 'Only sessions whose title has this text, whatever the case.',
  })
  @IsOptional()
  @MaxLength(LONGEST_TITLE)
  @IsNotEmpty()
  @IsString()
  search?: string;
}

/** The query of `GET /api/v1/sessions/{id}/messages`. */
export class MessagesQuery extends PageQuery {
  @ApiPropertyOptional({
    format: 'uuid',
    description: 'The message at the end of the branch. Without one: the current branch.',
  })
  @IsOptional()
  @IsNotEmpty()
  @IsString()
  branch?: string;
}

/** The body of `POST /api/v1/sessions`. */
export class NewSessionRequest {
  @ApiPropertyOptional({
    maxLength: LONGEST_TITLE,
    description: 'Without one the session is named by its first message.',
  })
  @IsOptional()
  @Matches(NOT_BLANK, { message: 'title must not be blank' })
  @MaxLength(LONGEST_TITLE)
  @IsString()
  title?: string;
}

/** The body of `PATCH /api/v1/sessions/{id}`. */
export class SessionChanges {
  @ApiPropertyOptional({ maxLength: LONGEST_TITLE, description: 'The new title.' })
  @IsOptional()
  @Matches(NOT_BLANK, { message: 'title must not be blank' })
  @MaxLength(LONGEST_TITLE)
  @IsString()
  title?: string;

  @ApiPropertyOptional({
    format: 'uuid',
    description:
      'A message behind which the next one goes: the branch up to it is the current one.',
  })
  @IsOptional()
  @IsString()
  head_id?: string;
}

/** The body of `POST /api/v1/sessions/{id}/fork`. */
export class ForkRequest extends NewSessionRequest {
  @ApiPropertyOptional({
    format: 'uuid',
    description: 'The last message that is copied. Without one: the end of the current branch.',
  })
  @IsOptional()
  @IsString()
  message_id?: string;
}
