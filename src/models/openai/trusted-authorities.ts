import { readFileSync } from 'node:fs';
import * as tls from 'node:tls';

/**
 * A TLS context that trusts the usual authorities and those of a PEM file. It is made once: as a
 * `ca` option the whole list would be parsed for each connection, and be part of the key under
 * which an agent looks for an idle one.
 *
 * @throws Error where the file cannot be read or holds no certificate
 */
export function trusting(pemFile: string): tls.SecureContext {
  const extra = readFileSync(pemFile, 'utf8');
  if (!extra.includes('-----BEGIN ')) throw new Error(`${pemFile} holds no PEM certificate.`);
  return tls.createSecureContext({ ca: [...usual(), extra] });
}

function usual(): readonly string[] {
  // Only since Node 22.15; it knows what the system and NODE_EXTRA_CA_CERTS add.
  const get = (tls as { getCACertificates?: typeof tls.getCACertificates }).getCACertificates;
  return get === undefined ? tls.rootCertificates : get('default');
}
