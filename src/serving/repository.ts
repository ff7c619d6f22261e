import type { Descriptor } from '../oci/descriptor.ts';
import { canonicalName } from '../oci/reference.ts';
import { compareListed } from './pagination.ts';
import {
  fallbackLists,
  groupReferrers,
  type FallbackList,
  type ReferrersBySubject,
} from './referrer-lists.ts';
import {
  contentsOf,
  documentsOf,
  tagsOf,
  type ListedReferrer,
  type ServedImage,
} from './served-image.ts';

/** All that is served under one name; whatever belongs to another is unknown here. */
export interface ServedRepository {
  /** Canonical: HOST/NAME. Several where one short name stands for repositories of several hosts. */
  readonly names: readonly string[];
  /** What each tag stands for, in the order of lists. */
  readonly tags: ReadonlyMap<string, Descriptor>;
  /** Tags that mean different images on different hosts: canonical references. They are not in `tags`. */
  readonly contested: ReadonlyMap<string, readonly string[]>;
  /** Manifests and indexes by digest. */
  readonly manifests: ReadonlyMap<string, Descriptor>;
  /** Configs and layers that the kit holds, by digest. */
  readonly blobs: ReadonlyMap<string, Descriptor>;
  readonly listed: readonly ListedReferrer[];
  /** The same by the digest that they speak of. */
  readonly referrers: ReferrersBySubject;
  /** The same as indexes, by fallback tag and by digest. */
  readonly fallbacks: ReadonlyMap<string, FallbackList>;
}

/** Groups images by repository. @param held digests of the configs and layers that can be sent */
export function groupByRepository(
  images: readonly ServedImage[],
  held: ReadonlySet<string>,
): ServedRepository[] {
  const groups = new Map<string, ServedImage[]>();
  for (const image of images) {
    const name = canonicalName(image.reference);
    groups.set(name, [...(groups.get(name) ?? []), image]);
  }
  return [...groups].map(([name, group]) => repositoryOf(name, group, held));
}

/** One view of several repositories, for a name that fits all of them. */
export function mergeRepositories(repositories: readonly ServedRepository[]): ServedRepository {
  const [first, ...others] = repositories;
  if (first !== undefined && others.length === 0) return first;
  const meanings = meaningsOfTags(repositories);
  const agreed = [...meanings].flatMap(([tag, roots]) =>
    isContested(roots) ? [] : [...roots.values()].slice(0, 1).map((root) => [tag, root] as const),
  );
  const contested = [...meanings].filter(([, roots]) => isContested(roots));
  const listed = repositories.flatMap((repository) => repository.listed);
  return {
    names: repositories.flatMap(({ names }) => names),
    tags: inListOrder(agreed),
    contested: new Map(contested.map(([tag, roots]) => [tag, [...roots.keys()]])),
    manifests: new Map(repositories.flatMap(({ manifests }) => [...manifests])),
    blobs: new Map(repositories.flatMap(({ blobs }) => [...blobs])),
    listed,
    referrers: groupReferrers(listed),
    fallbacks: fallbackLists(listed),
  };
}

/** Roots by canonical reference. */
type Meanings = ReadonlyMap<string, Descriptor>;

function meaningsOfTags(repositories: readonly ServedRepository[]): Map<string, Meanings> {
  const tags = new Map<string, Map<string, Descriptor>>();
  for (const { names, tags: own } of repositories) {
    for (const [tag, root] of own) {
      const meanings = tags.get(tag) ?? new Map<string, Descriptor>();
      tags.set(tag, meanings.set(`${names[0]}:${tag}`, root));
    }
  }
  return tags;
}

function isContested(roots: Meanings): boolean {
  return new Set([...roots.values()].map(({ digest }) => digest)).size > 1;
}

function repositoryOf(
  name: string,
  images: readonly ServedImage[],
  held: ReadonlySet<string>,
): ServedRepository {
  const listed = images.flatMap((image) => image.listed);
  return {
    names: [name],
    tags: inListOrder(images.flatMap(tagsOf)),
    contested: new Map(),
    manifests: byDigest(images.flatMap(({ graph }) => documentsOf(graph))),
    blobs: byDigest(images.flatMap(contentsOf).filter(({ digest }) => held.has(digest))),
    listed,
    referrers: groupReferrers(listed),
    fallbacks: fallbackLists(listed),
  };
}

function inListOrder(tags: readonly (readonly [string, Descriptor])[]): Map<string, Descriptor> {
  return new Map(tags.toSorted(([a], [b]) => compareListed(a, b)));
}

function byDigest(descriptors: readonly Descriptor[]): Map<string, Descriptor> {
  return new Map(descriptors.map((descriptor) => [descriptor.digest, descriptor]));
}
