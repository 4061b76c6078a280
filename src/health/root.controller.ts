import { Controller, Get } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProperty, ApiTags } from '@nestjs/swagger';
import { ApiProblems } from '../http/api-problems.js';

class Greeting {
  @ApiProperty({ example: 'Agno API is running' })
  message: string;

  @ApiProperty({ enum: ['healthy'] })
  status: string;
}

/** The root: what the old service answered there. Browsers get the playground instead. */
@ApiTags('health')
@Controller()
export class RootController {
  @Get()
  @ApiOperation({ operationId: 'root', summary: 'Whether the service runs' })
  @ApiOkResponse({ type: Greeting, description: 'It runs.' })
  @ApiProblems()
  root(): Greeting {
    return { message: 'Agno API is running', status: 'healthy' };
  }
}
