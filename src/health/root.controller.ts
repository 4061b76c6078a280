import { Controller, Get } from '@nestjs/common';
import {
  ApiExtraModels,
  ApiOkResponse,
  ApiOperation,
  ApiProperty,
  ApiTags,
  getSchemaPath,
} from '@nestjs/swagger';
import { ApiProblems } from '../http/api-problems.js';

class Greeting {
  @ApiProperty({ example: 'Agno API is running' })
  message: string;

  @ApiProperty({ enum: ['healthy'] })
  status: string;
}

/** The root: what the old service answered there. Browsers get the playground instead. */
@ApiTags('health')
@ApiExtraModels(Greeting)
@Controller()
export class RootController {
  @Get()
  @ApiOperation({ operationId: 'root', summary: 'Whether the service runs' })
  @ApiOkResponse({
    description: 'It runs. A browser gets the playground instead.',
    content: {
      'application/json': { schema: { $ref: getSchemaPath(Greeting) } },
      'text/html': { schema: { type: 'string' } },
    },
  })
  @ApiProblems()
  root(): Greeting {
    return { message: 'Agno API is running', status: 'healthy' };
  }
}
