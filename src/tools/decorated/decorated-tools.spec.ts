import 'reflect-metadata';
import { describe, expect, it } from '@jest/globals';
import { Injectable, Module, Scope, type Type } from '@nestjs/common';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Test } from '@nestjs/testing';
import { Type as Nested } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  Max,
  Min,
  ValidateNested,
} from 'class-validator';
import { AGENT_DEFAULTS } from '../../config/agents-config.js';
import { ToolError } from '../tool-error.js';
import type { ToolContext } from '../tool.js';
import { DecoratedTools } from './decorated-tools.js';
import { Tool } from './tool.decorator.js';
import { DiscoveryModule } from '@nestjs/core';

class Line {
  @ApiProperty({ description: 'What is bought.' })
  @IsString()
  product: string;

  @ApiProperty({ type: 'integer', minimum: 1 })
  @Min(1)
  @IsInt()
  count: number;
}

class Order {
  @ApiProperty({ enum: ['new', 'old'] })
  @IsIn(['new', 'old'])
  kind: string;

  @ApiProperty({ type: [Line], maxItems: 2 })
  @ValidateNested({ each: true })
  @ArrayMaxSize(2)
  @IsArray()
  @Nested(() => Line)
  lines: Line[];

  @ApiPropertyOptional({ description: 'In hours.' })
  @IsOptional()
  @Max(24)
  @IsInt()
  delay?: number;
}

@Injectable()
class Shop {
  @Tool({ description: 'Orders something.', parameters: Order, needsApproval: true, timeoutMs: 5 })
  placeOrder({ lines, delay }: Order, { callId }: ToolContext): string {
    return `${callId}: ${lines.map(({ count, product }) => `${count} ${product}`).join(', ')} ${delay}`;
  }

  @Tool({ name: 'stock', description: 'What there is.', idempotent: true })
  async inStock(): Promise<object> {
    return { apples: 3 };
  }

  @Tool({ description: 'Fails.' })
  fail(): void {
    throw new ToolError('The shop is closed.');
  }
}

const context = { callId: 'c1' } as ToolContext;

async function toolsOf(...providers: Type[]): Promise<DecoratedTools> {
  @Module({ imports: [DiscoveryModule], providers: [DecoratedTools, ...providers] })
  class Some {}
  const app = await Test.createTestingModule({ imports: [Some] }).compile();
  await app.init();
  return app.get(DecoratedTools);
}

describe('methods with @Tool', () => {
  it('are tools, with the JSON schema of their class', async () => {
    const { all } = await toolsOf(Shop);
    const run = expect.any(Function);
    expect(all).toEqual([
      {
        name: 'place_order',
        description: 'Orders something.',
        parameters: {
          type: 'object',
          properties: {
            kind: { type: 'string', enum: ['new', 'old'] },
            lines: {
              type: 'array',
              items: {
                type: 'object',
                properties: {
                  product: { type: 'string', description: 'What is bought.' },
                  count: { type: 'integer', minimum: 1 },
                },
                required: ['product', 'count'],
                additionalProperties: false,
              },
              maxItems: 2,
            },
            delay: { type: 'integer', maximum: 24, description: 'In hours.' },
          },
          required: ['kind', 'lines'],
          additionalProperties: false,
        },
        idempotent: false,
        needsApproval: true,
        timeoutMs: 5,
        run,
      },
      {
        name: 'stock',
        description: 'What there is.',
        parameters: { type: 'object', properties: {}, additionalProperties: false },
        idempotent: true,
        needsApproval: false,
        run,
      },
      {
        name: 'fail',
        description: 'Fails.',
        parameters: { type: 'object', properties: {}, additionalProperties: false },
        idempotent: false,
        needsApproval: false,
        run,
      },
    ]);
  });

  it('are called with what they take, and answer as text or as JSON', async () => {
    const tools = await toolsOf(Shop);
    const [order, stock, fail] = tools.named(['place_order', 'stock', 'fail']);
    const args = { kind: 'new', lines: [{ product: 'tea', count: 2 }], delay: null };
    expect(await order!.run(args, context)).toEqual({
      content: 'c1: 2 tea undefined',
      isError: false,
    });
    expect(await stock!.run({}, context)).toEqual({ content: '{"apples":3}', isError: false });
    await expect(fail!.run({}, context)).rejects.toEqual(new ToolError('The shop is closed.'));
  });

  it.each<[unknown, string[]]>([
    ['text', ['The arguments have to be a JSON object.']],
    [[], ['The arguments have to be a JSON object.']],
    [null, ['The arguments have to be a JSON object.']],
    [
      { kind: 'odd', lines: [{ product: 1, count: 0 }, 3], delay: 25, rush: true },
      [
        'rush is not a field',
        'kind must be one of the following values: new, old.',
        'lines.0.product must be a string.',
        'lines.0.count must not be less than 1.',
        'delay must not be greater than 24.',
      ],
    ],
    [JSON.parse('{"__proto__": {"kind": "new"}}'), ['__proto__ is not a field']],
    [{ kind: 'new', lines: {}, constructor: 1 }, ['constructor is not a field']],
  ])('refuse what they do not take: %j', async (args, faults) => {
    const [order] = (await toolsOf(Shop)).named(['place_order']);
    const error = await order!.run(args, context).catch((one: unknown) => one);
    expect(error).toBeInstanceOf(ToolError);
    for (const fault of faults) expect((error as Error).message).toContain(fault);
  });

  it('are an agent’s where it names them, in its order', async () => {
    const tools = await toolsOf(Shop);
    const agent = { ...AGENT_DEFAULTS, id: 'a', name: 'A', tools: ['stock', 'nothing', 'fail'] };
    expect((await tools.toolsOf(agent)).map(({ name }) => name)).toEqual(['stock', 'fail']);
  });

  it('are refused at the start where they cannot be told apart', async () => {
    @Injectable()
    class Other {
      @Tool({ name: 'stock', description: '' })
      anything(): void {}
    }
    await expect(toolsOf(Shop, Other)).rejects.toThrow(
      'The tools of Shop.inStock and Other.anything have the same name, "stock".',
    );
  });

  it.each(['a__b', 'a b', '', 'x'.repeat(65)])('are refused under the name "%s"', async (name) => {
    @Injectable()
    class Misnamed {
      @Tool({ name, description: '' })
      method(): void {}
    }
    await expect(toolsOf(Misnamed)).rejects.toThrow('is no name for a tool');
  });

  it('are refused in a provider that each request has anew', async () => {
    @Injectable({ scope: Scope.REQUEST })
    class OfRequest {
      @Tool({ description: '' })
      method(): void {}
    }
    await expect(toolsOf(OfRequest)).rejects.toThrow(
      'OfRequest.method: a tool belongs to the whole process',
    );
  });
});
