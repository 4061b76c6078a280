import { afterAll, describe, expect, it } from '@jest/globals';
import { ToolError } from '../../tool-error.js';
import { Calculator } from './calculator.js';

const calculator = new Calculator();
afterAll(() => calculator.onApplicationShutdown());

const calculate = (expression: string): Promise<string> =>
  calculator.calculator({ expression }, { signal: new AbortController().signal });

describe('the calculator', () => {
  it.each([
    ['17 * 23', '391'],
    ['0.1 + 0.2', '0.3'],
    ['2^100', '1267650600228229401496703205376'],
    ['(3 + 4) / 2 - 1', '2.5'],
    ['15% * 80', '12'],
    ['200 + 10%', '220'],
    ['sqrt(16)', '4'],
    ['5 km to mile', /^3\.1068559611866698/],
    ['5!', '120'],
    ['mean([1, 2, 4, 5])', '3'],
    ['round(2 / 3, 2)', '0.67'],
    ['sin(pi)', '0'],
    ['1 < 2 ? 3 : 4', '3'],
    ['10^10^10', /^1e\+10000000000$/],
    ['1/3', /^0\.3{40}$/],
  ])('comes to the result of %s', async (expression, result) => {
    const calculated = await calculate(expression);
    if (typeof result === 'string') expect(calculated).toBe(result);
    else expect(calculated).toMatch(result);
  });

  it.each([
    ['17 *', 'The expression cannot be read'],
    ['x + 1', 'There is no "x"'],
    ['x = 3', 'Only a single expression is calculated.'],
    ['f(x) = x', 'Only a single expression is calculated.'],
    ['1; 2', 'Only a single expression is calculated.'],
    ['"a"', 'Texts are not calculated with.'],
    ['import({a: 1})', 'There is no function "import"'],
    ['evaluate("1")', 'There is no function "evaluate"'],
    ['ones(10000, 10000)', 'There is no function "ones"'],
    ['1:1000000000', 'Only a single expression is calculated.'],
    ['cos.constructor', 'Only a single expression is calculated.'],
    ['sqrt.constructor("return process")', 'There are no methods'],
    ['config({precision: 3}).sum(1)', 'There are no methods'],
    ['evaluate("1")["sum"](1)', 'There are no methods'],
    [`1${'!'.repeat(60)}`, 'too long'],
    ['factorial(1000000)', 'up to 1000'],
    ['(10^6)!', 'up to 1000'],
    ['combinations(10^9, 5 * 10^8)', 'up to 1000'],
    [`${'('.repeat(200)}1${')'.repeat(200)}`, 'too long'],
    ['5 km to kg', 'cannot be calculated'],
    ['constructor', 'There is no "constructor"'],
  ])('says why %s comes to nothing', async (expression, why) => {
    const failure = await calculate(expression).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ToolError);
    expect((failure as Error).message).toContain(why);
  });

  it('calculates as before after what would have changed how', async () => {
    await calculate('config({precision: 3}).sum(1)').catch(() => undefined);
    expect(await calculate('1/3')).toMatch(/^0\.3{40}$/);
  });

  it('calculates nothing for whoever has left', async () => {
    const reason = new Error('left');
    const left = calculator.calculator(
      { expression: '1 + 1' },
      { signal: AbortSignal.abort(reason) },
    );
    await expect(left).rejects.toBe(reason);
    expect(await calculate('2 + 2')).toBe('4');
  });

  it('checks a long chain of factorials in no time', async () => {
    expect(await calculate(`1${'!'.repeat(40)}`)).toBe('1');
  });

  it('answers several at once, each by itself', async () => {
    const results = await Promise.all(
      ['1+1', 'oops(', '2+2'].map((one) => calculate(one).catch(() => 'no')),
    );
    expect(results).toEqual(['2', 'no', '4']);
  });
});
