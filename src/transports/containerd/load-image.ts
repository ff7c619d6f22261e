import { isAirkitError, messageOf } from '../../errors.ts';
import type { TargetResult } from '../../content/image.ts';
import type { OperationOptions } from '../../content/operation.ts';
import type { Digest } from '../../oci/digest.ts';
import { canonicalName } from '../../oci/reference.ts';
import { runCtr } from './ctr.ts';
import { importImage } from './import-image.ts';
import {
  lookAtNames,
  missingOf,
  type LoadableImage,
  type OpenedStore,
  type StoreContents,
} from './survey.ts';

/** One image that must be loaded. */
export interface LoadJob {
  readonly missing: LoadableImage;
  /** What the survey said of it. */
  readonly found: TargetResult;
  readonly contents: StoreContents;
}

export interface LoadedImage {
  readonly result: TargetResult;
  /** After the import; undefined when containerd cannot be asked any more. */
  readonly contents: StoreContents | undefined;
}

/**
 * Sends what is missing of an image, and looks. Blobs that were there a moment ago may have been collected since,
 * because nothing held them yet: then once again everything.
 *
 * @throws the kit's own errors; the signal's reason. What containerd does is in the result.
 */
export async function loadImage(
  store: OpenedStore,
  job: LoadJob,
  options: OperationOptions,
): Promise<LoadedImage> {
  const first = await sendImage(store, { ...job, present: job.contents.blobs }, options);
  const now = first.contents?.blobs;
  const isCollected = job.missing.wanted.blobs.some(
    ({ digest }) => job.contents.blobs.has(digest) && now?.has(digest) === false,
  );
  if (!isCollected || first.contents === undefined) return first;
  const again = { ...job, contents: first.contents, present: new Set<Digest>() };
  const second = await sendImage(store, again, options);
  const sentBytes = (first.result.sentBytes ?? 0) + (second.result.sentBytes ?? 0);
  return { ...second, result: { ...second.result, sentBytes } };
}

/** ctr's word is not taken: names, content and snapshots are looked at afterwards. */
async function sendImage(
  store: OpenedStore,
  { missing, found, contents, present }: LoadJob & { readonly present: ReadonlySet<Digest> },
  options: OperationOptions,
): Promise<LoadedImage> {
  let sentBytes = 0;
  const onSent = (bytes: number): void => {
    sentBytes += bytes;
  };
  let failure: Error | undefined;
  try {
    await keepOldRoot(store, { missing, found, contents }, options);
    await importImage(store, { ...missing, present, onSent }, options);
  } catch (error) {
    if (!isAirkitError(error, 'TARGET_FAILED')) throw error;
    failure = error;
  }
  const after = await lookAgain(store, { missing, contents }, options);
  const now = after?.records.get(found.reference);
  const lacks = after === undefined ? 'containerd no longer answers' : missingOf(missing, after);
  const result: TargetResult = { ...found, status: 'loaded', after: now, sentBytes };
  if (lacks === undefined) return { result, contents: after };
  const message = failure === undefined ? `ctr took the image, but ${lacks}` : messageOf(failure);
  return { result: { ...result, status: 'failed', message }, contents: after };
}

/** Undefined when containerd does not answer: it may have ended in the middle. */
async function lookAgain(
  store: OpenedStore,
  { missing, contents }: Pick<LoadJob, 'missing' | 'contents'>,
  options: OperationOptions,
): Promise<StoreContents | undefined> {
  try {
    return await lookAtNames(store, { names: missing.names, known: contents }, options);
  } catch (error) {
    if (!isAirkitError(error, 'TARGET_FAILED')) throw error;
    return undefined;
  }
}

/** containerd forgets content that no record names: what a tag stood for stays as REPOSITORY@DIGEST, for a rollback. */
async function keepOldRoot(
  store: OpenedStore,
  { found, missing: { image }, contents }: LoadJob,
  options: OperationOptions,
): Promise<void> {
  const { reference, before } = found;
  const now = contents.records.get(reference);
  if (before === undefined || before !== now || before === image.root.digest) return;
  const pin = `${canonicalName(image.reference)}@${before}`;
  if (contents.records.has(pin)) return;
  const args = ['images', 'tag', reference, pin];
  await runCtr(store, { what: `keep ${pin}`, args }, options);
}
