import { describe, expect, it } from '@jest/globals';
import { calculationsIn } from './arithmetic.js';

describe('calculationsIn', () => {
  it.each([
    ['17 * 23', '17 * 23'],
    ['17*23', '17*23'],
    ['What is 17*23?', '17*23'],
    ["What's 3 plus 4?", '3 + 4'],
    ['what is 12.5 divided by 5', '12.5 / 5'],
    ['How much is 15% of 240?', '15 / 100 * 240'],
    ['15 percent of 240 is what?', '15 / 100 * 240'],
    ['Please compute (3 + 4) * 5 for me.', '(3 + 4) * 5'],
    ['I have (2 + 3) apples', '(2 + 3)'],
    ['I have (about 2 + 3) apples', '2 + 3'],
    ['2 to the power of 10 =', '2 ^ 10'],
    ['square root of 144', 'sqrt(144)'],
    ['What is the square root of 16 plus 2?', 'sqrt(16) + 2'],
    ['What are 1,234,567 times 3?', '1234567 * 3'],
    ['7 x 8?', '7 * 8'],
    ['what is 5 - 7', '5 - 7'],
    ['-3 + 5', '-3 + 5'],
    ['2 ** 8', '2 ** 8'],
  ])('finds the calculation in %j', (message, expression) => {
    expect(calculationsIn(message)).toEqual([expression]);
  });

  it('finds several', () => {
    expect(calculationsIn('What is 2 + 2, and 3 * 4?')).toEqual(['2 + 2', '3 * 4']);
  });

  it.each([
    'What happened on 2026-11-22?',
    'Is it there 24/7?',
    'For 5-10 users',
    'gpt-4o-mini or gpt-4.1-mini',
    'What is HTTP/1.1?',
    'What is 127.0.0.1:8000?',
    'RFC 9457',
    'What is the limit of 1 MB?',
    'How do I set PORT=8001?',
    'What is UTF-8?',
    'What is a 503?',
    '',
  ])('finds none in %j', (message) => {
    expect(calculationsIn(message)).toEqual([]);
  });
});
