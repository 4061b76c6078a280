import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { errorCode } from './environment.js';

const BEGIN = /-----BEGIN ([A-Z\d ]*CERTIFICATE)-----/g;

/**
 * Why a file is not one of certificates in PEM (RFC 7468); undefined where it is. TLS passes over
 * what it cannot read, so each block is looked at: the one that is broken may be the one needed.
 */
export function flawOfCertificates(file: string): string | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'latin1');
  } catch (error) {
    return errorCode(error);
  }
  const blocks = [...text.matchAll(BEGIN)];
  if (blocks.length === 0) return 'no certificate in it';
  const broken = blocks.findIndex(({ index, 1: label }) => !isCertificate(text, index, label!));
  return broken < 0 ? undefined : `certificate ${broken + 1} in it cannot be read`;
}

function isCertificate(text: string, start: number, label: string): boolean {
  const last = `-----END ${label}-----`;
  const end = text.indexOf(last, start);
  try {
    // Cut out, since the parser reads only the first certificate of a text.
    new X509Certificate(text.slice(start, end + last.length));
    return end > 0;
  } catch {
    return false;
  }
}
