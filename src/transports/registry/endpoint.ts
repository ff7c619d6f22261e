import { DEFAULT_REGISTRY } from '../../oci/reference.ts';
import { AirkitError } from '../../errors.ts';
import { settingsFor, type RegistryAccess } from './access.ts';
import type { Certificates } from './certificates.ts';
import { bareHost, isLoopback } from './proxy.ts';

/** A server that answers for a registry: the registry itself or a mirror of it. */
export interface Endpoint {
  /** HOST[:PORT] as references and credentials name it. */
  readonly host: string;
  /** Scheme, host and port of its API. */
  readonly origin: string;
  /** Start of every repository there, with a slash at its end; empty for most. */
  readonly prefix: string;
  readonly isMirror: boolean;
}

/** Docker Hub's API is on another host than its references say. */
const HUB_API = 'registry-1.docker.io';

/** The mirrors of a host as HOST and PREFIX, in the order in which they are asked; the host itself comes last. */
export function endpointHosts(
  access: RegistryAccess,
  host: string,
): { host: string; prefix: string; isMirror: boolean }[] {
  const mirrors = settingsFor(access, host).mirrors.map((mirror) => {
    const [name = '', ...rest] = mirror.split('/').filter((part) => part !== '');
    return { host: name, prefix: rest.map((part) => `${part}/`).join(''), isMirror: true };
  });
  return [...mirrors, { host, prefix: '', isMirror: false }];
}

/**
 * Where the API of a host is. Plain http is spoken where the settings say so, and on loopback where no certificates
 * were named for it.
 *
 * @throws AirkitError USAGE for what references take for a host and no address can be, such as one with port 99999
 */
export function originOf(access: RegistryAccess, host: string, { isNamed }: Certificates): string {
  if (host === DEFAULT_REGISTRY) return `https://${HUB_API}`;
  if (!URL.canParse(`http://${host}`)) {
    throw new AirkitError('USAGE', `${host}: there can be no host of that name`, {
      hint: 'Write HOST or HOST:PORT; ports end at 65535.',
      context: { host },
    });
  }
  const settings = settingsFor(access, host);
  const { hostname } = new URL(`http://${host}`);
  const isPlain = settings.plainHttp || (isLoopback(bareHost(hostname)) && !isNamed);
  return new URL(`${isPlain ? 'http' : 'https'}://${host}`).origin;
}
