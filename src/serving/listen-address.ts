import { isIP } from 'node:net';
import { AirkitError } from '../errors.ts';

/** Where a server listens, or is reached. */
export interface ListenAddress {
  /** Name or IP address, without brackets; empty for all of this machine. */
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
}

const ADDRESS = /^(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9.-]*)):(\d{1,5})$/;

/**
 * Reads HOST:PORT, `[IPv6]:PORT` or `:PORT`, which is every address of the machine.
 *
 * @throws AirkitError USAGE
 */
export function parseListenAddress(text: string): ListenAddress {
  const [match, bracketed, plain = '', port = ''] = ADDRESS.exec(text) ?? [];
  const isAddress = bracketed === undefined || isIP(bracketed) === 6;
  if (match !== undefined && isAddress && Number(port) <= 65_535)
    return { host: bracketed ?? plain, port: Number(port) };
  throw new AirkitError('USAGE', `--listen ${text}: it is not HOST:PORT`, {
    hint: 'Such as 127.0.0.1:5000, [::1]:5000, or 0.0.0.0:5000 for every address of this machine.',
  });
}

/** HOST:PORT as it stands in URLs and image names. */
export function formatAddress({ host, port }: ListenAddress): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** True where only this machine can connect. */
export function isLoopbackAddress({ host }: ListenAddress): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

/** True for addresses that stand for all of a machine, and that nobody can be told to connect to. */
export function isWildcard({ host }: ListenAddress): boolean {
  return host === '' || host === '0.0.0.0' || /^[0:]+$/.test(host);
}
