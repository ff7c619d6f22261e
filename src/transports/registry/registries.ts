import { failure } from './failure.ts';
import type { ContentReader } from '../../content/content.ts';
import type { OperationOptions } from '../../content/operation.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import type { RegistryAccess, RegistrySide } from './access.ts';
import { openRegistryClient, type RegistryClient } from './client.ts';

/**
 * Clients of registries by host, each opened when it is first used. Sources that share one share connections, tokens,
 * rate limits, and what has been answered.
 */
export interface Registries extends AsyncDisposable {
  /** What names stand for, by reference; undefined for those that there are not. */
  readonly roots: Map<string, Descriptor | undefined>;
  /** By repository. */
  readonly readers: Map<string, ContentReader>;
  clientFor(host: string, options?: OperationOptions): Promise<RegistryClient>;
}

/** Opens no connection yet. */
export function openRegistries(access: RegistryAccess, side: RegistrySide): Registries {
  const clients = new Map<string, Promise<RegistryClient>>();
  return {
    roots: new Map(),
    readers: new Map(),
    clientFor: async (host, options) => {
      const client = clients.get(host) ?? openRegistryClient({ host, side, access }, options);
      clients.set(host, client);
      return client;
    },
    [Symbol.asyncDispose]: async () => {
      const opened = await Promise.allSettled(clients.values());
      await Promise.all(
        opened.map(async (one) => (one.status === 'fulfilled' ? one.value.close() : undefined)),
      );
    },
  };
}

/**
 * Checks that a registry is there.
 *
 * @throws AirkitError SOURCE_FAILED or TARGET_FAILED
 */
export async function requireRegistry(
  client: RegistryClient,
  options: OperationOptions,
): Promise<void> {
  const status = await client.ping(options);
  if ([200, 401, 403].includes(status)) return;
  throw failure(client, `this is no registry: /v2/ has the status ${status}`, {
    hint: 'Name the host that docker pull names; a path in front of /v2/ is not possible.',
    status,
  });
}
