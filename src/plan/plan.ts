import { by, compareStrings } from '../oci/compare.ts';

/** A blob of an image, as far as it is known before the kit is written. */
export interface PlanBlob {
  /** Equal for equal content. */
  readonly key: string;
  readonly kind: 'index' | 'manifest' | 'config' | 'layer';
  /** Bytes in the kit; an upper bound unless `exact`. */
  readonly size: number;
  readonly exact: boolean;
}

/** A referrer that comes along. */
export interface PlanReferrer {
  readonly digest: string;
  readonly artifactType?: string | undefined;
  /** Digest of what it refers to. */
  readonly subject?: string | undefined;
  /** The tag of cosign under which it is found. */
  readonly tag?: string | undefined;
  /** Bytes of all its blobs. */
  readonly size: number;
}

/** An image to be planned: its names, why it was chosen, what it consists of. */
export interface PlanInput {
  readonly reference: string;
  /** The canonical name before `rename`. */
  readonly original: string;
  readonly from: string;
  readonly pattern: string;
  readonly platforms: readonly string[];
  readonly root?: string | undefined;
  readonly imageId?: string | undefined;
  /** Documents, then layers from the base up; those of referrers last. */
  readonly blobs: readonly PlanBlob[];
  /** Set where a selector asks for them. */
  readonly referrers?: readonly PlanReferrer[] | undefined;
}

/** An image of a plan. Sizes are bytes. */
export interface PlannedImage extends PlanInput {
  readonly size: number;
  /** Of that, in blobs which no other image of the bundle uses: what leaving the image out would save. */
  readonly uniqueBytes: number;
  /** Of that, in blobs which other images use too. */
  readonly sharedBytes: number;
}

/** Pure data: what a kit will hold, each blob once. */
export interface Plan {
  /** Sorted by reference. */
  readonly images: readonly PlannedImage[];
  /** Documents by kind and key, then layers, bases first. */
  readonly blobs: readonly PlanBlob[];
  /** Layers that the bases of a thin kit have, in the same order; they are not among `blobs`. */
  readonly leftOut: readonly PlanBlob[];
  readonly totals: PlanTotals;
}

/** Bytes. */
export interface PlanTotals {
  /** All images, as if nothing were shared. */
  readonly imageBytes: number;
  /** All blobs of the kit, each once. */
  readonly blobBytes: number;
  /** What sharing saves. */
  readonly savedBytes: number;
  /** What is left to bases, each blob once. */
  readonly leftOutBytes: number;
  readonly exact: boolean;
}

/**
 * Plans a bundle: which blobs, in which order, and who shares what. The order of the inputs does not matter.
 *
 * @param heldByBases keys of layers that need not travel
 */
export function buildPlan(
  inputs: readonly PlanInput[],
  heldByBases: ReadonlySet<string> = new Set(),
): Plan {
  const sorted = inputs.toSorted(by(({ reference }) => reference));
  const users = countUsers(sorted);
  const images = sorted.map((image) => weigh(image, users));
  const all = orderBlobs(sorted);
  const isLeft = leftToBases(sorted, heldByBases);
  const leftOut = all.filter(isLeft);
  const blobs = all.filter((blob) => !isLeft(blob));
  const imageBytes = sum(images.map(({ size }) => size));
  const blobBytes = sum(blobs.map(({ size }) => size));
  const leftOutBytes = sum(leftOut.map(({ size }) => size));
  return {
    images,
    blobs,
    leftOut,
    totals: {
      imageBytes,
      blobBytes,
      savedBytes: imageBytes - blobBytes - leftOutBytes,
      leftOutBytes,
      exact: all.every(({ exact }) => exact),
    },
  };
}

/** Documents always travel, also where one image has the same bytes as a layer. */
function leftToBases(
  images: readonly PlanInput[],
  held: ReadonlySet<string>,
): (blob: PlanBlob) => boolean {
  const all = images.flatMap(({ blobs }) => blobs);
  const documents = new Set(all.flatMap(({ kind, key }) => (kind === 'layer' ? [] : [key])));
  return ({ key }) => held.has(key) && !documents.has(key);
}

/** Two names for one image share all of it, so they count as one user. */
function countUsers(images: readonly PlanInput[]): Map<string, Users> {
  const users = new Map<string, Users>();
  for (const { reference, blobs } of images) {
    for (const { key } of blobs) {
      const known = users.get(key);
      if (known === undefined) users.set(key, { first: reference, isShared: false });
      else if (known.first !== reference) known.isShared = true;
    }
  }
  return users;
}

/** Who uses a blob. */
interface Users {
  readonly first: string;
  isShared: boolean;
}

function weigh(image: PlanInput, users: ReadonlyMap<string, Users>): PlannedImage {
  const blobs = onceByKey(image.blobs);
  const size = sum(blobs.map((blob) => blob.size));
  const unique = blobs.filter(({ key }) => users.get(key)?.isShared === false);
  const uniqueBytes = sum(unique.map((blob) => blob.size));
  return { ...image, size, uniqueBytes, sharedBytes: size - uniqueBytes };
}

const KIND_ORDER = { index: 0, manifest: 1, config: 2, layer: 3 } as const;

function orderBlobs(images: readonly PlanInput[]): PlanBlob[] {
  const all = onceByKey(images.flatMap(({ blobs }) => blobs));
  const documents = all.filter(({ kind }) => kind !== 'layer');
  const layers = all.filter(({ kind }) => kind === 'layer');
  return [
    ...documents.toSorted(
      (a, b) => KIND_ORDER[a.kind] - KIND_ORDER[b.kind] || compareStrings(a.key, b.key),
    ),
    ...layers,
  ];
}

/** Where two images estimate one blob differently, the larger estimate counts. */
function onceByKey(blobs: readonly PlanBlob[]): PlanBlob[] {
  const first = new Map<string, PlanBlob>();
  for (const blob of blobs) {
    const known = first.get(blob.key);
    if (known === undefined || (!known.exact && known.size < blob.size)) first.set(blob.key, blob);
  }
  return [...first.values()];
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
