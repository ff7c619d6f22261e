import type { TargetImage, TargetResult } from '../../content/image.ts';
import type { OperationOptions } from '../../content/operation.ts';
import type { Digest } from '../../oci/digest.ts';
import { canonicalName, formatReference } from '../../oci/reference.ts';
import type { Containerd } from './ctr.ts';
import { listBlobs, listReady, listRecords, type ImageRecord, type StoreFacts } from './store.ts';
import { wantedContent, type WantedContent } from './wanted-content.ts';

/** A namespace that is loaded into. */
export interface OpenedStore extends Containerd, StoreFacts {}

/** What the namespace holds at one moment. */
export interface StoreContents {
  /** Targets of the image records, by name. */
  readonly records: ReadonlyMap<string, Digest>;
  readonly blobs: ReadonlySet<Digest>;
  /** Names that are complete and unpacked. */
  readonly ready: ReadonlySet<string>;
}

/** An image that can be loaded. */
export interface LoadableImage {
  readonly image: TargetImage;
  readonly wanted: WantedContent;
  /** Every name that must point at the root. */
  readonly names: readonly string[];
}

/** How an image compares with what is there. */
export interface Surveyed {
  readonly result: TargetResult;
  /** What must be loaded; undefined where nothing must, or can be. */
  readonly missing?: LoadableImage | undefined;
}

/** Looks at all of a namespace. */
export async function lookAtStore(
  store: Containerd,
  options?: OperationOptions,
): Promise<StoreContents> {
  return {
    records: targetsOf(await listRecords(store, [], options)),
    blobs: await listBlobs(store, options),
    ready: await listReady(store, [], options),
  };
}

/** Looks again at what concerns some names; what is known of others stays. */
export async function lookAtNames(
  store: Containerd,
  { names, known }: { readonly names: readonly string[]; readonly known: StoreContents },
  options?: OperationOptions,
): Promise<StoreContents> {
  const isOther = (name: string): boolean => !names.includes(name);
  const others = [...known.records].filter(([name]) => isOther(name));
  const ready = await listReady(store, names, options);
  return {
    records: new Map([...others, ...targetsOf(await listRecords(store, names, options))]),
    blobs: await listBlobs(store, options),
    ready: new Set([...[...known.ready].filter(isOther), ...ready]),
  };
}

function targetsOf(records: readonly ImageRecord[]): Map<string, Digest> {
  return new Map(records.map(({ name, digest }) => [name, digest]));
}

/** Compares an image with what is there. */
export function surveyImage(
  { platform }: StoreFacts,
  image: TargetImage,
  contents: StoreContents,
): Surveyed {
  const reference = formatReference(image.reference);
  const before = contents.records.get(reference);
  const wanted = wantedContent(image, platform);
  if (typeof wanted === 'string')
    return { result: { reference, status: 'failed', before, message: wanted } };
  const loadable = { image, wanted, names: namesOf(image) };
  return missingOf(loadable, contents) === undefined
    ? { result: { reference, status: 'already-present', before, after: before } }
    : { result: { reference, status: 'skipped', before }, missing: loadable };
}

/** The first thing of an image that a namespace lacks, for people; undefined when all is there. */
export function missingOf(
  { image, wanted, names }: LoadableImage,
  { records, blobs, ready }: StoreContents,
): string | undefined {
  const name = names.find((one) => records.get(one) !== image.root.digest);
  if (name !== undefined) return `${name} does not name it`;
  const blob = wanted.blobs.find(({ digest }) => !blobs.has(digest));
  if (blob !== undefined) return `the blob ${blob.digest} is not in the content store`;
  const isUnpacked = names.every((one) => ready.has(one));
  return wanted.unpacks && !isUnpacked ? 'it is not unpacked' : undefined;
}

/**
 * The reference, and REPOSITORY@DIGEST: Kubernetes finds a pinned image only under a record that is called so
 * (containerd internal/cri/store/image).
 */
function namesOf({ reference, root }: TargetImage): string[] {
  const pin = `${canonicalName(reference)}@${root.digest}`;
  return [...new Set([formatReference(reference), pin])];
}
