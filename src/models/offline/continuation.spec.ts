import { describe, expect, it } from '@jest/globals';
import { restOf, truthfulRest } from './continuation.js';

const WHOLE = 'One, two.\n\nThree.';

describe('the rest of an answer', () => {
  it('is what comes after its beginning, wherever that ends', () => {
    for (let length = 0; length <= WHOLE.length; length += 1) {
      const beginning = WHOLE.slice(0, length);
      expect(beginning + truthfulRest(WHOLE, beginning)).toBe(WHOLE);
      expect(restOf(WHOLE, beginning)).toBe(WHOLE.slice(length));
    }
  });

  it('says that it is another answer where it is', () => {
    const rest = truthfulRest(WHOLE, 'I am a pirate');
    expect(rest).toMatch(
      /^\n\n\*\(This answer was cut here\. I cannot go on with it word for word:/,
    );
    expect(rest.endsWith(`\n\n${WHOLE}`)).toBe(true);
    expect(restOf(WHOLE, 'I am a pirate')).toBeUndefined();
  });

  it('says so once, wherever the other answer is cut', () => {
    const text = `I am a pirate${truthfulRest(WHOLE, 'I am a pirate')}`;
    const known = text.indexOf('So I begin again.)*') + 'So I begin again.)*'.length;
    for (let length = known; length <= text.length; length += 1) {
      const beginning = text.slice(0, length);
      expect(beginning + truthfulRest(WHOLE, beginning)).toBe(text);
    }
  });
});
