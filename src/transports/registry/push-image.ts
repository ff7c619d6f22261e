import type { AirkitError } from '../../errors.ts';
import { readDocument } from '../../content/read-document.ts';
import type { TargetImage } from '../../content/image.ts';
import type { OperationOptions } from '../../content/operation.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import type { GraphManifest } from '../../oci/image-graph.ts';
import type { Digest } from '../../oci/digest.ts';
import type { Reference } from '../../oci/reference.ts';
import { referrerContents } from '../../oci/referrer.ts';
import type { RegistryClient } from './client.ts';
import { unlessHalfWritten } from './half-written.ts';
import { resolveHeld } from './manifests.ts';
import { addNeed, type BlobNeed } from './push-blobs.ts';
import { pushManifest } from './push-manifest.ts';
import {
  travellingReferrers,
  type HeldReferrers,
  type TravellingReferrers,
} from './referrer-plan.ts';
import type { PushedRoot } from './sparse-index.ts';

/** An image with its name in the target, and what is to stand under it. */
export interface PlannedImage {
  readonly image: TargetImage;
  readonly reference: Reference;
  readonly pushed: PushedRoot;
  /** What the name stands for before. */
  readonly before?: Digest | undefined;
  /** Why that cannot be found out. */
  readonly refused?: AirkitError | undefined;
  readonly referrers: TravellingReferrers;
  /** What the target holds of them. */
  readonly heldReferrers?: HeldReferrers | undefined;
}

/** Manifests of an image that go to the target: those of which it gets every layer. */
function pushedManifests({
  image,
  pushed,
}: Pick<PlannedImage, 'image' | 'pushed'>): GraphManifest[] {
  const held = image.graph.manifests.filter(({ isHeld }) => isHeld);
  const isSole = held.some(({ descriptor }) => descriptor.digest === pushed.root.digest);
  return isSole ? held.filter(({ descriptor }) => descriptor.digest === pushed.root.digest) : held;
}

/** Referrers of what the target gets. */
export function referrersFor(planned: Pick<PlannedImage, 'image' | 'pushed'>): TravellingReferrers {
  const manifests = pushedManifests(planned).map(({ descriptor }) => descriptor);
  const digests = [...manifests, ...pushedIndexes(planned)].map(({ digest }) => digest);
  return travellingReferrers(planned.image.graph.referrers ?? [], digests);
}

/** What cannot be kept in the target. */
export function noteOf({ pushed, referrers, heldReferrers }: PlannedImage): { message?: string } {
  const foreign = [...(heldReferrers?.keptTags ?? [])].flatMap(([tag, state]) =>
    state === 'foreign' ? [`${tag} holds other signatures there and was left as it is`] : [],
  );
  const notes = [pushed.message, referrers.message, ...foreign].filter(
    (note) => note !== undefined,
  );
  return notes.length === 0 ? {} : { message: notes.join('; ') };
}

/** Blobs that those manifests and the referrers name. */
export function pushedBlobs(planned: PlannedImage): Descriptor[] {
  const own = pushedManifests(planned).flatMap(({ config, layers }) =>
    [config].concat(layers.map(({ descriptor }) => descriptor)),
  );
  return [...own, ...planned.referrers.going.flatMap(referrerContents)];
}

/** Those blobs of several images, and the repositories that need them. */
export function blobNeeds(planned: readonly PlannedImage[]): Map<Digest, BlobNeed> {
  const needs = new Map<Digest, BlobNeed>();
  for (const one of planned) {
    const { content } = one.image;
    for (const target of pushedBlobs(one))
      addNeed(needs, { target, content }, one.reference.repository);
  }
  return needs;
}

/** Indexes of an image that go to the target, from the root down. */
function pushedIndexes({
  image,
  pushed,
}: Pick<PlannedImage, 'image' | 'pushed'>): readonly Descriptor[] {
  return pushed.root.digest === image.root.digest ? image.graph.indexes : [];
}

/**
 * Puts an image's documents by digest, children before the indexes that name them. The name is not touched.
 *
 * @returns bytes sent
 * @throws AirkitError TARGET_FAILED; what the content throws
 */
export async function pushDocuments(
  client: RegistryClient,
  planned: PlannedImage,
  options: OperationOptions,
): Promise<number> {
  const { image, reference } = planned;
  const { repository } = reference;
  const indexes = pushedIndexes(planned).toReversed();
  const documents = [...pushedManifests(planned).map(({ descriptor }) => descriptor), ...indexes];
  let sentBytes = 0;
  for (const target of documents) {
    const name = { client, repository, reference: target.digest };
    if ((await unlessHalfWritten(resolveHeld(name, options))) !== undefined) continue;
    const bytes = await readDocument(image.content, target, options);
    await pushManifest({ ...name, target, bytes }, options);
    sentBytes += bytes.byteLength;
  }
  return sentBytes + (await pushMade(client, planned, options));
}

async function pushMade(
  client: RegistryClient,
  { reference: { repository }, pushed: { made, root } }: PlannedImage,
  options: OperationOptions,
): Promise<number> {
  if (made === undefined) return 0;
  const push = { client, repository, reference: root.digest, target: root, bytes: made };
  await pushManifest(push, options);
  return made.byteLength;
}

/** Gives the image its tag; one that is known by digest only has its name already. @returns bytes sent */
export async function pushTag(
  client: RegistryClient,
  { image, reference, pushed }: PlannedImage,
  options: OperationOptions,
): Promise<number> {
  const { repository, tag } = reference;
  if (tag === undefined) return 0;
  const { root, made } = pushed;
  const bytes = made ?? (await readDocument(image.content, root, options));
  await pushManifest({ client, repository, reference: tag, target: root, bytes }, options);
  return bytes.byteLength;
}
