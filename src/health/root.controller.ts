import { Controller, Get, Req, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProperty, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { ApiProblems } from '../http/api-problems.js';

class Greeting {
  @ApiProperty({ example: 'Agno API is running' })
  message: string;

  @ApiProperty({ enum: ['healthy'] })
  status: string;
}

/** The root: what the old service answered there, and for people the documentation. */
@ApiTags('health')
@Controller()
export class RootController {
  @Get()
  @ApiOperation({ operationId: 'root', summary: 'Whether the service runs' })
  @ApiOkResponse({ type: Greeting, description: 'It runs.' })
  @ApiResponse({
    status: 302,
    description: 'A browser is sent to `/docs`.',
    headers: { Location: { schema: { type: 'string', format: 'uri-reference' } } },
  })
  @ApiProblems()
  root(
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Greeting | undefined {
    response.vary('Accept');
    // `*/*` (curl, fetch) prefers neither: the first of the list wins.
    if (request.accepts(['application/json', 'text/html']) === 'text/html') {
      response.redirect('/docs');
      return undefined;
    }
    return { message: 'Agno API is running', status: 'healthy' };
  }
}
