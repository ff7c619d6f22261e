import { readFile } from 'node:fs/promises';
import { AirkitError, type Problem } from '../errors.ts';
import { diskCall } from '../content/file-bytes.ts';
import {
  formatAddress,
  isLoopbackAddress,
  parseListenAddress,
  type ListenAddress,
} from '../serving/listen-address.ts';
import type { RegistrySettings } from '../serving/server.ts';
import { resolvePath, type Host } from './host.ts';

/** Where the distribution registry listens too, and reachable from this machine alone. */
export const DEFAULT_LISTEN = '127.0.0.1:5000';

/** How a kit is served, as the command line says it. */
export interface ServeChoices {
  /** HOST:PORT. Default {@link DEFAULT_LISTEN}. */
  readonly listen?: string | undefined;
  /** PEM files; both or none. */
  readonly tlsCert?: string | undefined;
  readonly tlsKey?: string | undefined;
  /** File of the users who may pull, as `htpasswd -B` writes it. Default: everybody may. */
  readonly htpasswd?: string | undefined;
}

export type ListenSettings = Pick<RegistrySettings, 'listen' | 'tls' | 'authenticate'>;

/**
 * Reads the files that a server needs beside its kit.
 *
 * @throws AirkitError USAGE for flags and users that cannot be, also for passwords that would cross a network in the
 * clear; DISK_FAILED
 */
export async function readServeSettings(
  host: Host,
  choices: ServeChoices,
): Promise<ListenSettings> {
  const listen = parseListenAddress(choices.listen ?? DEFAULT_LISTEN);
  const tls = await readTls(host, choices);
  const { htpasswd } = choices;
  if (htpasswd === undefined) return { listen, tls };
  if (tls === undefined && !isLoopbackAddress(listen)) refuseOpenPasswords(listen);
  const { createAuthenticator, parseHtpasswd } = await import('../serving/htpasswd.ts');
  const text = (await readBytes(host, htpasswd)).toString('utf8');
  return { listen, tls, authenticate: createAuthenticator(parseHtpasswd(text, htpasswd)) };
}

/** What a person should know of a server that is open to a network. */
export function exposureWarnings({ listen, tls }: ListenSettings): Problem[] {
  if (tls !== undefined || isLoopbackAddress(listen)) return [];
  return [
    {
      code: 'PLAIN_HTTP',
      severity: 'warning',
      message: `${formatAddress(listen)} speaks plain http: who is on that network can read the images, and change what others pull by tag`,
      hint: 'Use --tls-cert and --tls-key, or pull by digest.',
    },
  ];
}

async function readTls(
  host: Host,
  { tlsCert, tlsKey }: ServeChoices,
): Promise<RegistrySettings['tls']> {
  if (tlsCert === undefined && tlsKey === undefined) return undefined;
  if (tlsCert === undefined || tlsKey === undefined) {
    throw new AirkitError('USAGE', '--tls-cert and --tls-key go together', {
      hint: 'Name both, or none for plain http.',
    });
  }
  return { certificate: await readBytes(host, tlsCert), key: await readBytes(host, tlsKey) };
}

function refuseOpenPasswords(listen: ListenAddress): never {
  throw new AirkitError(
    'USAGE',
    `--htpasswd on ${formatAddress(listen)} without TLS: passwords would cross the network in the clear`,
    { hint: 'Add --tls-cert and --tls-key, or listen on 127.0.0.1.' },
  );
}

async function readBytes(host: Host, path: string): Promise<Buffer> {
  const full = resolvePath(host, path);
  return diskCall(full, 'read', () => readFile(full));
}
