import { AirkitError, isAirkitError } from '../../errors.ts';
import { splitAddress } from '../../oci/ipv6-host.ts';
import { DEFAULT_REGISTRY, parseReference, type Reference } from '../../oci/reference.ts';
import { expandBraces } from './expand-braces.ts';

/** What patterns ask a registry for, as far as they say so. */
export interface WantedNames {
  /** With tag or digest: nothing is listed for them. */
  readonly exact: readonly Reference[];
  /** Repositories of which all tags are listed. */
  readonly repositories: readonly Reference[];
  /** Hosts whose catalog is needed, and with what the names of wanted repositories begin there. */
  readonly catalogs: ReadonlyMap<string, readonly string[]>;
}

/** What names in patterns are relative to; without a host they are whole references. */
export interface NameBase {
  readonly host?: string | undefined;
  /** Without slashes at its ends. */
  readonly prefix?: string | undefined;
}

const GLOB = /[*?[\]{}\\]/;

/**
 * Reads from patterns which names they can match. A name under `registry://HOST/PREFIX` is tried as relative to it, and,
 * when it begins with the host, as whole.
 *
 * @throws AirkitError USAGE for a pattern that would need the catalog of every registry
 */
export function wantedNames(patterns: readonly string[], base: NameBase): WantedNames {
  const exact = new Map<string, Reference>();
  const repositories = new Map<string, Reference>();
  const catalogs = new Map<string, Set<string>>();
  const needCatalog = (host: string, start: string): void => {
    catalogs.set(host, (catalogs.get(host) ?? new Set()).add(start));
  };
  for (const pattern of patterns) {
    for (const text of expandBraces(pattern) ?? [pattern]) {
      const { name, suffix, hasGlob } = splitPattern(text);
      if (globAt(name) >= 0) {
        for (const [host, start] of catalogStarts(name, base)) needCatalog(host, start);
        continue;
      }
      const repository = literal(name, base);
      if (repository === undefined) continue;
      const reference = hasGlob || suffix === '' ? undefined : literal(`${name}${suffix}`, base);
      if (reference !== undefined) exact.set(text, reference);
      else if (hasGlob || suffix === '') repositories.set(name, repository);
    }
  }
  const starts = [...catalogs].map(([host, some]) => [host, [...some]] as const);
  return {
    exact: [...exact.values()],
    repositories: [...repositories.values()],
    catalogs: new Map(starts),
  };
}

/** Splits at the colon of a tag or the @ of a digest. */
function splitPattern(text: string): { name: string; suffix: string; hasGlob: boolean } {
  const [, name = text, suffix = ''] = /^([^@]*?)((?::[^:/@]*)?(?:@.*)?)$/s.exec(text) ?? [];
  return { name, suffix, hasGlob: GLOB.test(suffix) };
}

/** Where the first glob of a name is; -1 without one. The brackets of an IPv6 address are none. */
function globAt(name: string): number {
  const { address, rest } = splitAddress(name);
  const found = rest.search(GLOB);
  return found < 0 ? found : address.length + found;
}

/** A reference under the base; undefined for what no name can be, which then matches nothing. */
function literal(text: string, { host, prefix }: NameBase): Reference | undefined {
  const isWhole = host === undefined || text.startsWith(`${host}/`);
  const path = prefix === undefined ? text : `${prefix}/${text}`;
  try {
    const reference = parseReference(isWhole ? text : `${host}/${path}`);
    return host === undefined || reference.registry === host ? reference : undefined;
  } catch (error) {
    if (isAirkitError(error, 'REFERENCE_INVALID')) return undefined;
    throw error;
  }
}

/** Which catalogs may hold a name with a glob in it, and the literal start of the name there. */
function catalogStarts(name: string, { host, prefix }: NameBase): [string, string][] {
  const head = name.slice(0, globAt(name));
  if (host !== undefined) {
    if (head.startsWith(`${host}/`)) return [[host, head.slice(host.length + 1)]];
    const start = prefix === undefined ? '' : `${prefix}/`;
    // A pattern may also match the whole name, host first: then its start says nothing.
    const isRelative = head !== '' && !host.startsWith(head);
    return [[host, isRelative ? `${start}${head}` : start]];
  }
  const slash = head.indexOf('/');
  const first = slash < 0 ? '' : head.slice(0, slash);
  if (first === '') throw anyRegistry(name);
  const isHost = /[.:]/.test(first) || first === 'localhost';
  return isHost ? [[first, head.slice(slash + 1)]] : [[DEFAULT_REGISTRY, head]];
}

function anyRegistry(name: string): AirkitError {
  return new AirkitError('USAGE', `the pattern ${JSON.stringify(name)} could be of any registry`, {
    hint: 'Begin it with a host, such as "registry.local:5000/*k8s*", or write from: "registry://HOST".',
  });
}
