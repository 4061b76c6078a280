import { Injectable, Module } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { IsInt, IsString } from 'class-validator';
import { Tool } from '../../src/tools/decorated/tool.decorator.js';
import { ToolError } from '../../src/tools/tool-error.js';
import type { ToolContext } from '../../src/tools/tool.js';

class Addends {
  @ApiProperty()
  @IsInt()
  a: number;

  @ApiProperty()
  @IsInt()
  b: number;
}

class Mail {
  @ApiProperty()
  @IsString()
  to: string;
}

/** Tools as somebody who uses the service writes them. */
@Injectable()
export class TestTools {
  /** What was sent. */
  readonly sent: string[] = [];

  @Tool({ description: 'Adds.', parameters: Addends, idempotent: true })
  add({ a, b }: Addends): number {
    return a + b;
  }

  @Tool({ description: 'Adds slowly.', parameters: Addends })
  addSlowly({ a, b }: Addends, { progress }: ToolContext): number {
    progress({ message: 'adding', progress: 1, total: 2 });
    return a + b;
  }

  @Tool({ description: 'Sends a mail.', parameters: Mail, needsApproval: true })
  sendMail({ to }: Mail): string {
    this.sent.push(to);
    return `Sent to ${to}.`;
  }

  @Tool({ description: 'Fails.' })
  fail(): never {
    throw new ToolError('The shop is closed.');
  }

  @Tool({ description: 'Breaks.' })
  break(): never {
    throw new Error('secret inner detail');
  }

  @Tool({ description: 'Says much.' })
  chatter(): string {
    return 'é'.repeat(40_000);
  }
}

@Module({ providers: [TestTools] })
export class TestToolsModule {}

/** An agent that has all of them. */
export const TOOL_AGENT = {
  instructions: 'You are a test assistant.',
  tools: ['add', 'add_slowly', 'send_mail', 'fail', 'break', 'chatter'],
};
