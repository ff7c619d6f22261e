import type { Dispatcher } from 'undici';
import { settingsFor, type RegistryAccess } from './access.ts';
import { readCertificates, type Certificates } from './certificates.ts';
import { proxyFor } from './proxy.ts';

/** Sockets to one registry and to the hosts that it redirects to. */
export interface Connection {
  /** What requests to an address go through. */
  dispatcherFor(url: URL): Promise<Dispatcher>;
  readonly certificates: Certificates;
  /** Milliseconds without a byte after which a connection counts as broken. */
  readonly patience: number;
  /** Ends every connection, also those in use. */
  close(): Promise<void>;
}

const CONNECT_TIMEOUT = 20_000;
const KEEP_ALIVE = 20_000;
const PATIENCE = 60_000;

/**
 * Connections for a host with its certificates, proxies and limit of concurrent requests. Client certificates are shown
 * to the host itself only.
 *
 * @throws AirkitError USAGE for certificates or proxy addresses that cannot be read
 */
export async function openConnection(
  access: RegistryAccess,
  { host, connections }: { readonly host: string; readonly connections: number },
): Promise<Connection> {
  const certificates = await readCertificates(access, host);
  const limit = settingsFor(access, host).concurrency ?? connections;
  const opened = new Map<string, Promise<Dispatcher>>();
  return {
    certificates,
    patience: access.patience ?? PATIENCE,
    dispatcherFor: async (url) => {
      const proxy = proxyFor(url, access.environment);
      const isOwn = url.host === host || url.hostname === hostNameOf(host);
      const key = `${isOwn ? 'own' : 'foreign'} ${proxy?.href ?? ''}`;
      const known = opened.get(key) ?? openDispatcher({ certificates, isOwn, proxy, limit });
      opened.set(key, known);
      return known;
    },
    close: async () => {
      await Promise.all(
        [...opened.values()].map(async (dispatcher) => (await dispatcher).destroy()),
      );
    },
  };
}

interface DispatcherSpec {
  readonly certificates: Certificates;
  readonly isOwn: boolean;
  readonly proxy: URL | undefined;
  readonly limit: number;
}

/** undici is loaded when the first request is about to be sent. */
async function openDispatcher(spec: DispatcherSpec): Promise<Dispatcher> {
  const { Agent, ProxyAgent } = await import('undici');
  const { ca, client } = spec.certificates;
  const tls = {
    timeout: CONNECT_TIMEOUT,
    ...(ca === undefined ? {} : { ca: [...ca] }),
    ...(spec.isOwn && client !== undefined ? client : {}),
  };
  const pool = { connections: spec.limit, keepAliveTimeout: KEEP_ALIVE };
  return spec.proxy === undefined
    ? new Agent({ ...pool, connect: tls })
    : new ProxyAgent({ ...pool, uri: spec.proxy.href, requestTls: tls, proxyTunnel: false });
}

function hostNameOf(host: string): string {
  return new URL(`http://${host}`).hostname;
}
