import { describe, expect, it } from '@jest/globals';
import { KeptLog } from '../testing/mcp-servers.js';
import { ServerOutput } from './server-output.js';

describe('what a server writes for people', () => {
  it('stands in the log at debug, without its secrets, and not all of a long line', () => {
    const log = new KeptLog();
    const output = new ServerOutput(log, 'files', ['sesame-123', '1', '']);
    output.line('1 key: sesame-123');
    output.line(`${'x'.repeat(995)}sesame-123`);
    expect(log.lines.map(({ level, mcp_server }) => [level, mcp_server])).toEqual([
      ['debug', 'files'],
      ['debug', 'files'],
    ]);
    expect(log.lines[0]).toMatchObject({ output: '1 key: [redacted]' });
    expect(log.lines[1]).toMatchObject({ output: `${'x'.repeat(995)}[reda…` });
  });

  it('does not fill the log', () => {
    const log = new KeptLog();
    const output = new ServerOutput(log, 'files', []);
    for (let lines = 0; lines < 10_000; lines += 1) output.line('again');
    expect(log.lines).toHaveLength(100);
  });
});
