const WORDS =
  'the of and to in is that it was for on are as with his they at be this have from or one had by ' +
  'word but not what all were we when your can said there use an each which she do how their if will ' +
  'up other about out many then them these so some her would make like him into time has look two ' +
  'more write go see number no way could people my than first water been call who oil its now find ' +
  'long down day did get come made may part answer function return between stream provider because';
const ENDINGS = ['', ',', '.', 's', 'ing', 'ed', '\n', ' –'];
const RARE = ['é', '“', '”', '漢字', '\\n', '{"a": 1}', '```ts\n', '🙂'];

/**
 * What a model says: 1,024 tokens of about five characters, most of them English words with their
 * space, some that have to be escaped in JSON or take several bytes. Always the same.
 */
export const VOCABULARY: readonly string[] = Array.from({ length: 1024 }, (_, index) => {
  if (index % 64 === 63) return RARE[(index >> 6) % RARE.length]!;
  const words = WORDS.split(' ');
  const ending = index % 3 === 0 ? ENDINGS[(index >> 4) % ENDINGS.length]! : '';
  return ` ${words[(index * 31) % words.length]!}${ending}`;
});
