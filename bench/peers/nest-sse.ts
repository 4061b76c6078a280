/**
 * The Nest way that the tutorials show: an `@Sse()` route on Express whose Observable is fed by a
 * `for await` over the `openai` client's stream.
 *
 * Follows https://docs.nestjs.com/http/server-sent-events (the route, and the signal of a reader that
 * leaves) and https://github.com/openai/openai-node#streaming-responses.
 */
import './production.ts';
import 'reflect-metadata';
import { Body, Controller, HttpCode, Module, RequestMethod, Sse, SseSignal } from '@nestjs/common';
import type { MessageEvent } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import OpenAI from 'openai';
import { Observable } from 'rxjs';
import { API_KEY, listening, settings } from './contract.ts';

const { port, upstream, model } = settings();

class ChatController {
  readonly #openai = new OpenAI({ baseURL: upstream, apiKey: API_KEY });

  async chat(body: { message: string }, left: AbortSignal): Promise<Observable<MessageEvent>> {
    const completion = await this.#openai.chat.completions.create(
      { model, messages: [{ role: 'user', content: body.message }], stream: true },
      { signal: left },
    );
    return new Observable<MessageEvent>((subscriber) => {
      const read = async () => {
        for await (const chunk of completion) {
          const content = chunk.choices[0]?.delta.content;
          if (content) subscriber.next({ data: { content, done: false, model } });
        }
        subscriber.next({ data: { content: '', done: true, model } });
        subscriber.complete();
      };
      read().catch((error: unknown) => subscriber.error(error));
    });
  }
}

// Decorators as functions: Node strips types, and has no other syntax of TypeScript's.
const handler = Object.getOwnPropertyDescriptor(ChatController.prototype, 'chat')!;
Sse('chat', { method: RequestMethod.POST })(ChatController.prototype, 'chat', handler);
HttpCode(200)(ChatController.prototype, 'chat', handler);
Body()(ChatController.prototype, 'chat', 0);
SseSignal()(ChatController.prototype, 'chat', 1);
Controller('api/v1')(ChatController);

class AppModule {}
Module({ controllers: [ChatController] })(AppModule);

const app = await NestFactory.create(AppModule, { logger: ['error', 'warn'] });
await app.listen(port, '127.0.0.1');
listening();
