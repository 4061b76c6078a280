import { describe, expect, it } from '@jest/globals';
import { readCommandLine, UsageError } from './command-line.ts';

const allowed = { scenarios: ['paced', 'burst'], contenders: ['ours', 'proxy', 'express'] };
const read = (line: string) =>
  readCommandLine(
    line.split(' ').filter((word) => word !== ''),
    allowed,
  );

describe('the command line', () => {
  it('measures all, five times, where nothing is said', () => {
    expect(read('')).toMatchObject({ ...allowed, rounds: 5, isGuard: false, write: false });
  });

  it('takes lists, in the order of the tables', () => {
    const options = read('--scenario burst,paced --contenders proxy --rounds 2 --write');
    expect(options).toMatchObject({
      ...{ scenarios: ['paced', 'burst'], contenders: ['proxy'], rounds: 2, write: true },
    });
  });

  it('has one course for the guard', () => {
    expect(read('--guard --ours ../other')).toMatchObject({
      ...{ scenarios: ['paced'], contenders: ['ours', 'express'], rounds: 3 },
      ...{ isGuard: true, ours: '../other' },
    });
  });

  it.each([
    ['--scenario fast', '--scenario: found "fast", allowed: paced, burst'],
    ['--contenders ours,me', '--contenders: found "me", allowed: ours, proxy, express'],
    ['--rounds 0', '--rounds: found "0", allowed: a whole number from 1 to 999'],
    ['--rounds many', '--rounds: found "many", allowed: a whole number from 1 to 999'],
    ['--guard --rounds 9', '--guard: goes with --ours, --json and --cpu-prof only'],
    ['--guard --write', '--guard: goes with --ours, --json and --cpu-prof only'],
    [
      '--write --cpu-prof x',
      '--write: not with --cpu-prof, since profiling costs what is measured',
    ],
    ['--write --json x', '--write: not with --ours or --json, whose paths say nothing to a reader'],
    ['--write --ours x', '--write: not with --ours or --json, whose paths say nothing to a reader'],
    ['--fast', /Unknown option '--fast'/],
    ['fast', /Unexpected argument 'fast'/],
  ])('refuses %s', (line, message) => {
    expect(() => read(line)).toThrow(UsageError);
    expect(() => read(line)).toThrow(message);
  });
});
