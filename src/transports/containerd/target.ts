import type {
  ImageTarget,
  TargetImage,
  TargetOptions,
  TargetOutcome,
  TargetResult,
} from '../../content/image.ts';
import { expectBlobs } from '../../content/count-bytes.ts';
import type { OperationOptions } from '../../content/operation.ts';
import type { Containerd } from './ctr.ts';
import { takeContainerdInventory } from './inventory.ts';
import { loadImage } from './load-image.ts';
import { putNamesBack } from './put-back.ts';
import { spaceNeeds } from './space-needs.ts';
import { askFacts } from './store.ts';
import { lookAtStore, surveyImage, type OpenedStore } from './survey.ts';

/**
 * A namespace of containerd to load into, through ctr.
 *
 * @throws AirkitError TARGET_FAILED when ctr is missing or containerd does not answer
 */
export async function openContainerdTarget(
  location: Omit<Containerd, 'side'>,
  options?: OperationOptions,
): Promise<ImageTarget> {
  const store = { ...location, side: 'target' as const };
  const opened: OpenedStore = { ...store, ...(await askFacts(store, options)) };
  return {
    name: `containerd:${store.namespace}`,
    survey: async (images, call) => {
      const contents = await lookAtStore(opened, call);
      return images.map((image) => surveyImage(opened, image, contents).result);
    },
    lackingLayers: async (images, notAtHand, call) => {
      const contents = await lookAtStore(opened, call);
      return images.map((image) =>
        (surveyImage(opened, image, contents).missing?.wanted.blobs ?? []).filter(
          ({ digest }) => notAtHand.has(digest) && !contents.blobs.has(digest),
        ),
      );
    },
    preflight: async (images, call) => spaceNeeds(opened, images, call),
    load: async (images, call) => loadImages(opened, images, call),
    takeInventory: async (call) => takeContainerdInventory(opened, call),
    putBack: async (names, call) => putNamesBack(opened, names, call),
    [Symbol.asyncDispose]: async () => undefined,
  };
}

/**
 * One by one, so that each outcome is known as soon as there is one, and a failure is one image's own. When containerd
 * has ended, nothing more is tried.
 */
async function loadImages(
  store: OpenedStore,
  images: readonly TargetImage[],
  options: TargetOptions = {},
): Promise<TargetOutcome> {
  const results: TargetResult[] = [];
  let contents = await lookAtStore(store, options);
  const { blobs: held } = contents;
  const wanted = images.flatMap(
    (image) => surveyImage(store, image, contents).missing?.wanted ?? [],
  );
  const lacking = wanted.flatMap(({ blobs }) => blobs).filter(({ digest }) => !held.has(digest));
  expectBlobs(lacking, options);
  let lost: string | undefined;
  for (const image of images) {
    let { result, missing } = surveyImage(store, image, contents);
    if (missing !== undefined && lost !== undefined) {
      result = { ...result, status: 'failed', message: lost };
    } else if (missing !== undefined) {
      const loaded = await loadImage(store, { missing, found: result, contents }, options);
      ({ result } = loaded);
      lost = loaded.contents === undefined ? result.message : undefined;
      contents = loaded.contents ?? contents;
    }
    results.push(result);
    await options.onResult?.(result);
  }
  return { results, sentBytes: results.reduce((sum, { sentBytes = 0 }) => sum + sentBytes, 0) };
}
