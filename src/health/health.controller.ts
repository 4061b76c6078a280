import { Controller, Get, Header, HttpStatus, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { HealthCheckService, type HealthCheckResult } from '@nestjs/terminus';
import { ServiceUnavailableException } from '@nestjs/common';
import type { Response } from 'express';
import { ReadinessParts } from './readiness-parts.js';

const REPORT = {
  schema: {
    type: 'object',
    properties: {
      status: { enum: ['ok', 'error', 'shutting_down'] },
      info: { type: ['object', 'null'], description: 'The parts that work, by name.' },
      error: { type: ['object', 'null'], description: 'The parts that do not, by name.' },
      details: { type: 'object', description: 'All parts, by name.' },
    },
    required: ['status', 'details'],
  },
};

const ALIVE = {
  schema: {
    type: 'object',
    properties: { status: { const: 'ok' } },
    required: ['status'],
  } as object,
};

/** For whoever decides whether the process gets requests, or is started anew. */
@ApiTags('health')
@Controller('health')
export class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly parts: ReadinessParts,
  ) {}

  @Get('live')
  @Header('Cache-Control', 'no-store')
  @ApiOperation({ operationId: 'live', summary: 'Whether the process answers at all' })
  @ApiOkResponse({ description: 'It does.', ...ALIVE })
  live(): { status: 'ok' } {
    return { status: 'ok' };
  }

  @Get('ready')
  @Header('Cache-Control', 'no-store')
  @ApiOperation({ operationId: 'ready', summary: 'Whether it can take requests, part by part' })
  @ApiOkResponse({ description: 'All parts work.', ...REPORT })
  @ApiResponse({
    status: 503,
    description: 'A part is down, or the process is stopping.',
    ...REPORT,
  })
  async ready(@Res({ passthrough: true }) response: Response): Promise<HealthCheckResult> {
    try {
      return await this.health.check(this.parts.all);
    } catch (error) {
      if (!(error instanceof ServiceUnavailableException)) throw error;
      // The report of the parts is the answer here, not problem details.
      response.status(HttpStatus.SERVICE_UNAVAILABLE);
      return error.getResponse() as HealthCheckResult;
    }
  }
}
