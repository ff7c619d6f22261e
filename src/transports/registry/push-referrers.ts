import { readDocument } from '../../content/read-document.ts';
import type { OperationOptions } from '../../content/operation.ts';
import { isAirkitError } from '../../errors.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import { digestOf, type Digest } from '../../oci/digest.ts';
import { isIndexType, MEDIA_TYPES } from '../../oci/media-types.ts';
import { fallbackTag, referrerDocuments, type Referrer } from '../../oci/referrer.ts';
import { addReferrerEntries, referrerEntry } from '../../oci/referrer-index.ts';
import type { RegistryClient } from './client.ts';
import { failure } from './failure.ts';
import { unlessHalfWritten } from './half-written.ts';
import { fetchHeld, resolveHeld } from './manifests.ts';
import type { PlannedImage } from './push-image.ts';
import { pushManifest } from './push-manifest.ts';
import type { ReferrerPlace } from './referrer-plan.ts';

/** Others may write the same list at the same time; it is written again so often. */
const MAX_LIST_WRITES = 4;

/** Puts the referrers of images. @returns bytes sent */
export type ReferrerPusher = (
  client: RegistryClient,
  planned: PlannedImage,
  options: OperationOptions,
) => Promise<number>;

/**
 * Puts referrers after what they refer to: their documents by digest, an entry in the list under the fallback tag where
 * the registry does not tell that it reads `subject` (OCI distribution-spec "Pushing Manifests with Subject"), and
 * cosign's tags. Lists are written one at a time.
 *
 * @throws AirkitError TARGET_FAILED; what the content throws
 */
export function openReferrerPusher(): ReferrerPusher {
  const turns = new Map<string, Promise<unknown>>();
  return async (client, planned, options) => {
    if (planned.heldReferrers?.isWhole === true) return 0;
    const { repository } = planned.reference;
    let sentBytes = 0;
    for (const referrer of planned.referrers.going) {
      const pushing: Pushing = { client, repository, planned, referrer, turns };
      sentBytes += await pushReferrer(pushing, options);
    }
    return sentBytes;
  };
}

interface Pushing extends ReferrerPlace {
  readonly planned: PlannedImage;
  readonly referrer: Referrer;
  /** By list: what is written to it last. */
  readonly turns: Map<string, Promise<unknown>>;
}

async function pushReferrer(pushing: Pushing, options: OperationOptions): Promise<number> {
  const { client, repository, planned, referrer } = pushing;
  const { descriptor, subject, tag } = referrer;
  const { content } = planned.image;
  const isKept = tag !== undefined && planned.heldReferrers?.keptTags.has(tag) === true;
  if (isKept && subject === undefined) return 0;
  let sentBytes = await pushChildren(pushing, options);
  const bytes = await readDocument(content, descriptor, options);
  const push = { client, repository, reference: descriptor.digest, target: descriptor, bytes };
  const { isListed } = await pushManifest(push, options);
  sentBytes += bytes.byteLength;
  if (subject !== undefined && !isListed) {
    const entry = referrerEntry(referrer);
    sentBytes += await inTurn(pushing, subject, async () =>
      writeToList(pushing, { subject, entry }, options),
    );
  }
  if (tag === undefined || isKept) return sentBytes;
  await pushManifest({ ...push, reference: tag }, options);
  return sentBytes + bytes.byteLength;
}

/** Documents below a referrer that is an index. */
async function pushChildren(
  { client, repository, planned, referrer }: Pushing,
  options: OperationOptions,
): Promise<number> {
  let sentBytes = 0;
  for (const target of referrerDocuments(referrer).toReversed()) {
    const name = { client, repository, reference: target.digest };
    if (target.digest === referrer.descriptor.digest) continue;
    if ((await unlessHalfWritten(resolveHeld(name, options))) !== undefined) continue;
    const bytes = await readDocument(planned.image.content, target, options);
    await pushManifest({ ...name, target, bytes }, options);
    sentBytes += bytes.byteLength;
  }
  return sentBytes;
}

/** Runs a call when all earlier ones for the same list have ended. */
async function inTurn<T>(
  { turns, repository }: Pushing,
  subject: Digest,
  call: () => Promise<T>,
): Promise<T> {
  const key = `${repository} ${subject}`;
  const turn = (turns.get(key) ?? Promise.resolve()).then(call, call);
  turns.set(key, turn);
  return turn;
}

interface ListEntry {
  readonly subject: Digest;
  readonly entry: Descriptor;
}

/** Reads the list, adds the entry, writes it, and looks whether it stayed: nothing that others wrote is lost. */
async function writeToList(
  { client, repository }: Pushing,
  { subject, entry }: ListEntry,
  options: OperationOptions,
): Promise<number> {
  const reference = fallbackTag(subject);
  const name = { client, repository, reference };
  let sentBytes = 0;
  for (let write = 0; ; write += 1) {
    const held = await fetchHeld(name, options);
    if (held !== undefined && !isIndexType(held.descriptor.mediaType))
      throw listFailure(name, 'is there already, and is no list of referrers');
    const bytes = extended(name, held?.bytes, entry);
    if (bytes === undefined) return sentBytes;
    if (write >= MAX_LIST_WRITES) throw listFailure(name, 'is changed by others all the time');
    const { mediaType = MEDIA_TYPES.ociIndex } = held?.descriptor ?? {};
    const target = { mediaType, digest: digestOf(bytes), size: bytes.byteLength };
    await pushManifest({ ...name, target, bytes }, options);
    sentBytes += bytes.byteLength;
  }
}

/** What the target holds is its own doing, not the kit's. */
function extended(
  name: ListName,
  existing: Uint8Array | undefined,
  entry: Descriptor,
): Uint8Array | undefined {
  try {
    return addReferrerEntries(existing, [entry]);
  } catch (error) {
    if (isAirkitError(error, 'CONTENT_INVALID')) throw listFailure(name, 'cannot be read');
    throw error;
  }
}

interface ListName extends ReferrerPlace {
  readonly reference: string;
}

function listFailure({ client, repository, reference }: ListName, what: string): Error {
  const text = `the tag ${reference}, which lists referrers, ${what}`;
  return failure({ ...client, repository }, text, {
    hint: 'Look at the tag in the registry: remove it if nobody needs it, then load again.',
  });
}
