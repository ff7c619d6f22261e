/** Signatures, SBOMs and attestations in memory, as tools attach them to images. */
import type { Descriptor } from '../../src/oci/descriptor.ts';
import { digestOf } from '../../src/oci/digest.ts';
import { MEDIA_TYPES } from '../../src/oci/media-types.ts';
import { descriptorOf, jsonBytes, type BuiltRoot } from './image-builder.ts';

export const SBOM_TYPE = 'application/spdx+json';
export const SIGNATURE_TYPE = 'application/vnd.dev.sigstore.bundle.v0.3+json';
const EMPTY = Buffer.from('{}');
const EMPTY_TYPE = 'application/vnd.oci.empty.v1+json';

export interface ReferrerRecipe {
  /** Undefined: it refers to nothing by itself. */
  readonly subject?: Descriptor | undefined;
  readonly body: string;
  /** Default: an SBOM. */
  readonly artifactType?: string | undefined;
}

/** An artifact with one layer, as oras attach and cosign 3 write it. */
export function referrerRoot({
  subject,
  body,
  artifactType = SBOM_TYPE,
}: ReferrerRecipe): BuiltRoot {
  const layer = Buffer.from(body);
  const manifest = jsonBytes({
    schemaVersion: 2,
    mediaType: MEDIA_TYPES.ociManifest,
    artifactType,
    config: descriptorOf(EMPTY_TYPE, EMPTY),
    layers: [descriptorOf(artifactType, layer)],
    ...(subject === undefined ? {} : { subject: bare(subject) }),
    annotations: { 'org.opencontainers.image.created': '1970-01-01T00:00:00Z', body },
  });
  return rootOf(MEDIA_TYPES.ociManifest, manifest, [EMPTY, layer]);
}

/** An index that refers to an image, over some artifacts. */
export function referrerIndex(subject: Descriptor, parts: readonly BuiltRoot[]): BuiltRoot {
  const index = jsonBytes({
    schemaVersion: 2,
    mediaType: MEDIA_TYPES.ociIndex,
    artifactType: 'application/vnd.example.report',
    manifests: parts.map(({ descriptor }) => descriptor),
    subject: bare(subject),
  });
  const { name, descriptor, blobs } = rootOf(MEDIA_TYPES.ociIndex, index, []);
  const below = parts.flatMap((part) => Array.from(part.blobs));
  return { name, descriptor, blobs: new Map([...below, ...blobs]) };
}

/** What cosign 1 and 2 keep under a tag: an image of which each layer is a signature. */
export function cosignRoot(...bodies: readonly string[]): BuiltRoot {
  const layers = bodies.map((body) => Buffer.from(body));
  const config = jsonBytes({
    architecture: '',
    config: {},
    created: '0001-01-01T00:00:00Z',
    os: '',
    rootfs: { type: 'layers', diff_ids: layers.map((layer) => digestOf(layer)) },
  });
  const type = 'application/vnd.dev.cosign.simplesigning.v1+json';
  const manifest = jsonBytes({
    schemaVersion: 2,
    mediaType: MEDIA_TYPES.ociManifest,
    config: descriptorOf(MEDIA_TYPES.ociConfig, config),
    layers: layers.map((layer) => ({
      ...descriptorOf(type, layer),
      annotations: { 'dev.cosignproject.cosign/signature': 'c2ln' },
    })),
  });
  return rootOf(MEDIA_TYPES.ociManifest, manifest, [config, ...layers]);
}

/** The index that lists referrers under a fallback tag; `lists` may be wrong. */
export function fallbackIndex(lists: readonly Descriptor[]): BuiltRoot {
  const index = jsonBytes({
    schemaVersion: 2,
    mediaType: MEDIA_TYPES.ociIndex,
    manifests: lists,
    annotations: { kept: 'yes' },
  });
  return rootOf(MEDIA_TYPES.ociIndex, index, []);
}

/** `sha256-HEX` or, with a suffix, the tag that cosign makes from a digest. */
export function referrerTag({ digest }: Descriptor, suffix = ''): string {
  return `${digest.replace(':', '-')}${suffix}`;
}

function rootOf(mediaType: string, document: Buffer, blobs: readonly Buffer[]): BuiltRoot {
  const all = [...blobs, document].map((bytes) => [digestOf(bytes), bytes] as const);
  return { name: undefined, descriptor: descriptorOf(mediaType, document), blobs: new Map(all) };
}

function bare({ mediaType, digest, size }: Descriptor): Descriptor {
  return { mediaType, digest, size };
}
