import { resolve } from 'node:path';
import type { Registries, Registry } from './bundles-file.generated.ts';

/** At most `requests` in any `seconds`. */
export interface RateLimit {
  readonly requests: number;
  readonly seconds: number;
}

/** How to reach one registry host. */
export interface RegistrySettings {
  /** HOST[:PORT][/PREFIX], asked in this order before the host itself. */
  readonly mirrors: readonly string[];
  readonly rateLimit?: RateLimit | undefined;
  /** Requests in flight at once. */
  readonly concurrency?: number | undefined;
  /** PEM file, absolute. */
  readonly ca?: string | undefined;
  /** PEM file of the client certificate, absolute; always with {@link RegistrySettings.key}. */
  readonly cert?: string | undefined;
  /** PEM file, absolute. */
  readonly key?: string | undefined;
  readonly plainHttp: boolean;
}

/** What one file says of hosts, by HOST or HOST:PORT; paths are absolute. */
export type RegistryEntries = Readonly<Record<string, Partial<RegistrySettings>>>;

/** The `registries` of a checked file; relative paths in it start from `directory`. */
export function normaliseRegistries(registries: Registries, directory: string): RegistryEntries {
  return Object.fromEntries(
    Object.entries(registries).map(([host, entry]) => [host, normaliseEntry(entry, directory)]),
  );
}

/**
 * Settings out of several files: of each host, each setting from the first file that has it. `cert` and `key` have to
 * stand together, so they come from one file too.
 */
export function mergeRegistries(
  files: readonly RegistryEntries[],
): Readonly<Record<string, RegistrySettings>> {
  const merged = new Map<string, RegistrySettings>();
  for (const entries of files.toReversed())
    for (const [host, entry] of Object.entries(entries))
      merged.set(host, { mirrors: [], plainHttp: false, ...merged.get(host), ...entry });
  return Object.fromEntries(merged);
}

function normaliseEntry(entry: Registry, directory: string): Partial<RegistrySettings> {
  const { mirrors, plainHttp, concurrency, rateLimit, ca, cert, key } = entry;
  return {
    ...(mirrors === undefined ? {} : { mirrors }),
    ...(plainHttp === undefined ? {} : { plainHttp }),
    ...(concurrency === undefined ? {} : { concurrency }),
    ...(rateLimit === undefined ? {} : { rateLimit: parseRateLimit(rateLimit) }),
    ...(ca === undefined ? {} : { ca: resolve(directory, ca) }),
    ...(cert === undefined ? {} : { cert: resolve(directory, cert) }),
    ...(key === undefined ? {} : { key: resolve(directory, key) }),
  };
}

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** `100/6h`; the schema has checked the form. */
function parseRateLimit(text: string): RateLimit {
  const [requests = '', time = ''] = text.split('/');
  const count = time.length === 1 ? 1 : Number(time.slice(0, -1));
  return { requests: Number(requests), seconds: count * (SECONDS[time.slice(-1)] ?? 1) };
}
