/** OCI image-spec media-types.md, and Docker's equivalents (distribution manifest-v2-2.md). */
export const MEDIA_TYPES = {
  ociIndex: 'application/vnd.oci.image.index.v1+json',
  ociManifest: 'application/vnd.oci.image.manifest.v1+json',
  ociConfig: 'application/vnd.oci.image.config.v1+json',
  ociLayer: 'application/vnd.oci.image.layer.v1.tar',
  dockerList: 'application/vnd.docker.distribution.manifest.list.v2+json',
  dockerManifest: 'application/vnd.docker.distribution.manifest.v2+json',
  dockerConfig: 'application/vnd.docker.container.image.v1+json',
  dockerLayer: 'application/vnd.docker.image.rootfs.diff.tar',
} as const;

/** How a layer's tar is stored. */
export type LayerEncoding = 'none' | 'gzip' | 'zstd';

export function isIndexType(mediaType: string): boolean {
  return mediaType === MEDIA_TYPES.ociIndex || mediaType === MEDIA_TYPES.dockerList;
}

export function isManifestType(mediaType: string): boolean {
  return mediaType === MEDIA_TYPES.ociManifest || mediaType === MEDIA_TYPES.dockerManifest;
}

/** True for configs of runnable images, unlike those of attestations, signatures and other artifacts. */
export function isImageConfigType(mediaType: string): boolean {
  return mediaType === MEDIA_TYPES.ociConfig || mediaType === MEDIA_TYPES.dockerConfig;
}

/** The OCI layer media type for an encoding: `…tar`, `…tar+gzip`, `…tar+zstd`. */
export function layerMediaType(encoding: LayerEncoding): string {
  return encoding === 'none' ? MEDIA_TYPES.ociLayer : `${MEDIA_TYPES.ociLayer}+${encoding}`;
}

/** The encoding that a layer's media type states; undefined for what is no image layer. */
export function layerEncodingOf(mediaType: string): LayerEncoding | undefined {
  return LAYER_ENCODINGS.get(mediaType);
}

/** True for layers that registries need not carry, such as Windows base layers. */
export function isForeignLayerType(mediaType: string): boolean {
  return mediaType.includes('.nondistributable.') || mediaType.includes('.foreign.');
}

const LAYER_ENCODINGS: ReadonlyMap<string, LayerEncoding> = new Map([
  [MEDIA_TYPES.ociLayer, 'none'],
  [`${MEDIA_TYPES.ociLayer}+gzip`, 'gzip'],
  [`${MEDIA_TYPES.ociLayer}+zstd`, 'zstd'],
  [MEDIA_TYPES.dockerLayer, 'none'],
  [`${MEDIA_TYPES.dockerLayer}.gzip`, 'gzip'],
  [`${MEDIA_TYPES.dockerLayer}.zstd`, 'zstd'],
]);
