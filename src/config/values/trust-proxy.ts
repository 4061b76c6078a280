import { isIP } from 'node:net';
import type { ValueType } from './value-type.js';

/** The names that Express knows for whole ranges of addresses. */
const RANGES = ['loopback', 'linklocal', 'uniquelocal'];

/**
 * Express' `trust proxy`: a flag, the number of proxies before us, or a comma list of addresses.
 * A list is checked here, since Express throws on a wrong one without saying which setting it was.
 */
export const trustProxy: ValueType<boolean | number | string> = {
  allowed:
    'true, false, a number of proxies, or a comma list of addresses, CIDR ranges and ' +
    RANGES.join(', '),
  parse: (value) => {
    const word = String(value).trim().toLowerCase();
    if (word === 'true' || word === 'false') return word === 'true';
    if (/^\d{1,3}$/.test(word)) return Number(word);
    const parts = word.split(',').map((part) => part.trim());
    return parts.every(isTrustable) ? parts.join(', ') : undefined;
  },
};

function isTrustable(part: string): boolean {
  const [address = '', bits, ...rest] = part.split('/');
  if (rest.length > 0) return false;
  if (bits === undefined) return RANGES.includes(part) || isIP(part) !== 0;
  const longest = { 4: 32, 6: 128 }[isIP(address)] ?? -1;
  return /^\d{1,3}$/.test(bits) && Number(bits) <= longest;
}
