import {
  Body,
  Controller,
  Get,
  HttpCode,
  Param,
  Post,
  Query,
  Res,
  Sse,
  type MessageEvent,
} from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import type { Observable } from 'rxjs';
import { AgentService } from '../agent/agent.service.js';
import { toPage } from '../http/page-query.js';
import { LOCAL_OWNER } from '../runs/run.js';
import { toRunDocument, type RunDocument } from '../wire/native/run-document.js';
import { ApiRun, ApiRunApprovals, ApiRunCancel, ApiRunList, ApiRunStream } from './api-runs.js';
import { ApprovalsRequest, toDecisions } from './approvals-request.js';
import { Position } from './request-headers.js';
import { announce } from './run-accepted.js';
import { toRunList, type RunList } from './run-list.js';
import { RUNS_PATH } from './run-stream-route.js';
import { RunStreams } from './run-streams.js';
import { RunsQuery, toRunFilter } from './runs-query.js';

/** Runs, once they have begun. */
@ApiTags('runs')
@Controller(RUNS_PATH)
export class RunsController {
  constructor(
    private readonly agents: AgentService,
    private readonly streams: RunStreams,
  ) {}

  @Get()
  @ApiRunList()
  async list(@Query() query: RunsQuery): Promise<RunList> {
    return toRunList(await this.agents.list(LOCAL_OWNER, toRunFilter(query), toPage(query)));
  }

  @Get(':id')
  @ApiRun()
  async get(@Param('id') id: string): Promise<RunDocument> {
    const { run, reduction } = await this.agents.describe({ owner: LOCAL_OWNER, id });
    return toRunDocument(run, reduction);
  }

  @Post(':id/cancel')
  @HttpCode(200)
  @ApiRunCancel()
  async cancel(@Param('id') id: string): Promise<RunDocument> {
    const { run, reduction } = await this.agents.cancel({ owner: LOCAL_OWNER, id });
    return toRunDocument(run, reduction);
  }

  @Post(':id/approvals')
  @HttpCode(200)
  @ApiRunApprovals()
  async decide(@Param('id') id: string, @Body() body: ApprovalsRequest): Promise<RunDocument> {
    const decisions = toDecisions(body);
    const { run, reduction } = await this.agents.decide({ owner: LOCAL_OWNER, id }, decisions);
    return toRunDocument(run, reduction);
  }

  @Sse(':id/stream')
  @ApiRunStream()
  async stream(
    @Param('id') id: string,
    @Position() after: number,
    @Res({ passthrough: true }) response: Response,
  ): Promise<Observable<MessageEvent>> {
    const run = await this.agents.get({ owner: LOCAL_OWNER, id });
    announce(run, response);
    return this.streams.open(run, after, response);
  }
}
