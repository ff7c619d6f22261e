import type { RegistrySettings } from '../spec/registry-entries.ts';
import type { Registries } from '../transports/registry/registries.ts';
import { certificateFoldersOf, type Host } from './host.ts';

/** Clients of registries that all selectors of a command share: tokens, connections, rate limits, what is down. */
export interface SharedRegistries extends AsyncDisposable {
  /** The transport is loaded when the first registry is asked for. */
  open(): Promise<Registries>;
}

/** Nothing is opened before it is asked for. */
export function shareRegistries(
  host: Host,
  settings: Readonly<Record<string, RegistrySettings>>,
): SharedRegistries {
  let opened: Promise<Registries> | undefined;
  const load = async (): Promise<Registries> => {
    const { openRegistries } = await import('../transports/registry/registries.ts');
    const { environment } = host;
    const certificateFolders = certificateFoldersOf(host);
    return openRegistries({ settings, environment, certificateFolders }, 'source');
  };
  return {
    open: async () => {
      opened ??= load();
      return opened;
    },
    [Symbol.asyncDispose]: async () => (await opened)?.[Symbol.asyncDispose](),
  };
}
