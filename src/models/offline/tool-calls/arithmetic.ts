/** How operations are said in words, and how they are written. */
const SPOKEN: readonly (readonly [RegExp, string])[] = [
  [/(\d)\s*(?:%|percent) of\b/gi, '$1 / 100 *'],
  [/\b(?:the )?square root of\s+(\d[\d.,]*)/gi, 'sqrt($1)'],
  [/(\d)\s+squared\b/gi, '$1 ^ 2'],
  [/(\d)\s+cubed\b/gi, '$1 ^ 3'],
  [/(\d)\s*(?:to the power of|raised to)\s*(?=\d)/gi, '$1 ^ '],
  [/(\d\)?)\s*(?:multiplied by|times|×|x)\s*(?=\(?-?\d)/gi, '$1 * '],
  [/(\d\)?)\s*(?:divided by|÷)\s*(?=\(?-?\d)/gi, '$1 / '],
  [/(\d\)?)\s*plus\s*(?=\(?-?\d)/gi, '$1 + '],
  [/(\d\)?)\s*minus\s*(?=\(?-?\d)/gi, '$1 - '],
];

const NUMBER = String.raw`\d+(?:\.\d+)?`;
const OPERAND = String.raw`(?:sqrt)?[(\s]*-?(?:sqrt\()?${NUMBER}[)\s]*`;
const EXPRESSION = new RegExp(
  String.raw`(?<![\w.:/-])(?:${OPERAND}(?:(?:\*\*|[-+*/^%])${OPERAND})+|sqrt\(${NUMBER}\))(?![\w:])`,
  'g',
);

/** What tells a calculation from a date, a range or a fraction such as 24/7. */
const CUE =
  /\b(?:what(?:'|’)?s|what is|what are|calculate|calculation|compute|evaluate|how much|work out|solve|equals?|result|sum of|add up)\b|=/i;

/** The calculations that a message asks for, each as an expression: `17 * 23`. */
export function calculationsIn(message: string): string[] {
  let text = message.replace(/(\d),(?=\d{3}(?!\d))/g, '$1').replace(/\d{4}-\d{2}-\d{2}/g, ' ');
  for (const [spoken, written] of SPOKEN) text = text.replace(spoken, written);
  const hasCue = CUE.test(message);
  return [...text.matchAll(EXPRESSION)]
    .map(([found]) => balanced(found.trim()))
    .filter(
      (expression) => hasCue || expression === text.trim() || /\s[-+*/^]\s|sqrt/.test(expression),
    );
}

/** Without the parentheses that belong to the sentence around it. */
function balanced(expression: string): string {
  let text = expression;
  const count = (sign: string) => text.split(sign).length - 1;
  while (count('(') > count(')') && text.startsWith('(')) text = text.slice(1).trim();
  while (count(')') > count('(') && text.endsWith(')')) text = text.slice(0, -1).trim();
  return text;
}
