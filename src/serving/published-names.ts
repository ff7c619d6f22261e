import { compareStrings } from '../oci/compare.ts';
import { DEFAULT_REGISTRY, parseReference } from '../oci/reference.ts';
import { scopeOf } from '../oci/scope.ts';
import { mergeRepositories, type ServedRepository } from './repository.ts';

/** Under which names repositories are found. */
export interface PublishedNames {
  /** Each repository once: without its host where that is clear, else with it. Sorted. */
  readonly catalog: readonly string[];
  /**
   * The repository of a name in a request.
   *
   * @param namespace the registry that a client means which uses this one as a mirror: the parameter `ns` (OCI
   * distribution spec, "Registry Proxying"; containerd sends it)
   */
  find(name: string, namespace?: string): ServedRepository | undefined;
}

/** Other names by which clients know Docker Hub. */
const HUB_NAMES = new Set(['docker.io', 'index.docker.io', 'registry-1.docker.io']);

/**
 * Names repositories: `ghcr.io/acme/api` is `acme/api` (as a registry has it after a load), always `ghcr.io/acme/api`
 * (as after a load with `--scoped`), and `acme/api` with the namespace `ghcr.io`. A scoped name wins over a short one.
 */
export function publishNames(repositories: readonly ServedRepository[]): PublishedNames {
  const exact = new Map(repositories.map((repository) => [repository.names[0] ?? '', repository]));
  const short = groupBy(repositories, (name) => splitHost(name).path);
  const scoped = groupBy(repositories, scopedName);
  const views = new Map([...merged(short), ...merged(scoped)]);
  const listed = [...exact.keys()].map((name) => {
    const { path } = splitHost(name);
    const isClear = short.get(path)?.length === 1 && !scoped.has(path);
    return isClear ? path : scopedName(name);
  });
  return {
    catalog: [...new Set(listed)].toSorted(compareStrings),
    find: (name, namespace) => {
      if (namespace === undefined) return views.get(name);
      const registry = HUB_NAMES.has(namespace) ? DEFAULT_REGISTRY : namespace;
      const isScoped = name.startsWith(`${scopeOf(registry)}/`);
      return exact.get(`${registry}/${name}`) ?? (isScoped ? views.get(name) : undefined);
    },
  };
}

/** The name that is clear whatever else a kit holds: `ghcr.io/acme/api`. @param name canonical */
export function scopedName(name: string): string {
  const { host, path } = splitHost(name);
  return `${scopeOf(host)}/${path}`;
}

function splitHost(name: string): { host: string; path: string } {
  const { registry, repository } = parseReference(name);
  return { host: registry, path: repository };
}

function groupBy(
  repositories: readonly ServedRepository[],
  key: (name: string) => string,
): Map<string, ServedRepository[]> {
  const groups = new Map<string, ServedRepository[]>();
  for (const repository of repositories) {
    const name = key(repository.names[0] ?? '');
    groups.set(name, [...(groups.get(name) ?? []), repository]);
  }
  return groups;
}

function merged(
  groups: ReadonlyMap<string, readonly ServedRepository[]>,
): [string, ServedRepository][] {
  return [...groups].map(([name, group]) => [name, mergeRepositories(group)]);
}
