import { lookup as systemLookup, type LookupAddress } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { ToolError } from '../../tool-error.js';
import { isPublicAddress } from './public-address.js';

/** Finds all addresses of a name; another one in tests. */
export type Resolve = (name: string) => Promise<readonly LookupAddress[]>;

export const resolveBySystem: Resolve = (name) =>
  new Promise((resolve, reject) => {
    systemLookup(name, { all: true, verbatim: true }, (error, addresses) =>
      error === null ? resolve(addresses) : reject(error),
    );
  });

/**
 * A lookup for a socket that refuses a name which leads to anything but public addresses. The socket
 * connects to what was checked: a name that means something else a moment later is of no use.
 */
export function checkedLookup(resolve: Resolve): LookupFunction {
  return (name, { all }, callback) => {
    resolve(name).then(
      (addresses) => {
        const refused = addresses.find(({ address }) => !isPublicAddress(address));
        const [first] = addresses;
        if (refused !== undefined || first === undefined) {
          return callback(new PrivateAddressError(name), '', 0);
        }
        if (all) callback(null, [...addresses]);
        else callback(null, first.address, first.family);
      },
      (error: NodeJS.ErrnoException) => callback(error, '', 0),
    );
  };
}

/** A host that leads into a network which is nobody's business. */
export class PrivateAddressError extends ToolError {
  constructor(host: string) {
    super(`The host ${host} has an address that is not public. It may not be fetched.`);
  }
}
