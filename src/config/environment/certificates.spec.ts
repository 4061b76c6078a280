import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { flawOfCertificates } from './certificates.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'certificates-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const [first, second] = rootCertificates as [string, string];
const KEY = '-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----';
const BROKEN = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----';

function flawOf(content: string | Buffer): string | undefined {
  const file = join(folder, 'ca.pem');
  writeFileSync(file, content);
  return flawOfCertificates(file);
}

describe('a file of certificates', () => {
  it.each([
    ['one certificate', first],
    ['several', `${first}\n${second}\n`],
    ['words around them', `# A company's own, é\r\n${first.replaceAll('\n', '\r\n')}\r\n`],
    ['a key beside it', `${KEY}\n${first}`],
  ])('has no flaw with %s', (_case, content) => {
    expect(flawOf(content)).toBeUndefined();
  });

  it.each([
    ['nothing', ''],
    ['no PEM', 'MIIB'],
    ['a key only', KEY],
    ['DER', Buffer.from(first.replace(/-----.*?-----/g, ''), 'base64')],
    ['UTF-16', Buffer.from(first, 'utf16le')],
  ])('has no certificate in it where it holds %s', (_case, content) => {
    expect(flawOf(content)).toBe('no certificate in it');
  });

  it.each([
    ['is no certificate', BROKEN],
    ['has a broken line', first.replace(/\n[^-]{20}/, '\n!!')],
    ['is cut', first.slice(0, 300)],
    ['is cut before the next one', `${first.slice(0, 300)}\n${second}`],
  ])('has the flaw of a first certificate that %s', (_case, content) => {
    expect(flawOf(content)).toBe('certificate 1 in it cannot be read');
  });

  it('has the flaw of a later one, which TLS would pass over', () => {
    expect(flawOf(`${first}\n${BROKEN}\n`)).toBe('certificate 2 in it cannot be read');
  });

  it('is told by the code of the system where it cannot be read', () => {
    expect(flawOfCertificates(join(folder, 'nowhere.pem'))).toBe('ENOENT');
    expect(flawOfCertificates(folder)).toBe('EISDIR');
  });
});
