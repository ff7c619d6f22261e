import { AirkitError, messageOf, type Problem } from '../errors.ts';
import type { ContentReader } from '../content/content.ts';
import type { OperationOptions } from '../content/operation.ts';
import { mapLimited } from '../content/map-limited.ts';
import { readImageGraph } from '../content/read-graph.ts';
import { isSameJson } from '../oci/canonical-json.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { OCI_LAYOUT_BYTES } from '../oci/layout-documents.ts';
import type { Digest } from '../oci/digest.ts';
import { MAX_DOCKER_MANIFEST_BYTES } from '../oci/docker-manifest.ts';
import type { ImageGraph } from '../oci/image-graph.ts';
import { formatReference, parseReference } from '../oci/reference.ts';
import { referrerBlobs } from '../oci/referrer.ts';
import { leftToBases } from './bundle-bases.ts';
import type { BundleImage, BundleIndex } from './bundle-index.ts';
import { checkManifestJson } from './check-manifest-json.ts';
import { checkReferrers, readReferrers } from './check-referrers.ts';
import { describeImage, descriptorsOf } from './describe-image.ts';
import { readMember, type OpenedArchive } from './read-archive.ts';
import { blobPathOf, formatIndexJson } from './stock-views.ts';

/** What was found, and every image's documents, read on the way. */
export interface ImagesCheck {
  readonly problems: readonly Problem[];
  /** By reference. */
  readonly graphs: ReadonlyMap<string, ImageGraph>;
}

export interface ImagesQuestion {
  readonly index: BundleIndex;
  readonly content: ContentReader;
  /** False leaves out index.json and manifest.json, where they cannot be read. Default true. */
  readonly readsTables?: boolean | undefined;
}

/**
 * Checks that all tables of contents of an archive tell of the same images: bundle.json, the manifests and configs
 * themselves, index.json and manifest.json. Engines follow one or the other, so they must not differ. In the graphs,
 * layers that a thin kit leaves to its bases count as held.
 */
export async function checkImages(
  archive: OpenedArchive,
  { index, content, readsTables = true }: ImagesQuestion,
  options: OperationOptions = {},
): Promise<ImagesCheck> {
  const problems = checkNames(index);
  const meant = withBases(index, content);
  const graphs = new Map<string, ImageGraph>();
  const read = await mapLimited(
    index.images,
    async (image, call) => ({ image, found: await readDocuments(image, meant, call) }),
    options,
  );
  for (const { image, found } of read) {
    if (!('graph' in found)) problems.push(found);
    else if (isDescribedBy(image, found.graph)) {
      graphs.set(image.reference, found.graph);
      problems.push(...checkReferrers(image.reference, found.graph, index.absent));
    } else
      problems.push(
        problem(image.reference, 'bundle.json describes it otherwise than its own manifests do'),
      );
  }
  problems.push(
    ...checkClosure(index, [...graphs.values()]),
    ...(readsTables ? await checkTables(archive, index) : []),
  );
  return { problems, graphs };
}

/** Layers that are left to bases count as held. Documents never are left: reading one finds it missing. */
function withBases({ absent }: BundleIndex, content: ContentReader): ContentReader {
  const left = leftToBases(absent);
  if (left.size === 0) return content;
  return {
    fetch: (target, options) => content.fetch(target, options),
    has: async (target, options) =>
      left.get(target.digest) === target.size || content.has(target, options),
  };
}

/** What the index names of its images, and the documents that only the images themselves name. */
function reachedBlobs(index: BundleIndex, graphs: readonly ImageGraph[]): Descriptor[] {
  const inner = graphs.flatMap(({ indexes, absentManifests, referrers = [] }) => [
    ...indexes,
    ...absentManifests,
    ...referrers.flatMap(referrerBlobs),
  ]);
  return [...index.images.flatMap(descriptorsOf), ...inner];
}

/** The tables that engines read, against bundle.json. */
async function checkTables(archive: OpenedArchive, index: BundleIndex): Promise<Problem[]> {
  const problems: Problem[] = [];
  const read = async (path: string): Promise<Uint8Array | undefined> =>
    readMember(archive, { index, path }, MAX_DOCKER_MANIFEST_BYTES);
  if (!sameBytes(await read('index.json'), formatIndexJson(index.images))) {
    problems.push(problem('index.json', 'it names other images than bundle.json'));
  }
  if (!sameBytes(await read('oci-layout'), OCI_LAYOUT_BYTES)) {
    problems.push(problem('oci-layout', 'it is not the marker of an OCI layout'));
  }
  return [
    ...problems,
    ...checkManifestJson((await read('manifest.json')) ?? new Uint8Array(), index),
  ];
}

/** Canonical names, sorted, each once. */
function checkNames({ images }: BundleIndex): Problem[] {
  const problems: Problem[] = [];
  let last = '';
  for (const { reference, root } of images) {
    const [, pin] = reference.split('@');
    if (pin !== undefined && pin !== root.digest) {
      problems.push(problem(reference, `it names another digest than its root ${root.digest}`));
    }
    if (!isCanonical(reference))
      problems.push(problem(reference, 'it is not a canonical image name'));
    if (reference <= last)
      problems.push(problem(reference, 'it stands twice in bundle.json, or out of order'));
    last = reference;
  }
  return problems;
}

function isCanonical(text: string): boolean {
  try {
    return formatReference(parseReference(text)) === text;
  } catch {
    return false;
  }
}

/** Every blob that an image reaches is there or declared absent, and nothing else is there. */
function checkClosure(index: BundleIndex, graphs: readonly ImageGraph[]): Problem[] {
  const problems: Problem[] = [];
  const members = new Map(index.members.map(({ path, size }) => [path, size]));
  const absent = new Map(index.absent.map(({ digest, size }) => [digest, size]));
  const named = new Set<string>();
  for (const { digest, size } of reachedBlobs(index, graphs)) {
    const path = blobPathOf(digest);
    named.add(path);
    const held = members.get(path) ?? absent.get(digest);
    if (held === undefined)
      problems.push({
        ...problem(path, 'an image needs it and the kit does not hold it'),
        code: 'BLOB_MISSING',
      });
    else if (held !== size)
      problems.push({
        ...problem(path, `manifests say ${size} bytes, bundle.json ${held}`),
        code: 'SIZE_MISMATCH',
      });
    if (members.has(path) && absent.has(digest))
      problems.push(problem(path, 'it is declared absent, but it is there'));
  }
  for (const path of members.keys()) {
    if (path.startsWith('blobs/') && !named.has(path))
      problems.push(problem(path, 'no image needs it'));
  }
  for (const digest of leftToBases(index.absent).keys()) {
    if (!named.has(blobPathOf(digest)))
      problems.push(problem(digest, 'it is left to a base, and no image needs it'));
  }
  return problems;
}

async function readDocuments(
  { root, reference, referrers }: BundleImage,
  content: ContentReader,
  options: OperationOptions,
): Promise<{ graph: ImageGraph } | Problem> {
  try {
    const graph = await readImageGraph(root, content, options);
    return { graph: { ...graph, ...(await readReferrers(referrers, content, options)) } };
  } catch (error) {
    options.signal?.throwIfAborted();
    const code = error instanceof AirkitError ? error.code : 'CONTENT_INVALID';
    return { ...problem(reference, messageOf(error)), code };
  }
}

/** The image's own documents must give the entry that bundle.json has. */
function isDescribedBy(image: BundleImage, graph: ImageGraph): boolean {
  const { reference, original, from, pattern } = image;
  const expected = describeImage({ reference, original, from, pattern }, graph, sizesOf(image));
  return isSameJson(expected, image);
}

function sizesOf({ manifests }: BundleImage): Map<Digest, number> {
  const layers = manifests.flatMap((manifest) => manifest.layers);
  return new Map(
    layers.flatMap(({ diffID, uncompressedSize }) =>
      diffID === undefined || uncompressedSize === undefined
        ? []
        : [[diffID, uncompressedSize] as const],
    ),
  );
}

function sameBytes(a: Uint8Array | undefined, b: Uint8Array): boolean {
  return (
    a !== undefined &&
    a.byteLength === b.byteLength &&
    a.every((byte, position) => byte === b[position])
  );
}

function problem(subject: string, message: string): Problem {
  return { code: 'CONTENT_INVALID', severity: 'error', message: `${subject}: ${message}`, subject };
}
