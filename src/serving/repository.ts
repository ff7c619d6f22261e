import type { Descriptor } from '../oci/descriptor.ts';
import type { ImageGraph } from '../oci/image-graph.ts';
import { canonicalName, withDefaultTag, type Reference } from '../oci/reference.ts';
import { compareListed } from './pagination.ts';

/** An image, or an artifact that refers to one, with what of it can be sent. */
export interface ServedImage {
  readonly reference: Reference;
  /** Its own documents first, then those of its referrers. */
  readonly graphs: readonly [ImageGraph, ...ImageGraph[]];
  /** Documents among them that speak of another. */
  readonly referrers: readonly Referrer[];
}

/** A manifest or index with a subject, as the list of referrers shows it. */
export interface Referrer {
  readonly subject: string;
  /** With the artifact type and the annotations of the document itself. */
  readonly descriptor: Descriptor;
}

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
  /** By the digest that they speak of. */
  readonly referrers: ReadonlyMap<string, readonly Descriptor[]>;
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

/** Configs and layers that an image and its referrers name, whether they are at hand or not. */
export function blobsOf({ graphs }: ServedImage): Descriptor[] {
  const manifests = graphs.flatMap((graph) => graph.manifests);
  const layers = manifests.flatMap((manifest) => manifest.layers);
  return [...manifests.map(({ config }) => config), ...layers.map(({ descriptor }) => descriptor)];
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
  const referrers = repositories.flatMap((repository) => [...repository.referrers]);
  return {
    names: repositories.flatMap(({ names }) => names),
    tags: inListOrder(agreed),
    contested: new Map(contested.map(([tag, roots]) => [tag, [...roots.keys()]])),
    manifests: new Map(repositories.flatMap(({ manifests }) => [...manifests])),
    blobs: new Map(repositories.flatMap(({ blobs }) => [...blobs])),
    referrers: groupReferrers(
      referrers.flatMap(([subject, list]) => list.map((descriptor) => ({ subject, descriptor }))),
    ),
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
  const graphs = images.flatMap((image) => image.graphs);
  const manifests = graphs.flatMap((graph) => graph.manifests);
  return {
    names: [name],
    tags: inListOrder(images.flatMap(tagOf)),
    contested: new Map(),
    manifests: byDigest([
      ...graphs.flatMap((graph) => graph.indexes),
      ...manifests.map(({ descriptor }) => descriptor),
    ]),
    blobs: byDigest(images.flatMap(blobsOf).filter(({ digest }) => held.has(digest))),
    referrers: groupReferrers(images.flatMap(({ referrers }) => referrers)),
  };
}

function tagOf({ reference, graphs: [{ root }] }: ServedImage): [string, Descriptor][] {
  const { tag } = withDefaultTag(reference);
  return tag === undefined ? [] : [[tag, root]];
}

function inListOrder(tags: readonly (readonly [string, Descriptor])[]): Map<string, Descriptor> {
  return new Map(tags.toSorted(([a], [b]) => compareListed(a, b)));
}

function byDigest(descriptors: readonly Descriptor[]): Map<string, Descriptor> {
  return new Map(descriptors.map((descriptor) => [descriptor.digest, descriptor]));
}

function groupReferrers(referrers: readonly Referrer[]): Map<string, readonly Descriptor[]> {
  const groups = new Map<string, Map<string, Descriptor>>();
  for (const { subject, descriptor } of referrers) {
    const group = groups.get(subject) ?? new Map<string, Descriptor>();
    groups.set(subject, group.set(descriptor.digest, descriptor));
  }
  return new Map([...groups].map(([subject, group]) => [subject, [...group.values()]]));
}
