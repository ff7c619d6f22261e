import type { TargetImage } from '../../content/image.ts';
import type { Digest } from '../../oci/digest.ts';
import type { GraphManifest } from '../../oci/image-graph.ts';
import { samePlatform } from '../../oci/platform.ts';
import { formatFamiliar } from '../../oci/reference.ts';
import type { Engine } from './engine.ts';

/**
 * The manifest of an image that an engine gets; undefined when the kit has none for it. What a person asked for comes
 * before what the engine runs; of several such, the engine's own. Otherwise an index must have the engine's platform,
 * while one manifest may be for any, as docker load takes it.
 */
export function manifestFor(
  { facts }: Engine,
  { graph, platforms }: TargetImage,
): GraphManifest | undefined {
  const held = graph.manifests.filter(({ isImage, isHeld }) => isImage && isHeld);
  const wanted = platforms?.flatMap(
    (platform) => held.find((one) => samePlatform(one.platform, platform)) ?? [],
  );
  const candidates = wanted ?? held;
  const own = candidates.find(({ platform }) => samePlatform(platform, facts.platform));
  return own ?? (wanted !== undefined || graph.indexes.length === 0 ? candidates[0] : undefined);
}

/** The classic store cannot hold a name with a digest: such an image is known there by its ID only. */
export function nameIn(
  engine: Engine,
  { reference }: TargetImage,
  manifest: GraphManifest,
): string {
  const isNameless = reference.digest !== undefined && !engine.facts.hasContainerdStore;
  return isNameless ? manifest.config.digest : formatFamiliar(reference);
}

/** The ID that an engine gives to an image. */
export function expectedId(engine: Engine, image: TargetImage, manifest: GraphManifest): Digest {
  return engine.facts.hasContainerdStore ? image.root.digest : manifest.config.digest;
}
