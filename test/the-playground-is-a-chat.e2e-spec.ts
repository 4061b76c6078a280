import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { INSTALLATION_LIMIT } from './support/browser.js';
import { request } from './support/http-client.js';
import { Playground, type OpenedPage } from './support/playground.js';
import {
  answer,
  done,
  finish,
  reasoning,
  role,
  text,
  toolCalls,
  usage,
} from './support/provider/steps.js';
import { TestTools, TestToolsModule, TOOL_AGENT } from './support/test-tools.js';

const mail = { id: 'c1', name: 'send_mail', arguments: { to: 'ann' } };

describe('the playground', () => {
  let playground: Playground;
  let opened: OpenedPage;

  beforeAll(async () => {
    playground = await Playground.start({
      modules: [TestToolsModule],
      agentsYaml: { agents: { assistant: { ...TOOL_AGENT, default: true } } },
    });
  }, INSTALLATION_LIMIT);
  afterAll(() => playground.close());
  afterEach(async () => {
    await opened.close();
    // Nothing phones out, and nothing goes wrong in the console.
    expect(opened.complaints).toEqual([]);
  });

  const lastAsked = () => playground.provider.requests.at(-1)!.body;

  it('asks, and shows the answer as it is written', async () => {
    const gate = playground.provider.gate();
    playground.provider.reply([
      role(),
      text('Hello, **world**'),
      gate,
      text('!\n\n```js\nlet a = 1;\n```\n'),
      finish(),
      usage(),
      done(),
    ]);
    opened = await playground.open();
    await opened.say('Hi');
    await opened.answers.getByText('Hello, world').waitFor();
    expect(await opened.answers.locator('strong').innerText()).toBe('world');
    expect(await opened.page.getByRole('button', { name: 'Stop' }).count()).toBe(1);
    gate.open();
    expect(await opened.completed()).toContain('Hello, world!');
    expect(await opened.answers.locator('pre code').innerText()).toBe('let a = 1;');
    expect(await opened.page.getByRole('button', { name: 'Send' }).count()).toBe(1);
    expect(await opened.message.inputValue()).toBe('');
    expect(lastAsked().stream).toBe(true);
    await opened.page.waitForURL(/\?session=[0-9a-f-]{36}$/);
  });

  it('shows an answer that comes whole in the same way, where streaming is off', async () => {
    playground.provider.reply(answer('One **document**.'));
    opened = await playground.open();
    const asked = opened.page.waitForRequest(/\/api\/v1\/chat$/);
    await opened.page.getByRole('switch', { name: 'Streaming' }).uncheck();
    await opened.say('Hi');
    expect((await asked).postDataJSON()).toEqual({ message: 'Hi', stream: false });
    expect(await opened.completed()).toBe('One document.');
    expect(await opened.answers.locator('.facts').innerText()).toMatch(
      /test-model · \d+ tokens · .* in all/,
    );
  });

  it('folds what the model thinks', async () => {
    playground.provider.reply([
      role(),
      reasoning('Let me see.'),
      text('Yes.'),
      finish(),
      usage(),
      done(),
    ]);
    opened = await playground.open();
    await opened.say('Hi');
    expect(await opened.completed()).toBe('Yes.');
    const thoughts = opened.answers.locator('details.reasoning');
    expect(await thoughts.getAttribute('open')).toBeNull();
    await thoughts.locator('summary').click();
    expect(await thoughts.innerText()).toContain('Let me see.');
  });

  it('goes on where it was when it is loaded again in the middle of an answer', async () => {
    const gate = playground.provider.gate();
    playground.provider.reply([
      role(),
      text('The first half'),
      gate,
      text(', the second.'),
      finish(),
      usage(),
      done(),
    ]);
    opened = await playground.open();
    await opened.say('Tell me');
    await opened.answers.getByText('The first half').waitFor();
    await opened.page.reload();
    await opened.answers.getByText('The first half').waitFor();
    expect(await opened.page.locator('article.question').count()).toBe(1);
    gate.open();
    expect(await opened.completed()).toBe('The first half, the second.');
  });

  it.each([true, false])('stops an answer, streaming: %s', async (streaming) => {
    const gate = playground.provider.gate();
    playground.provider.reply([role(), text('So far'), gate, finish(), done()]);
    opened = await playground.open();
    if (!streaming) await opened.page.getByRole('switch', { name: 'Streaming' }).uncheck();
    const asked = playground.provider.nextRequest();
    await opened.say('Hi');
    if (streaming) await opened.answers.getByText('So far').waitFor();
    await asked;
    await opened.page.getByRole('button', { name: 'Stop' }).click();
    expect(await opened.completed()).toBe('So far');
    expect(await opened.answers.locator('.note').innerText()).toBe('Stopped.');
    gate.open();
  });

  it.each([true, false])('has a tool call approved, streaming: %s', async (streaming) => {
    const { sent } = playground.service.app.get(TestTools, { strict: false });
    sent.length = 0;
    playground.provider.reply(toolCalls(mail)).reply(answer('It is sent.'));
    opened = await playground.open();
    if (!streaming) await opened.page.getByRole('switch', { name: 'Streaming' }).uncheck();
    await opened.say('Write to Ann');
    const card = opened.page.getByRole('region', { name: 'Tool send_mail' });
    await card.getByRole('button', { name: 'Approve' }).waitFor();
    expect(await card.innerText()).toContain('"to": "ann"');
    expect(sent).toEqual([]);
    await card.getByRole('button', { name: 'Approve' }).click();
    expect(await opened.completed()).toBe('It is sent.');
    expect(sent).toEqual(['ann']);
    if (streaming) {
      await card.locator('summary').click();
      await card.getByText('Sent to ann.').waitFor();
    }
  });

  it('has a tool call rejected, with the reason told to the model', async () => {
    playground.provider.reply(toolCalls(mail)).reply(answer('As you wish.'));
    opened = await playground.open();
    await opened.say('Write to Ann');
    await opened.page.getByRole('textbox', { name: 'Reason to reject' }).fill('Not today');
    await opened.page.getByRole('button', { name: 'Reject' }).click();
    expect(await opened.completed()).toBe('As you wish.');
    expect(JSON.stringify(lastAsked().messages)).toContain('Not today');
    const card = opened.page.getByRole('region', { name: 'Tool send_mail' });
    expect(await card.locator('.tool-state').innerText()).toBe('rejected');
  });

  it('stops an answer that waits for approval, where streaming is off', async () => {
    playground.provider.reply(toolCalls(mail));
    opened = await playground.open();
    await opened.page.getByRole('switch', { name: 'Streaming' }).uncheck();
    await opened.say('Write to Ann');
    const card = opened.page.getByRole('region', { name: 'Tool send_mail' });
    await card.getByRole('button', { name: 'Approve' }).waitFor();
    await opened.page.getByRole('button', { name: 'Stop' }).click();
    await opened.completed();
    expect(await opened.answers.locator('.note').innerText()).toBe('Stopped.');
    expect(await card.getByRole('button', { name: 'Approve' }).count()).toBe(0);
    expect(await opened.page.getByRole('button', { name: 'Send' }).count()).toBe(1);
  });

  it('has a tool called with other arguments than the model wished for', async () => {
    const { sent } = playground.service.app.get(TestTools, { strict: false });
    sent.length = 0;
    playground.provider.reply(toolCalls(mail)).reply(answer('It is sent.'));
    opened = await playground.open();
    await opened.say('Write to Ann');
    const card = opened.page.getByRole('region', { name: 'Tool send_mail' });
    await card.getByRole('button', { name: 'Change arguments' }).click();
    const field = card.getByRole('textbox', { name: 'Arguments to call it with' });
    await field.fill('["ben"]');
    await card.getByRole('button', { name: 'Approve' }).click();
    await card.getByText('The arguments have to be a JSON object.').waitFor();
    await field.fill('{"to": "ben"}');
    await card.getByRole('button', { name: 'Approve' }).click();
    expect(await opened.completed()).toBe('It is sent.');
    expect(sent).toEqual(['ben']);
    await card.locator('summary').click();
    await card.getByText('Approved with other arguments').waitFor();
    expect(await card.locator('pre').first().innerText()).toContain('"to": "ben"');
  });

  it('shows what tools did in an answer that came whole', async () => {
    const sum = { id: 'c2', name: 'add', arguments: { a: 2, b: 3 } };
    playground.provider.reply(toolCalls(sum)).reply(answer('Five.'));
    opened = await playground.open();
    await opened.page.getByRole('switch', { name: 'Streaming' }).uncheck();
    await opened.say('Add');
    expect(await opened.completed()).toBe('Five.');
    const card = opened.page.getByRole('region', { name: 'Tool add' });
    expect(await card.locator('.tool-state').innerText()).toBe('done');
    await card.locator('summary').click();
    expect(await card.locator('pre').last().innerText()).toBe('5');
  });

  it('goes on with an answer that comes whole when it is loaded again', async () => {
    const gate = playground.provider.gate();
    playground.provider.reply([role(), gate, text('Whole at last.'), finish(), usage(), done()]);
    opened = await playground.open();
    await opened.page.getByRole('switch', { name: 'Streaming' }).uncheck();
    await opened.say('Tell me');
    await opened.page.waitForURL(/\?session=[0-9a-f-]{36}$/);
    await opened.page.reload();
    await opened.answers.getByText('Waiting for the first words').waitFor();
    gate.open();
    expect(await opened.completed()).toBe('Whole at last.');
  });

  it('neither repeats nor loses a letter, however lines end and wherever pieces are cut', async () => {
    const pieces = [
      'one\r',
      '\ntwo\r\n\r',
      '\nthree\r\n\r\n- fo',
      'ur\r\n- five\r\n\r\nsix',
      '\r\r',
    ];
    playground.provider.reply([role(), text(...pieces, 'seven'), finish(), usage(), done()]);
    opened = await playground.open();
    await opened.say('Count');
    expect((await opened.completed()).split(/\s+/)).toEqual(
      'one two three four five six seven'.split(' '),
    );
  });

  it('answers again, edits, and lets one go back to an earlier version', async () => {
    playground.provider.reply(answer('First.')).reply(answer('Second.')).reply(answer('Third.'));
    opened = await playground.open();
    await opened.say('One?');
    expect(await opened.completed()).toBe('First.');
    await opened.page.getByRole('button', { name: 'Answer again' }).click();
    await opened.answers.getByText('Second.').waitFor();
    expect(await opened.completed()).toBe('Second.');
    expect(await opened.answers.count()).toBe(1);
    await opened.page.getByRole('button', { name: 'Edit this message' }).click();
    const field = opened.page.getByRole('textbox', { name: 'Edited message' });
    expect(await field.inputValue()).toBe('One?');
    await field.fill('Two?');
    await field.press('Enter');
    await opened.answers.getByText('Third.').waitFor();
    expect(await opened.completed()).toBe('Third.');
    expect(lastAsked().messages.at(-1)).toEqual({ role: 'user', content: 'Two?' });
    const versions = opened.page.getByLabel('This conversation has versions');
    await versions.locator('option').nth(2).waitFor({ state: 'attached' });
    await versions.selectOption({ index: 0 });
    await opened.answers.getByText('First.').waitFor();
  });

  it('stays where one has gone to, whatever comes late', async () => {
    playground.provider.reply(answer('First.')).reply(answer('Second.'));
    opened = await playground.open();
    const { page } = opened;
    const ofSession = /\/api\/v1\/sessions\/[0-9a-f-]{36}$/;
    const release = Promise.withResolvers<void>();
    await page.route(ofSession, async (route) => {
      await release.promise;
      await route.continue();
    });
    const asked = page.waitForRequest(ofSession);
    await opened.say('Hi');
    expect(await opened.completed()).toBe('First.');
    await asked;
    await page.getByRole('button', { name: 'New chat' }).click();
    const late = page.waitForResponse(ofSession);
    release.resolve();
    await (await late).finished();
    const [request] = await Promise.all([
      page.waitForRequest((one) => one.method() === 'POST'),
      opened.say('Something else'),
    ]);
    expect(request.postDataJSON()).toEqual({ message: 'Something else', stream: true });
    expect(await opened.completed()).toBe('Second.');
    expect(await opened.answers.count()).toBe(1);
  });

  it('forks a conversation into a session of its own', async () => {
    playground.provider.reply(answer('An answer.'));
    opened = await playground.open();
    await opened.say('To be forked');
    await opened.completed();
    const before = opened.page.url();
    await opened.page.getByRole('button', { name: 'Fork from here' }).click();
    await opened.page.waitForURL((url) => url.href !== before);
    await opened.answers.getByText('An answer.').waitFor();
    expect(await opened.page.locator('article.question .said').innerText()).toBe('To be forked');
  });

  it('sends an image that is pasted, scaled down to what models look at', async () => {
    opened = await playground.open();
    await opened.message.focus();
    await opened.page.evaluate(`(async () => {
      const canvas = document.createElement('canvas');
      canvas.width = 3000;
      const blob = await new Promise((resolve) => canvas.toBlob(resolve, 'image/png'));
      const data = new DataTransfer();
      data.items.add(new File([blob], 'square.png', { type: 'image/png' }));
      const event = new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true });
      document.activeElement.dispatchEvent(event);
    })()`);
    await opened.page.getByRole('button', { name: 'Remove square.png' }).waitFor();
    const asked = opened.page.waitForRequest(/\/api\/v1\/chat$/);
    await opened.say('What is this?');
    const { message } = (await asked).postDataJSON() as {
      message: [object, { type: string; image_url: { url: string } }];
    };
    expect(message[0]).toEqual({ type: 'text', text: 'What is this?' });
    expect(message[1]).toMatchObject({ type: 'image_url' });
    const { url } = message[1].image_url;
    expect(url).toMatch(/^data:image\/png;base64,/);
    const width = await opened.page.evaluate(`(async () => {
      const image = new Image();
      image.src = '${url}';
      await image.decode();
      return image.width;
    })()`);
    expect(width).toBe(1536);
    // This model cannot see: what the service says of that is shown.
    const fault = opened.answers.getByRole('alert');
    expect(await fault.innerText()).toContain('images_not_supported');
    // The browser itself reports the refusal.
    expect(opened.complaints.map(({ text }) => text)).toEqual([expect.stringContaining('400')]);
    (opened.complaints as unknown[]).length = 0;
  });

  it('runs no script of an answer, and fetches nothing for it', async () => {
    playground.provider.reply(
      answer(
        [
          '<script>window.hacked = 1</script>',
          '<img src="https://evil.example/x.png" onerror="window.hacked = 2">',
          '![picture](https://evil.example/y.png)',
          '[link](javascript:window.hacked=3) <a href="javascript:window.hacked=4">a</a>',
          '<svg onload="window.hacked = 5"></svg><iframe src="https://evil.example/"></iframe>',
          '<div style="position:fixed;inset:0">cover</div><form action="https://evil.example"><input></form>',
          '[data](data:text/html,<script>window.hacked=6</script>)',
          'The end.',
        ].join('\n\n'),
      ),
    );
    opened = await playground.open();
    await opened.say('Hack me');
    expect(await opened.completed()).toContain('The end.');
    const { page, answers } = opened;
    expect(await page.evaluate('window.hacked')).toBeUndefined();
    for (const dangerous of [
      'script',
      'img',
      'svg:not(.icon)',
      'iframe',
      'form',
      'input',
      '[style]',
    ]) {
      expect([dangerous, await answers.locator(`.markdown ${dangerous}`).count()]).toEqual([
        dangerous,
        0,
      ]);
    }
    const links = await answers.locator('.markdown a').all();
    const targets = await Promise.all(links.map((link) => link.getAttribute('href')));
    expect(targets.filter((target) => target !== null)).toEqual(['https://evil.example/y.png']);
  });

  it('can be used by the keyboard alone', async () => {
    playground.provider.reply(answer('Typed.'));
    opened = await playground.open();
    const { page } = opened;
    // Where one writes is where one is.
    await page.keyboard.type('A question');
    await page.keyboard.press('Shift+Enter');
    await page.keyboard.type('in two lines');
    await page.keyboard.press('Enter');
    expect(await opened.completed()).toBe('Typed.');
    expect(lastAsked().messages.at(-1)).toEqual({
      role: 'user',
      content: 'A question\nin two lines',
    });
    await page.keyboard.press('Control+k');
    await page.keyboard.type('nothing like it');
    await page.getByText('No session has these words.').waitFor();
    await page.keyboard.press('Control+Shift+O');
    await page.getByRole('heading', { name: 'What would you like to know?' }).waitFor();
    const field = await page.evaluate('document.activeElement.getAttribute("aria-label")');
    expect(field).toBe('Message');
  });

  it('says what went wrong, and asks again', async () => {
    opened = await playground.open();
    // Nothing is scripted for this call: the provider refuses.
    await opened.say('Hi');
    const fault = opened.answers.getByRole('alert');
    await fault.waitFor();
    expect(await fault.innerText()).toContain('provider_rejected');
    playground.provider.reply(answer('Now it works.'));
    await fault.getByRole('button', { name: 'Try again' }).click();
    await opened.answers.getByText('Now it works.').waitFor();
    expect(await opened.completed()).toBe('Now it works.');
    expect(opened.complaints.map(({ text }) => text)).toEqual([expect.stringContaining('502')]);
    (opened.complaints as unknown[]).length = 0;
  });

  it('keeps the part of an answer that fails in its middle', async () => {
    playground.provider.reply([
      role(),
      text('So far so good'),
      finish('content_filter'),
      usage(),
      done(),
    ]);
    opened = await playground.open();
    await opened.say('Hi');
    expect(await opened.completed()).toBe('So far so good');
    expect(await opened.answers.locator('.note').innerText()).toContain('content filter');
  });

  it('shows a session that the address names, and says so where there is none', async () => {
    playground.provider.reply(answer('Kept.'));
    const asked = await request(`${playground.service.url}/api/v1/chat`, {
      body: { message: 'Remember' },
    });
    const id = String(asked.json()['session_id']);
    opened = await playground.open(`/?session=${id}`);
    expect(await opened.completed()).toBe('Kept.');
    expect(await opened.page.getByRole('heading', { level: 1 }).innerText()).toBe('Remember');
    await opened.page.goto(`${playground.service.url}/?session=${id.replace(/.$/, 'x')}`);
    await opened.page.getByText('session_not_found').waitFor();
    expect(opened.complaints.length).toBeGreaterThan(0);
    (opened.complaints as unknown[]).length = 0;
  });
});
