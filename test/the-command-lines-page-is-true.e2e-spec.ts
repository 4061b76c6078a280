import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { CONVERSATION_HELP } from '../client/src/cli/conversation.js';
import { EXIT } from '../client/src/cli/exit-codes.js';
import { USAGE } from '../client/src/cli/options.js';
import { ROOT, codesOf, readMarkdown, tableOf } from './support/documents/markdown-files.js';

const page = readMarkdown('docs/command-line.md');
const firstWords = (line: string) => line.trim().split(/ {2,}/)[0]!;

// The examples are run where those of all documents are.
describe('docs/command-line.md', () => {
  it('has every option, as the program tells them, and no other', () => {
    const told = USAGE.split('\n').filter((line) => /^ {2,}-/.test(line));
    expect(told.length).toBeGreaterThan(15);
    const options = told.flatMap((line) => firstWords(line).split(', '));
    expect(codesOf(tableOf(page, 'option'))).toEqual(options);
  });

  it('has every command of a conversation, and no other', () => {
    const told = CONVERSATION_HELP.split('\n').filter((line) => line.startsWith('/'));
    expect(codesOf(tableOf(page, 'command'))).toEqual(told.map(firstWords));
  });

  it('has every exit code, and no other; so has the program', () => {
    const { rows } = tableOf(page, 'code');
    const codes = Object.values(EXIT).map(String);
    expect(rows.map(([code]) => code)).toEqual(codes);
    const [, told = ''] = /^Exit codes: ([^.]*)\.$/m.exec(USAGE) ?? [];
    expect(told.split(/,\s/).map((code) => /^\d+/.exec(code)![0])).toEqual(codes);
  });

  it('has every environment variable that is read, and no other', () => {
    const folder = join(ROOT, 'client/src/cli');
    const sources = readdirSync(folder).filter((name) => !name.endsWith('.spec.ts'));
    const source = sources.map((name) => readFileSync(join(folder, name), 'utf8')).join('\n');
    // npm's own, which tells how the program was called, is nobody's to set.
    const read = [...source.matchAll(/\benv\['([A-Z_]+)'\]|\b(NO_COLOR)\b/g)];
    const names = new Set(read.map(([, name, other]) => name ?? other!));
    expect(codesOf(tableOf(page, 'environment variable')).sort()).toEqual([...names].sort());
  });
});
