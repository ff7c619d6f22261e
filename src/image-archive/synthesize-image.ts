import type { Buffer } from 'node:buffer';
import { AirkitError } from '../errors.ts';
import type { Cache, LayerRecord } from '../content/cache.ts';
import type { Image } from '../content/image.ts';
import { seenInCache } from '../content/seen-in-cache.ts';
import { bytesLocation, mappedReader, type BlobLocation } from '../content/mapped-reader.ts';
import { canonicalJson } from '../oci/canonical-json.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { digestOf, type Digest } from '../oci/digest.ts';
import { parseImageConfig, requireLayerCount } from '../oci/image-config.ts';
import { MEDIA_TYPES } from '../oci/media-types.ts';
import type { Reference } from '../oci/reference.ts';
import { requireDiffId } from './ingest-layer.ts';

export interface ImageParts {
  readonly reference: Reference;
  /** The config's own bytes: they are kept, so the image ID stays what it was. */
  readonly config: Buffer;
  /** Base first. */
  readonly layers: readonly LayerRecord[];
  /** Where layers are that are not in the cache. */
  readonly places?: ReadonlyMap<Digest, BlobLocation> | undefined;
  readonly cache: Cache;
}

/**
 * Makes an image of a config and layers that come without a manifest, as classic Docker stores hold them. The manifest
 * is canonical JSON, so the same parts give the same digest.
 *
 * @throws AirkitError CONTENT_INVALID, DIGEST_MISMATCH when layers are not those of the config
 */
export function synthesizeImage(parts: ImageParts): Image {
  const { reference, config, layers } = parts;
  const imageId = digestOf(config);
  const parsed = parseImageConfig(config, imageId);
  requireLayerCount(parsed, layers.length, `image ${imageId}`);
  for (const [position, layer] of layers.entries()) {
    requireDiffId(
      layer.diffId,
      parsed.diffIds[position] ?? layer.diffId,
      `image ${imageId}, layer ${position + 1}`,
    );
  }
  const manifest = canonicalJson({
    schemaVersion: 2,
    mediaType: MEDIA_TYPES.ociManifest,
    config: { mediaType: MEDIA_TYPES.ociConfig, digest: imageId, size: config.byteLength },
    layers: layers.map(({ descriptor }) => descriptor),
  });
  const root: Descriptor = {
    mediaType: MEDIA_TYPES.ociManifest,
    digest: digestOf(manifest),
    size: manifest.byteLength,
  };
  const places = new Map(parts.places);
  places.set(root.digest, bytesLocation(manifest));
  places.set(imageId, bytesLocation(config));
  return {
    reference,
    root,
    content: mappedReader(places, {
      where: `image ${imageId}`,
      fallback: seenInCache(
        new Set(layers.map(({ descriptor }) => descriptor.digest)),
        parts.cache,
      ),
    }),
    uncompressedSizes: new Map(
      layers.map(({ diffId, uncompressedSize }) => [diffId, uncompressedSize]),
    ),
  };
}

/**
 * Checks the config's bytes against the digest in its file name, where the name holds one.
 *
 * @throws AirkitError DIGEST_MISMATCH
 */
export function requireConfigDigest(config: Buffer, path: string): void {
  const hex = /(?:^|[/:])([0-9a-f]{64})(?:\.json)?$/.exec(path)?.[1];
  const actual = digestOf(config);
  if (hex === undefined || actual === `sha256:${hex}`) return;
  throw new AirkitError('DIGEST_MISMATCH', `${path}: its bytes have the digest ${actual}`, {
    hint: 'The archive is damaged or was tampered with: get it again from where it was made.',
    context: { path, actual },
  });
}
