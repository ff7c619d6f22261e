import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type Docker from 'dockerode';
import { AirkitError, messageOf } from '../../errors.ts';

/** Environment variables that docker's own client reads. */
export type DockerEnvironment = Readonly<Record<string, string | undefined>>;

const DEFAULT_SOCKET = '/var/run/docker.sock';

/**
 * Opens a client for the engine that `DOCKER_HOST` names, by default the local one. `DOCKER_TLS_VERIFY` and
 * `DOCKER_CERT_PATH` count as they do for docker. Nothing is sent yet.
 *
 * @throws AirkitError USAGE for an address that is none, UNSUPPORTED for ssh addresses
 */
export async function connectDocker(
  environment: DockerEnvironment,
): Promise<{ client: Docker; address: string }> {
  const named = environment['DOCKER_HOST'] ?? '';
  const address = named === '' ? `unix://${DEFAULT_SOCKET}` : named;
  const { default: DockerClient } = await import('dockerode');
  const options = await clientOptions(address, environment);
  // Keep-alive connections with streamed bodies can hang (docker-modem issue 196).
  return {
    client: new DockerClient({ ...options, headers: { Connection: 'close' } }),
    address: withoutUserInfo(address),
  };
}

async function clientOptions(
  address: string,
  environment: DockerEnvironment,
): Promise<Docker.DockerOptions> {
  // Every field is set, so that nothing is taken from the process environment behind our back.
  const none = {
    host: undefined,
    port: undefined,
    socketPath: undefined,
    ca: undefined,
    cert: undefined,
    key: undefined,
  };
  if (address.startsWith('unix://')) {
    return {
      ...none,
      socketPath: address.slice('unix://'.length),
      protocol: 'http',
    };
  }
  const url = parseAddress(address);
  if (url.protocol === 'ssh:') {
    throw new AirkitError('UNSUPPORTED', `DOCKER_HOST: ssh addresses are not supported yet`, {
      hint: 'Forward the socket with ssh -L, or run airkit on that machine.',
    });
  }
  if (url.protocol !== 'tcp:' && url.protocol !== 'http:' && url.protocol !== 'https:')
    throw badAddress(address);
  const secure = (environment['DOCKER_TLS_VERIFY'] ?? '') !== '' || url.protocol === 'https:';
  const tls = secure ? await readCertificates(environment['DOCKER_CERT_PATH']) : {};
  const port = Number(url.port === '' ? (secure ? 2376 : 2375) : url.port);
  return {
    ...none,
    host: url.hostname,
    port,
    protocol: secure ? 'https' : 'http',
    ...tls,
  };
}

function parseAddress(address: string): URL {
  try {
    return new URL(address);
  } catch {
    throw badAddress(address);
  }
}

function badAddress(address: string): AirkitError {
  return new AirkitError(
    'USAGE',
    `DOCKER_HOST: what begins with ${JSON.stringify(/^[a-z+]{0,16}/.exec(address)?.[0])} is not an engine's address`,
    {
      hint: 'Use unix:///path/to/docker.sock or tcp://host:port.',
    },
  );
}

/** Addresses appear in messages and receipts; a user or password in them must not. */
function withoutUserInfo(address: string): string {
  const at = address.lastIndexOf('@');
  if (at < 0) return address;
  const scheme = /^[a-z+]+:\/\//.exec(address)?.[0] ?? '';
  return `${scheme}${address.slice(at + 1)}`;
}

async function readCertificates(
  folder: string | undefined,
): Promise<{ ca?: Buffer; cert?: Buffer; key?: Buffer }> {
  if (folder === undefined || folder === '') return {};
  try {
    const [ca, cert, key] = await Promise.all(
      ['ca.pem', 'cert.pem', 'key.pem'].map(async (name) => readFile(join(folder, name))),
    );
    return { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) };
  } catch (error) {
    throw new AirkitError('USAGE', `DOCKER_CERT_PATH: ${messageOf(error)}`, {
      hint: 'The folder must hold ca.pem, cert.pem and key.pem.',
      cause: error,
    });
  }
}
