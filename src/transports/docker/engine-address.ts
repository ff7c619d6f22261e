import { stat } from 'node:fs/promises';
import { AirkitError } from '../../errors.ts';
import { chosenContext, type ContextEndpoint } from './docker-context.ts';
import { readCertificates, type Certificates } from './engine-certificates.ts';
import { parseSshDestination, type SshDestination } from './ssh-destination.ts';

/** Environment variables that docker's own client reads. */
export type DockerEnvironment = Readonly<Record<string, string | undefined>>;

/** How an engine is reached. */
export type EngineAddress =
  | { readonly kind: 'unix'; readonly socketPath: string }
  | {
      readonly kind: 'tcp';
      readonly host: string;
      readonly port: number;
      /** Absent: plain HTTP. */
      readonly tls?: (Certificates & { readonly skipsVerify: boolean }) | undefined;
    }
  | { readonly kind: 'ssh'; readonly destination: SshDestination };

const DEFAULT_SOCKET = '/var/run/docker.sock';

/**
 * Finds the engine that docker's own client would use: `DOCKER_HOST`, else the context that `DOCKER_CONTEXT` or
 * `currentContext` of its config.json names, else the local socket, for a user without root the rootless one.
 *
 * @throws AirkitError USAGE for an address, context or certificates that cannot be used
 */
export async function findEngine(environment: DockerEnvironment): Promise<EngineAddress> {
  const named = environment['DOCKER_HOST'] ?? '';
  if (named !== '') {
    const tls = await certificatesOfEnvironment(named, environment);
    return parseAddress(named, { where: 'DOCKER_HOST', tls });
  }
  const context = await chosenContext(environment);
  if (context !== undefined) return contextAddress(context);
  return { kind: 'unix', socketPath: await localSocket(environment) };
}

/** The address as messages and receipts name it; a user or password in it must not appear. */
export function formatAddress(address: EngineAddress): string {
  switch (address.kind) {
    case 'unix':
      return `unix://${address.socketPath}`;
    case 'tcp':
      return `tcp://${address.host}:${address.port}`;
    case 'ssh':
      return `ssh://${address.destination.host}`;
    default:
      return address satisfies never;
  }
}

/** Without root the engine's installer puts the socket into the folder for run-time files (docs.docker.com, rootless). */
async function localSocket(environment: DockerEnvironment): Promise<string> {
  const runtime = environment['XDG_RUNTIME_DIR'] ?? '';
  if (runtime === '' || (await isThere(DEFAULT_SOCKET))) return DEFAULT_SOCKET;
  const rootless = `${runtime}/docker.sock`;
  return (await isThere(rootless)) ? rootless : DEFAULT_SOCKET;
}

async function isThere(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}

interface AddressRules {
  /** What names the address, for messages. */
  readonly where: string;
  readonly tls: (Certificates & { readonly skipsVerify: boolean }) | undefined;
}

function contextAddress({ name, host, certificates, skipsVerify }: ContextEndpoint): EngineAddress {
  const isSecure = Object.keys(certificates).length > 0 || skipsVerify;
  const tls = isSecure ? { ...certificates, skipsVerify } : undefined;
  return parseAddress(host, { where: `docker context ${name}`, tls });
}

async function certificatesOfEnvironment(
  address: string,
  environment: DockerEnvironment,
): Promise<AddressRules['tls']> {
  const verifies = (environment['DOCKER_TLS_VERIFY'] ?? '') !== '';
  if (!verifies && !address.startsWith('https://')) return undefined;
  const folder = environment['DOCKER_CERT_PATH'] ?? '';
  const certificates =
    folder === '' ? {} : await readCertificates(folder, { where: 'DOCKER_CERT_PATH' });
  return { ...certificates, skipsVerify: false };
}

function parseAddress(text: string, { where, tls }: AddressRules): EngineAddress {
  if (text.startsWith('unix://')) {
    return { kind: 'unix', socketPath: text.slice('unix://'.length) };
  }
  if (text.startsWith('ssh://')) {
    return { kind: 'ssh', destination: parseSshDestination(text, where) };
  }
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^(tcp|http|https):$/.test(url.protocol)) throw badAddress(text, where);
  const secure = url.protocol === 'https:' ? (tls ?? { skipsVerify: false }) : tls;
  const port = Number(url.port === '' ? (secure === undefined ? 2375 : 2376) : url.port);
  return { kind: 'tcp', host: url.hostname, port, tls: secure };
}

function badAddress(text: string, where: string): AirkitError {
  const start = JSON.stringify(/^[a-z+]{0,16}/.exec(text)?.[0]);
  return new AirkitError(
    'USAGE',
    `${where}: what begins with ${start} is not an engine's address`,
    {
      hint: 'Use unix:///path/to/docker.sock, tcp://host:port or ssh://user@host.',
    },
  );
}
