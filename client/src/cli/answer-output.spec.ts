import { PassThrough } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { answerOutput } from './answer-output.js';
import { Terminal } from './terminal.js';

/** What pieces of an answer come out as. @param isTTY on a terminal, without colours */
async function output(isTTY: boolean, pieces: readonly string[], delay?: number): Promise<string> {
  const stream = Object.assign(new PassThrough({ encoding: 'utf8' }), { isTTY });
  const streams = [process.stdin, stream as unknown as NodeJS.WriteStream, process.stderr] as const;
  const answer = answerOutput(new Terminal(...streams, { NO_COLOR: '1' }), delay);
  for (const piece of pieces) await answer.write(piece);
  await answer.end();
  return String(stream.read() ?? '');
}

describe('an answer', () => {
  it('ends with the end of a line, on a terminal and in a pipe', async () => {
    for (const isTTY of [true, false]) {
      expect(await output(isTTY, ['a', 'b'])).toBe('ab\n');
      expect(await output(isTTY, ['a\n'])).toBe('a\n');
      expect(await output(isTTY, [])).toBe('');
    }
  });

  it('shows the halves of a character or of a line end as one', async () => {
    expect(await output(true, ['a\r', '\nb\ud83d', '\ude00'])).toBe('a\nb\u{1f600}\n');
    expect(await output(true, ['a\r', 'b\r'])).toBe('a\ufffdb\ufffd\n');
  });

  it('is handed on to a pipe as it is', async () => {
    expect(await output(false, ['**a\r', '\n\u001b[1m'])).toBe('**a\r\n\u001b[1m\n');
  });

  it('comes out whole with a delay', async () => {
    expect(await output(true, ['# a\n- **b** \u{1f600}'], 0)).toBe('a\n• b \u{1f600}\n');
  });

  it('ends an open line for what is said in between, on a terminal', async () => {
    const stream = Object.assign(new PassThrough({ encoding: 'utf8' }), { isTTY: true });
    const streams = [
      process.stdin,
      stream as unknown as NodeJS.WriteStream,
      process.stderr,
    ] as const;
    const answer = answerOutput(new Terminal(...streams, {}), undefined);
    await answer.write('One');
    expect(answer.isLineOpen).toBe(true);
    answer.breakLine();
    answer.breakLine();
    expect(answer.isLineOpen).toBe(false);
    await answer.write(', two');
    await answer.end();
    expect(stream.read()).toBe('One\n, two\n');
  });
});
