import { spawn } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { COMMAND_LINE } from './support/command-line.js';
import { hasCommand } from './support/command.js';
import {
  answer,
  done,
  errorChunk,
  finish,
  reasoning,
  role,
  text,
  toolCalls,
  usage,
} from './support/provider/steps.js';
import { ScriptedProvider } from './support/scripted-provider.js';
import { startService, type RunningService } from './support/service.js';
import { TestTools, TestToolsModule, TOOL_AGENT } from './support/test-tools.js';

/** `script` of util-linux gives a program a terminal. */
const onTerminal = hasCommand('script', '--version') ? it : it.skip;

/** A program on a terminal of its own. */
class Terminal {
  /** Everything that was shown, controls included. */
  shown = '';
  readonly ended: Promise<number | null>;
  readonly #child;
  readonly #watchers = new Set<() => void>();

  constructor(url: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    const command = [process.execPath, COMMAND_LINE, ...args]
      .map((word) => `'${word.replaceAll("'", `'\\''`)}'`)
      .join(' ');
    // In place of the shell, which would leave with 130 after any Ctrl-C.
    const run = ['--quiet', '--return', '--command', `exec ${command}`, '/dev/null'];
    this.#child = spawn('script', run, {
      env: { PATH: process.env['PATH'], TERM: 'xterm', AGNO_URL: url, ...env },
      stdio: 'pipe',
    });
    this.#child.stdout.setEncoding('utf8').on('data', (shown: string) => {
      this.shown += shown;
      this.#watchers.forEach((watch) => watch());
    });
    this.ended = new Promise((resolve) => this.#child.once('close', resolve));
  }

  /** What was shown, without the controls of colours and of the cursor. */
  get text(): string {
    // eslint-disable-next-line no-control-regex
    return this.shown.replace(/\x1b\[[\d;?]*[A-Za-z]/g, '').replaceAll('\r', '');
  }

  type(keys: string): void {
    this.#child.stdin.write(keys);
  }

  /** Resolves once all that was shown fits; fails where the program ends before. */
  async shows(what: string | RegExp): Promise<void> {
    const isThere = () =>
      typeof what === 'string' ? this.text.includes(what) : what.test(this.text);
    await new Promise<void>((resolve, reject) => {
      const look = (): void => {
        if (!isThere()) return;
        this.#watchers.delete(look);
        resolve();
      };
      this.#watchers.add(look);
      void this.ended.then(() => reject(new Error(`It never showed ${what}:\n${this.text}`)));
      look();
    });
  }
}

/** What a terminal still shows of what was written: a line that was erased is gone. */
function erased(shown: string): string {
  // eslint-disable-next-line no-control-regex
  const lines = shown.replaceAll('\r\n', '\n').replace(/[^\n]*\r\x1b\[K/g, '');
  // eslint-disable-next-line no-control-regex
  return lines.replace(/\x1b\[[\d;?]*[A-Za-z]/g, '');
}

const CTRL_C = '\x03';
const CTRL_D = '\x04';

describe('the command line, on a terminal', () => {
  let provider: ScriptedProvider;
  let service: RunningService;

  beforeAll(async () => {
    provider = await ScriptedProvider.start();
    service = await startService({
      provider,
      modules: [TestToolsModule],
      env: { MAX_CONTINUATIONS: '0' },
      agentsYaml: { agents: { assistant: { ...TOOL_AGENT, default: true } } },
    });
  });
  afterAll(async () => {
    await service.close();
    await provider.close();
  });

  const lastAsked = () => provider.requests.at(-1)!.body.messages;

  onTerminal('shows Markdown readably, and nothing that would steer the terminal', async () => {
    provider.reply(
      answer('# Head\n\n- **bold** and `code`\n\n|a|b|\n|-|-|\n|1|2|\n\n\u001b]0;title\u0007end'),
    );
    const terminal = new Terminal(service.url, ['Hi']);
    expect(await terminal.ended).toBe(0);
    expect(terminal.text).toContain(
      'Head\n\n• bold and code\n\na  b\n─  ─\n1  2\n\n\ufffd]0;title\ufffdend\n',
    );
    expect(terminal.shown).toContain('\x1b[1mbold\x1b[22m');
    expect(terminal.shown).not.toContain('\x1b]');
  });

  onTerminal('uses no colours where NO_COLOR is set', async () => {
    provider.reply(answer('**bold**'));
    const terminal = new Terminal(service.url, ['Hi'], { NO_COLOR: '1' });
    expect(await terminal.ended).toBe(0);
    // eslint-disable-next-line no-control-regex
    expect(terminal.shown).not.toMatch(/\x1b\[[\d;]*m/);
  });

  onTerminal('says what it waits for until the first word', async () => {
    const thinking = provider.gate();
    const speaking = provider.gate();
    provider.reply([
      role(),
      thinking,
      reasoning('Hm.'),
      speaking,
      text('Yes.'),
      finish(),
      usage(),
      done(),
    ]);
    const terminal = new Terminal(service.url, ['Hi']);
    await terminal.shows('waiting for the first token');
    thinking.open();
    await terminal.shows('thinking');
    speaking.open();
    expect(await terminal.ended).toBe(0);
    expect(terminal.text).toMatch(/Yes\.\n$/);
  });

  onTerminal('leaves what was said when it says what a tool does', async () => {
    const adding = { id: 'c1', name: 'send_mail', arguments: { to: 'bob' } };
    provider.reply([text('Let me see.'), toolCalls(adding)]).reply(answer('Seen.'));
    const terminal = new Terminal(service.url, ['--yes', 'Hi']);
    expect(await terminal.ended).toBe(0);
    const kept = erased(terminal.shown);
    expect(kept).toMatch(/^Let me see\.\n/m);
    expect(kept).toMatch(/^Seen\.\n$/m);
  });

  onTerminal('draws nothing again on a terminal that cannot', async () => {
    provider.reply([role(), reasoning('Hm.'), text('Yes.'), finish(), usage(), done()]);
    const terminal = new Terminal(service.url, ['Hi'], { TERM: 'dumb' });
    expect(await terminal.ended).toBe(0);
    expect(terminal.shown).toBe('Yes.\r\n');
  });

  onTerminal('talks: a session, its end, and how to go on', async () => {
    provider.reply(answer('First.')).reply(answer('Second.')).reply(answer('Third.'));
    const terminal = new Terminal(service.url, []);
    await terminal.shows('> ');
    terminal.type('One?\r');
    await terminal.shows(/First\.\n[^]*> $/);
    terminal.type('Two?\r');
    await terminal.shows(/Second\.\n[^]*> $/);
    expect(lastAsked().map(({ content }) => content)).toEqual(
      expect.arrayContaining(['One?', 'First.', 'Two?']),
    );
    terminal.type('/new\r');
    await terminal.shows(/A new session\n[^]*> $/);
    terminal.type('/model other-model\r');
    await terminal.shows(/The model is other-model now\n[^]*> $/);
    terminal.type('Three?\r');
    await terminal.shows(/Third\.\n[^]*> $/);
    expect(JSON.stringify(lastAsked())).not.toContain('One?');
    expect(provider.requests.at(-1)!.body.model).toBe('other-model');
    terminal.type(CTRL_D);
    expect(await terminal.ended).toBe(0);
    expect(terminal.text).toMatch(/Go on with: {2}agno-chat --session [0-9a-f-]{36}\n$/);
  });

  onTerminal('goes on with the session of an answer that failed', async () => {
    provider.reply([role(), text('So far'), errorChunk()]).reply(answer('Better.'));
    const terminal = new Terminal(service.url, []);
    await terminal.shows('> ');
    terminal.type('One?\r');
    await terminal.shows(/The run failed: [^]*> $/);
    terminal.type('Two?\r');
    await terminal.shows(/Better\.\n[^]*> $/);
    expect(lastAsked().map(({ content }) => content)).toEqual(
      expect.arrayContaining(['One?', 'So far', 'Two?']),
    );
    terminal.type(CTRL_D);
    await terminal.ended;
  });

  onTerminal('takes lines that are pasted at once for one message', async () => {
    provider.reply(answer('Pasted.'));
    const terminal = new Terminal(service.url, []);
    await terminal.shows('> ');
    terminal.type('one\rtwo\rthree\r');
    await terminal.shows(/Pasted\.\n[^]*> $/);
    expect(lastAsked().at(-1)).toEqual({ role: 'user', content: 'one\ntwo\nthree' });
    terminal.type(CTRL_D);
    await terminal.ended;
  });

  onTerminal('cancels an answer by Ctrl-C and goes on talking; leaves by another', async () => {
    const gate = provider.gate();
    provider.reply([role(), text('So far'), gate, finish(), done()]).reply(answer('Still here.'));
    const terminal = new Terminal(service.url, []);
    await terminal.shows('> ');
    terminal.type('Hi\r');
    await terminal.shows('So far');
    terminal.type(CTRL_C);
    await terminal.shows(/cancelled\n[^]*> $/);
    terminal.type('Again\r');
    await terminal.shows(/Still here\.\n[^]*> $/);
    terminal.type(CTRL_C);
    expect(await terminal.ended).toBe(0);
    gate.open();
  });

  onTerminal('cancels the run by Ctrl-C where it is asked', async () => {
    const { sent } = service.app.get(TestTools, { strict: false });
    sent.length = 0;
    const mail = { id: 'c1', name: 'send_mail', arguments: { to: 'ann' } };
    provider.reply(toolCalls(mail));
    const terminal = new Terminal(service.url, ['Write to Ann']);
    await terminal.shows('Allow it? [y/N] ');
    terminal.type(CTRL_C);
    expect(await terminal.ended).toBe(130);
    expect(terminal.text).toMatch(/cancelled\n$/);
    expect(sent).toEqual([]);
  });

  onTerminal.each([
    ['y', ['ann'], 'Sent to ann.'],
    ['n', [], 'rejected'],
  ] as const)('asks whether a tool may be called: %s', async (key, expected, told) => {
    const { sent } = service.app.get(TestTools, { strict: false });
    sent.length = 0;
    const mail = { id: 'c1', name: 'send_mail', arguments: { to: 'ann' } };
    provider.reply(toolCalls(mail)).reply(answer('Over.'));
    const terminal = new Terminal(service.url, ['Write to Ann']);
    await terminal.shows('The agent asks for send_mail({"to":"ann"})');
    await terminal.shows('Allow it? [y/N] ');
    terminal.type(`${key}\r`);
    expect(await terminal.ended).toBe(0);
    expect(terminal.text).toContain('Over.\n');
    expect(sent).toEqual(expected);
    expect(JSON.stringify(lastAsked()).toLowerCase()).toContain(told.toLowerCase());
  });
});
