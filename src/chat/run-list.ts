import { ApiProperty } from '@nestjs/swagger';
import type { DescribedPage } from '../agent/run-descriptions.js';
import { ApiNullable } from '../http/api-nullable.js';
import { cursorAfter } from '../http/id-cursor.js';
import { CURSOR_PATTERN } from '../http/page-query.js';
import { RunDocument, toRunDocument } from '../wire/native/run-document.js';

/** A page of runs, as `GET /api/v1/runs` shows it. */
export class RunList {
  @ApiProperty({ type: [RunDocument], description: 'The newest first.' })
  data: RunDocument[];

  @ApiNullable(
    { type: 'string', pattern: CURSOR_PATTERN },
    'What to send as `cursor` for the next page; null on the last one.',
  )
  next_cursor: string | null;
}

export function toRunList({ runs, lastId }: DescribedPage): RunList {
  return {
    data: runs.map(({ run, reduction }) => toRunDocument(run, reduction)),
    next_cursor: lastId === undefined ? null : cursorAfter(lastId),
  };
}
