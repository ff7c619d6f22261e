import { isAirkitError } from '../../errors.ts';
import type { TargetImage, TargetResult } from '../../content/image.ts';
import { mapLimited } from '../../content/map-limited.ts';
import type { OperationOptions } from '../../content/operation.ts';
import { heldPlatforms, type GraphManifest } from '../../oci/image-graph.ts';
import { formatPlatform } from '../../oci/platform.ts';
import { formatFamiliar, formatReference } from '../../oci/reference.ts';
import { storedManifests, tellsManifests } from './available-manifests.ts';
import { expectedId, manifestFor, nameIn } from './choose-manifest.ts';
import type { PlatformImage } from './classic-archive.ts';
import { inspectEngineImage, QUESTIONS_AT_ONCE, type Engine } from './engine.ts';

/** An image and what the engine has of it. */
export interface Surveyed {
  readonly result: TargetResult;
  readonly image: TargetImage;
  /** The manifest for this engine; undefined when the kit has none for it. */
  readonly manifest?: GraphManifest | undefined;
}

/** Compares images with what an engine has; nothing is written. */
export async function surveyImages(
  engine: Engine,
  images: readonly TargetImage[],
  options?: OperationOptions,
): Promise<Surveyed[]> {
  return mapLimited(
    images,
    async (image) => surveyImage(engine, image).catch((error: unknown) => refused(image, error)),
    { ...options, concurrency: QUESTIONS_AT_ONCE },
  );
}

function refused(image: TargetImage, error: unknown): Surveyed {
  if (!isAirkitError(error, 'REFERENCE_INVALID')) throw error;
  const reference = formatReference(image.reference);
  return { image, result: { reference, status: 'failed', message: error.message } };
}

async function surveyImage(engine: Engine, image: TargetImage): Promise<Surveyed> {
  const reference = formatReference(image.reference);
  const manifest = manifestFor(engine, image);
  if (manifest === undefined) {
    const wanted = image.platforms?.map(formatPlatform).join(' and ');
    const message = `the kit holds it for ${heldPlatforms(image.graph).join(', ')}, ${wanted === undefined ? `the engine runs ${formatPlatform(engine.facts.platform)}` : `${wanted} is wanted`}`;
    return { image, result: { reference, status: 'failed', message } };
  }
  const before = (await inspectEngineImage(engine, nameIn(engine, image, manifest)))?.id;
  const isPresent =
    before === expectedId(engine, image, manifest) && (await isWhole(engine, { image, manifest }));
  const status = isPresent ? 'already-present' : 'skipped';
  return {
    image,
    manifest,
    result: { reference, status, before, ...(isPresent ? { after: before } : {}) },
  };
}

/** In the containerd store an index may be there without the platform that this engine runs. */
export async function isWhole(
  engine: Engine,
  { image, manifest }: PlatformImage,
): Promise<boolean> {
  if (!tellsManifests(engine)) return true;
  const stored = await storedManifests(engine, formatFamiliar(image.reference));
  return stored.some(
    ({ digest, isAvailable }) => digest === manifest.descriptor.digest && isAvailable,
  );
}
