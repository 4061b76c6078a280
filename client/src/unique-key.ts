/**
 * A key that no other request has: 128 random bits. `crypto.randomUUID` is kept from pages that were
 * loaded over plain HTTP.
 */
export function uniqueKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
