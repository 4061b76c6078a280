import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core';
import { startBrowser } from './browser.js';
import type { TestConfiguration } from './config-dir.js';
import { ScriptedProvider } from './scripted-provider.js';
import { startService, type RunningService } from './service.js';

/** What a page has complained of. */
interface Complaint {
  what: string;
  text: string;
}

/** A page of the playground in a real browser, and what it has complained of. */
export interface OpenedPage {
  page: Page;
  /** Where one writes. */
  message: Locator;
  /** The answers that are shown, the oldest first. */
  answers: Locator;
  /** Errors in the console, uncaught ones, and requests to anywhere but the service. */
  complaints: readonly Complaint[];
  /** Writes a message and sends it by Enter. */
  say(text: string): Promise<void>;
  /** The text of the latest answer, once it is complete. */
  completed(): Promise<string>;
  close(): Promise<void>;
}

/** The service with its playground, a scripted provider and a browser. */
export class Playground {
  private constructor(
    readonly provider: ScriptedProvider,
    readonly service: RunningService,
    private readonly browser: Browser,
  ) {}

  static async start(configuration: TestConfiguration = {}): Promise<Playground> {
    const browser = await startBrowser();
    const provider = await ScriptedProvider.start();
    const service = await startService({ provider, ...configuration });
    return new Playground(provider, service, browser);
  }

  async close(): Promise<void> {
    await this.browser.close();
    await this.service.close();
    await this.provider.close();
  }

  /** Opens a page as somebody does who was never here. @param path with its query */
  async open(path = '/', options: BrowserContextOptions = {}): Promise<OpenedPage> {
    const context = await this.browser.newContext({
      viewport: { width: 1280, height: 800 },
      locale: 'en',
      ...options,
    });
    context.setDefaultTimeout(10_000);
    const page = await context.newPage();
    const complaints: Complaint[] = [];
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) {
        complaints.push({ what: message.type(), text: message.text() });
      }
    });
    page.on('pageerror', (error) => complaints.push({ what: 'uncaught', text: error.message }));
    page.on('request', (asked) => {
      const isOurs =
        asked.url().startsWith(this.service.url) || /^(?:data|blob):/.test(asked.url());
      if (!isOurs) complaints.push({ what: 'foreign request', text: asked.url() });
    });
    await page.goto(this.service.url + path);
    const message = page.getByRole('textbox', { name: 'Message', exact: true });
    const answers = page.locator('article.answer');
    await message.waitFor();
    return {
      page,
      message,
      answers,
      complaints,
      say: async (text) => {
        await message.fill(text);
        await message.press('Enter');
      },
      completed: async () => {
        const latest = answers.last();
        await latest.getByRole('button', { name: 'Copy the answer' }).waitFor();
        // Of the answer itself: no footer, no headings for screen readers.
        return (await latest.locator('.markdown').allInnerTexts()).join('\n').trim();
      },
      close: async () => context.close(),
    };
  }
}
