import {
  Body,
  Controller,
  HttpCode,
  Post,
  RequestMethod,
  Res,
  Sse,
  SseSignal,
  type MessageEvent,
} from '@nestjs/common';
import { ApiExcludeEndpoint, ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import type { Observable } from 'rxjs';
import { AgentService } from '../agent/agent.service.js';
import { OnlyWhen } from '../http/paired-route.js';
import type { Answer } from '../wire/native/answer.js';
import { ApiChat } from './api-chat.js';
import { ChatRequest } from './chat-request.js';
import { PreferredWait, StartHeaders } from './request-headers.js';
import { accept, announce, type RunAccepted } from './run-accepted.js';
import { RunAnswers } from './run-answers.js';
import { RunStreams } from './run-streams.js';
import { toStartRun, type RequestHeaders } from './to-start-run.js';

function wantsStream({ body }: Request): boolean {
  const { stream, background } = (body ?? {}) as Partial<ChatRequest>;
  return stream === true && background !== true;
}

/** One path with two handlers: the answer as a stream, and as one document. */
@ApiTags('chat')
@Controller('api/v1/chat')
export class ChatController {
  constructor(
    private readonly agents: AgentService,
    private readonly answers: RunAnswers,
    private readonly streams: RunStreams,
  ) {}

  @Sse('', { method: RequestMethod.POST })
  @HttpCode(200)
  @OnlyWhen(wantsStream)
  @ApiExcludeEndpoint()
  async stream(
    @Body() body: ChatRequest,
    @StartHeaders() headers: RequestHeaders,
    @SseSignal() left: AbortSignal,
    @Res({ passthrough: true }) response: Response,
  ): Promise<Observable<MessageEvent>> {
    const run = await this.agents.start(toStartRun(body, headers));
    announce(run, response);
    const after = headers.after ?? 0;
    if (after === 0) await this.streams.begun(run, left);
    return this.streams.open(run, after, response);
  }

  @Post()
  @HttpCode(200)
  @ApiChat()
  async answer(
    @Body() body: ChatRequest,
    @StartHeaders() headers: RequestHeaders,
    @PreferredWait() wait: number | undefined,
    @Res({ passthrough: true }) response: Response,
  ): Promise<Observable<Answer | RunAccepted> | RunAccepted> {
    const run = await this.agents.start(toStartRun(body, headers));
    announce(run, response);
    if (body.background === true) return accept(run, response);
    // Whoever is sent away to poll is no watcher: a run that needs one would be cancelled.
    if (body.on_disconnect === 'cancel') return this.answers.whole(run);
    return wait === undefined
      ? this.answers.untilWaiting(run, response)
      : this.answers.within(wait, run, response);
  }
}
