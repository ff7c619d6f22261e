import { BlockList, isIP } from 'node:net';
import { bareHost } from './proxy.ts';

/** Loopback, "this host" and link-local: RFC 6890, RFC 4291 §2.4; also as IPv4-mapped IPv6. */
const NEAR = new BlockList();
NEAR.addSubnet('0.0.0.0', 8, 'ipv4');
NEAR.addSubnet('127.0.0.0', 8, 'ipv4');
NEAR.addSubnet('169.254.0.0', 16, 'ipv4');
NEAR.addSubnet('::', 127, 'ipv6');
NEAR.addSubnet('fe80::', 10, 'ipv6');

/**
 * True when a registry elsewhere sends us to this machine or its link, where only the user may send us: services there
 * trust whoever can reach them. Names are not resolved.
 */
export function isDetour(from: URL, to: URL): boolean {
  return isNear(to) && !isNear(from);
}

function isNear(url: URL): boolean {
  const host = bareHost(url.hostname).replace(/\.$/, '');
  const family = isIP(host);
  if (family === 0) return host === 'localhost' || host.endsWith('.localhost');
  return NEAR.check(host, family === 6 ? 'ipv6' : 'ipv4');
}
