import { setTimeout as delay } from 'node:timers/promises';

/** How to reach one registry host; the `registries` of a bundles file have this shape. */
export interface RegistrySettings {
  /** HOST[:PORT][/PREFIX], asked in this order before the host itself. */
  readonly mirrors: readonly string[];
  /** At most so many GETs of manifests in any so many seconds; HEADs are free, as on Docker Hub. */
  readonly rateLimit?: { readonly requests: number; readonly seconds: number } | undefined;
  /** Requests in flight at once. */
  readonly concurrency?: number | undefined;
  /** PEM file, absolute. */
  readonly ca?: string | undefined;
  /** PEM files of the client certificate, absolute. */
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly plainHttp: boolean;
}

/** Environment variables: proxies, credentials, HOME. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The clock that waiting goes by; tests bring their own. */
export interface Timing {
  /** Milliseconds since 1970. */
  now(): number;
  /** Waits so many milliseconds. @throws the signal's reason */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
}

/** Which side of a copy a registry is on: its failures are the source's or the target's. */
export type RegistrySide = 'source' | 'target';

/** Everything that decides how registries are reached. */
export interface RegistryAccess {
  /** By HOST or HOST:PORT. */
  readonly settings: Readonly<Record<string, RegistrySettings>>;
  readonly environment: Environment;
  readonly timing?: Timing | undefined;
  /** Milliseconds without a byte after which a connection counts as broken. Default 60 000. */
  readonly patience?: number | undefined;
  /** Folders like docker's `certs.d`: in each, one for every host. */
  readonly certificateFolders: readonly string[];
}

/** The settings of a host; what nothing was said about. */
export function settingsFor({ settings }: RegistryAccess, host: string): RegistrySettings {
  const own = Object.hasOwn(settings, host) ? settings[host] : undefined;
  return own ?? { mirrors: [], plainHttp: false };
}

/** Hosts that the settings allow plain http for. */
export function plainHostsOf({ settings }: RegistryAccess): Set<string> {
  const plain = Object.entries(settings).filter(([, { plainHttp }]) => plainHttp);
  return new Set(plain.map(([host]) => host));
}

/** The machine's own clock. */
export const realTiming: Timing = {
  now: () => Date.now(),
  sleep: async (milliseconds, signal) => {
    signal?.throwIfAborted();
    try {
      await delay(milliseconds, undefined, { signal });
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    }
  },
};
