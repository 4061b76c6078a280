import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { EventSource } from 'eventsource';
import type { Browser } from 'playwright-core';
import { INSTALLATION_LIMIT, startBrowser } from './support/browser.js';
import { checkDelivery } from './support/delivery-check.js';
import { openStream } from './support/http-client.js';
import type { NativeChunk } from './support/native-chunks.js';
import type { Gate } from './support/provider/gate.js';
import { done, finish, role, text, usage } from './support/provider/steps.js';
import { ScriptedProvider } from './support/scripted-provider.js';
import { startService, type RunningService } from './support/service.js';
import { TcpRelay } from './support/tcp-relay.js';

/** An EventSource waits some seconds before it comes back, in milliseconds. */
const PATIENCE = 60_000;

/** What an EventSource has seen until it stopped by itself. */
interface Followed {
  messages: { id: string; data: string }[];
  /** How often it was connected. */
  opened: number;
}

/** Follows an address until the EventSource stops, and tells of each message. */
type Follow = (url: string, seen: () => void) => Promise<Followed>;

/**
 * The same for the test and, as its source text, for a page in a browser: it uses nothing but what
 * it is given.
 */
function follow(Source: typeof EventSource, url: string, seen: () => void) {
  return new Promise<Followed>((resolve) => {
    const followed: Followed = { messages: [], opened: 0 };
    const source = new Source(url);
    source.onopen = () => (followed.opened += 1);
    source.onmessage = ({ lastEventId, data }) => {
      followed.messages.push({ id: lastEventId, data: String(data) });
      seen();
    };
    source.onerror = () => {
      if (source.readyState === Source.CLOSED) resolve(followed);
    };
  });
}

describe('an EventSource', () => {
  let provider: ScriptedProvider;
  let service: RunningService;
  let browser: Browser;
  /** Serves the page of another origin. */
  let pages: Server;
  let pageUrl: string;

  beforeAll(async () => {
    pages = createServer((_, response) => {
      response.setHeader('content-type', 'text/html').end('<!doctype html><title>A page</title>');
    });
    await once(pages.listen(0, '127.0.0.1'), 'listening');
    pageUrl = `http://127.0.0.1:${(pages.address() as AddressInfo).port}`;
    provider = await ScriptedProvider.start();
    service = await startService({ provider, env: { CORS_ORIGINS: pageUrl } });
    browser = await startBrowser();
  }, INSTALLATION_LIMIT + PATIENCE);
  afterAll(async () => {
    await browser?.close();
    await service.close();
    await provider.close();
    pages.closeAllConnections();
    pages.close();
  });

  /** A run that stands in the middle of its answer until its gate is opened. */
  async function halfARun(): Promise<{ id: string; rest: Gate }> {
    const rest = provider.gate();
    provider.reply([role(), text('Hello, '), rest, text('wörld 🙂'), finish(), usage(), done()]);
    const reader = await openStream(`${service.url}/api/v1/chat`, {
      body: { message: 'Hi', stream: true },
    });
    await reader.event(0);
    reader.cut();
    return { id: String(reader.headers['x-run-id']), rest };
  }

  const withPackage: Follow = (url, seen) => follow(EventSource, url, seen);
  const withBrowser =
    (pageOf: (url: string) => string): Follow =>
    async (url, seen) => {
      const page = await browser.newPage();
      await page.exposeFunction('seen', seen);
      await page.goto(pageOf(url));
      return page.evaluate<Followed>(`(${follow.toString()})(EventSource, '${url}', seen)`);
    };

  /** The status of each answer to those who followed a run. */
  const answersTo = (id: string) =>
    service.logs
      .filter(({ msg, path }) => msg === 'request' && path === `/api/v1/runs/${id}/stream`)
      .map(({ status }) => status);

  /** Follows a run over a cable that is cut after the first message. */
  async function followThroughACut(follows: Follow) {
    const { id, rest } = await halfARun();
    const relay = await TcpRelay.start(service.url);
    const first = Promise.withResolvers<void>();
    const following = follows(`${relay.url}/api/v1/runs/${id}/stream`, first.resolve);
    await first.promise;
    relay.cut();
    await service.log.until(() => answersTo(id).length === 1);
    rest.open();
    const got = await following;
    await service.log.until(() => answersTo(id).length === 3);
    await relay.close();

    const ids = got.messages.map((message) => Number(message.id));
    const chunks = got.messages.map(({ data }) => JSON.parse(data) as NativeChunk);
    await checkDelivery(service.url, { runId: id, ids, chunks }, 'Hello, wörld 🙂');
    expect(ids).toHaveLength(3);
    expect(got.opened).toBe(2);
    return id;
  }

  it(
    'comes back after a cut, gets the rest, and asks no more once it has all',
    async () => {
      const kinds = [
        withPackage,
        withBrowser((url) => `${new URL(url).origin}/health/live`),
        withBrowser(() => pageUrl),
      ];
      const ids = await Promise.all(kinds.map(followThroughACut));
      // Others wait as long as these would before they come back: had one done so, it would show.
      await Promise.all(kinds.map(followThroughACut));
      expect(ids.map(answersTo)).toEqual(kinds.map(() => [200, 200, 204]));
    },
    PATIENCE,
  );

  it(
    'of a page that may not read is told nothing',
    async () => {
      const { id, rest } = await halfARun();
      const stranger = withBrowser(() => pageUrl.replace('127.0.0.1', 'localhost'));
      const got = await stranger(`${service.url}/api/v1/runs/${id}/stream`, () => undefined);
      expect(got).toEqual({ messages: [], opened: 0 });
      rest.open();
    },
    PATIENCE,
  );
});
