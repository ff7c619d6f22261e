import { BlockList, isIP } from 'node:net';
import { AirkitError } from '../../errors.ts';
import type { Environment } from './access.ts';

/**
 * The proxy for an address, by the rules of Go's clients: `HTTPS_PROXY` or `HTTP_PROXY` by scheme, unless `NO_PROXY`
 * names the host; lower case first; loopback never goes through one.
 *
 * @throws AirkitError USAGE for a proxy address that is none
 */
export function proxyFor(url: URL, environment: Environment): URL | undefined {
  const name = url.protocol === 'https:' ? 'https_proxy' : 'http_proxy';
  const text = read(environment, name);
  const host = bareHost(url.hostname);
  if (text === '' || isLoopback(host) || isExempt(url, read(environment, 'no_proxy')))
    return undefined;
  try {
    return new URL(text.includes('://') ? text : `http://${text}`);
  } catch {
    throw new AirkitError('USAGE', `${name.toUpperCase()}: this is not the address of a proxy`, {
      hint: 'Write http://HOST:PORT.',
    });
  }
}

/** True for hosts that never leave the machine: localhost, 127.0.0.0/8, ::1. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

/** The host of a URL without the brackets of IPv6. */
export function bareHost(hostname: string): string {
  return hostname.replace(/^\[(.*)\]$/, '$1').toLowerCase();
}

function read(environment: Environment, name: string): string {
  return environment[name] ?? environment[name.toUpperCase()] ?? '';
}

function isExempt(url: URL, noProxy: string): boolean {
  const port = url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port;
  const rules = noProxy.split(',').map((rule) => rule.trim().toLowerCase());
  return rules.some((rule) => rule !== '' && matches(rule, bareHost(url.hostname), port));
}

/** `*`, an address, a network, `domain` with its subdomains, `.domain` for subdomains only; each perhaps `:PORT`. */
function matches(rule: string, host: string, port: string): boolean {
  if (rule === '*') return true;
  if (rule.includes('/')) return isInNetwork(rule, host);
  if (isIP(rule) > 0) return rule === host;
  const [, name = '', rulePort] = /^(.*?)(?::(\d+))?$/.exec(rule) ?? [];
  if (rulePort !== undefined && rulePort !== port) return false;
  const domain = bareHost(name).replace(/^\*(?=\.)/, '');
  return domain.startsWith('.')
    ? host.endsWith(domain)
    : host === domain || (isIP(host) === 0 && host.endsWith(`.${domain}`));
}

function isInNetwork(rule: string, host: string): boolean {
  const [network = '', bits = ''] = rule.split('/');
  const family = isIP(network);
  const max = family === 6 ? 128 : 32;
  if (family === 0 || isIP(host) !== family || !/^\d{1,3}$/.test(bits) || Number(bits) > max)
    return false;
  const list = new BlockList();
  const type = family === 6 ? 'ipv6' : 'ipv4';
  list.addSubnet(network, Number(bits), type);
  return list.check(host, type);
}
