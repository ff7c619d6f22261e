import { Agent } from 'node:http';
import { inspect } from 'node:util';
import type Docker from 'dockerode';
import {
  findEngine,
  formatAddress,
  type DockerEnvironment,
  type EngineAddress,
} from './engine-address.ts';
import type { Certificates } from './engine-certificates.ts';
import type { SshDestination } from './ssh-destination.ts';

/** Which engine is meant. */
export interface EngineLocation {
  readonly environment: DockerEnvironment;
  /** An engine behind ssh; by default the one that docker's own client would use. */
  readonly ssh?: SshDestination | undefined;
}

/** A client of an engine; nothing has been sent yet. Disposing of it ends calls that nobody waits for any more. */
export interface EngineConnection extends AsyncDisposable {
  readonly client: Docker;
  /** For messages and receipts; no user and no password. */
  readonly address: string;
  /** True for a socket of this machine: what it streams costs no line. */
  readonly isLocal: boolean;
}

/**
 * Opens a client for an engine.
 *
 * @throws AirkitError USAGE for an address, context or certificates that cannot be used
 */
export async function connectDocker({
  environment,
  ssh,
}: EngineLocation): Promise<EngineConnection> {
  const address: EngineAddress =
    ssh === undefined ? await findEngine(environment) : { kind: 'ssh', destination: ssh };
  const { default: DockerClient } = await import('dockerode');
  const { options, close } = await clientOptions(address, environment);
  // Keep-alive connections with streamed bodies can hang (docker-modem issue 196).
  const client = new DockerClient({ ...NONE, ...options, headers: { Connection: 'close' } });
  const isLocal = address.kind === 'unix';
  return { client, address: formatAddress(address), isLocal, [Symbol.asyncDispose]: close };
}

/** Every field is set, so that nothing is taken from the process environment behind our back. */
const NONE = {
  host: undefined,
  port: undefined,
  socketPath: undefined,
  ca: undefined,
  cert: undefined,
  key: undefined,
} as const;

interface ClientOptions {
  /** The declarations of dockerode lack `agent`, which docker-modem hands to node:http. */
  readonly options: Docker.DockerOptions & { readonly agent: Agent };
  readonly close: () => Promise<void>;
}

async function clientOptions(
  address: EngineAddress,
  environment: DockerEnvironment,
): Promise<ClientOptions> {
  switch (address.kind) {
    case 'unix': {
      const { socketPath } = address;
      return ownAgent({ socketPath, protocol: 'http' }, new Agent());
    }
    case 'tcp':
      return tcpOptions(address);
    case 'ssh': {
      const { openSshTunnel } = await import('./ssh-tunnel.ts');
      const tunnel = await openSshTunnel(address.destination, environment);
      const { host } = address.destination;
      const options = { host, protocol: 'http' as const, agent: briefly(tunnel.agent) };
      return { options, close: async () => tunnel[Symbol.asyncDispose]() };
    }
    default:
      return address satisfies never;
  }
}

/** An agent of its own: calls of an engine that hangs would keep the process alive for ever. */
function ownAgent(options: Docker.DockerOptions, agent: Agent): ClientOptions {
  return {
    options: { ...options, agent: briefly(agent) },
    close: async () => agent.destroy(),
  };
}

/** docker-modem describes the options of each request, for a debugging that nobody asked for: all sockets of an agent too. */
function briefly(agent: Agent): Agent {
  return Object.assign(agent, { [inspect.custom]: () => 'Agent' });
}

async function tcpOptions({
  host,
  port,
  tls,
}: EngineAddress & { readonly kind: 'tcp' }): Promise<ClientOptions> {
  if (tls === undefined) return ownAgent({ host, port, protocol: 'http' }, new Agent());
  const { skipsVerify, ...certificates } = tls;
  const { Agent: SecureAgent } = await import('node:https');
  const known = definedOf(certificates);
  const agent = new SecureAgent({ ...(skipsVerify && { rejectUnauthorized: false }), ...known });
  return ownAgent({ host, port, protocol: 'https', ...known }, agent);
}

function definedOf({ ca, cert, key }: Certificates): { ca?: Buffer; cert?: Buffer; key?: Buffer } {
  return { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) };
}
