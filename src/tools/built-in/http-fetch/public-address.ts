import ipaddr from 'ipaddr.js';

/** Whether an address is one of the public Internet, and no way into a network of ours. */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.process(address);
  if (parsed.range() === 'unicast') return true;
  const embedded = parsed.kind() === 'ipv6' ? embeddedIn(parsed as ipaddr.IPv6) : undefined;
  return embedded !== undefined && ipaddr.IPv4.parse(embedded).range() === 'unicast';
}

/** The IPv4 address that NAT64 (RFC 6052) reaches under an IPv6 address. Other translations are refused. */
function embeddedIn(address: ipaddr.IPv6): string | undefined {
  if (address.range() !== 'rfc6052') return undefined;
  return address.toByteArray().slice(12).join('.');
}
