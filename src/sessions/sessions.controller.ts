import {
  Body,
  Controller,
  Delete,
  Get,
  HttpCode,
  Param,
  Patch,
  Post,
  Query,
  Res,
} from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { cursorAfter } from '../http/id-cursor.js';
import { toPage, PageQuery } from '../http/page-query.js';
import {
  ApiSession,
  ApiSessionBranches,
  ApiSessionChange,
  ApiSessionCreate,
  ApiSessionDelete,
  ApiSessionFork,
  ApiSessionList,
  ApiSessionMessages,
} from './api-sessions.js';
import {
  toBranchDocument,
  toMessageDocument,
  toSessionDocument,
  type BranchList,
  type MessageList,
  type SessionDocument,
  type SessionList,
} from './session-documents.js';
import {
  ForkRequest,
  MessagesQuery,
  NewSessionRequest,
  SessionChanges,
  SessionsQuery,
} from './session-requests.js';
import { SessionService } from './session.service.js';
import type { Session } from './session.js';

const PATH = 'api/v1/sessions';

/** Conversations, once they have begun. */
@ApiTags('sessions')
@Controller(PATH)
export class SessionsController {
  constructor(private readonly sessions: SessionService) {}

  @Get()
  @ApiSessionList()
  async list(@Query() query: SessionsQuery): Promise<SessionList> {
    const { entries, lastId } = await this.sessions.list({ search: query.search }, toPage(query));
    return { data: entries.map(toSessionDocument), next_cursor: next(lastId) };
  }

  @Post()
  @ApiSessionCreate()
  async create(
    @Body() { title }: NewSessionRequest,
    @Res({ passthrough: true }) response: Response,
  ): Promise<SessionDocument> {
    return created(await this.sessions.create(title), response);
  }

  @Get(':id')
  @ApiSession()
  async get(@Param('id') id: string): Promise<SessionDocument> {
    return toSessionDocument(await this.sessions.get(id));
  }

  @Patch(':id')
  @ApiSessionChange()
  async change(
    @Param('id') id: string,
    @Body() { title, head_id: headId }: SessionChanges,
  ): Promise<SessionDocument> {
    return toSessionDocument(await this.sessions.change(id, { title, headId }));
  }

  @Delete(':id')
  @HttpCode(204)
  @ApiSessionDelete()
  async delete(@Param('id') id: string): Promise<void> {
    await this.sessions.delete(id);
  }

  @Get(':id/messages')
  @ApiSessionMessages()
  async messages(@Param('id') id: string, @Query() query: MessagesQuery): Promise<MessageList> {
    const { entries, lastId } = await this.sessions.messages(id, query.branch, toPage(query));
    return { data: entries.map(toMessageDocument), next_cursor: next(lastId) };
  }

  @Get(':id/branches')
  @ApiSessionBranches()
  async branches(@Param('id') id: string, @Query() query: PageQuery): Promise<BranchList> {
    const { headId } = await this.sessions.get(id);
    const { entries, lastId } = await this.sessions.branches(id, toPage(query));
    const data = entries.map((leaf) => toBranchDocument(leaf, headId));
    return { data, next_cursor: next(lastId) };
  }

  @Post(':id/fork')
  @ApiSessionFork()
  async fork(
    @Param('id') id: string,
    @Body() { message_id: messageId, title }: ForkRequest,
    @Res({ passthrough: true }) response: Response,
  ): Promise<SessionDocument> {
    return created(await this.sessions.fork(id, messageId, title), response);
  }
}

function created(session: Session, response: Response): SessionDocument {
  response.setHeader('Location', `/${PATH}/${session.id}`);
  return toSessionDocument(session);
}

function next(lastId: string | undefined): string | null {
  return lastId === undefined ? null : cursorAfter(lastId);
}
