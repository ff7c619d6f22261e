import { canonicalJson } from './canonical-json.ts';
import { bareDescriptor, type Descriptor } from './descriptor.ts';
import { hexOf, type Digest } from './digest.ts';
import { MEDIA_TYPES } from './media-types.ts';

/** The bytes of `oci-layout`, which marks a folder or tar as an OCI layout (OCI image-spec image-layout.md). */
export const OCI_LAYOUT_BYTES: Uint8Array = new TextEncoder().encode(
  '{"imageLayoutVersion":"1.0.0"}',
);

/** Where a blob is in an OCI layout. */
export function blobPathOf(digest: Digest): string {
  return `blobs/sha256/${hexOf(digest)}`;
}

/** containerd's annotation with the whole name of an image. */
export const CONTAINERD_NAME = 'io.containerd.image.name';
/** OCI's own; many tools write only a tag into it. */
export const REF_NAME = 'org.opencontainers.image.ref.name';

/** containerd's annotation of an entry that is no image but refers to one: the digest that it refers to. */
export const CONTAINERD_SUBJECT = 'io.containerd.manifest.subject';

/** An image as an index.json lists it. */
export interface NamedRoot {
  /** The whole reference. */
  readonly reference: string;
  readonly root: Descriptor;
}

/**
 * An entry of index.json. The whole reference stands in both annotations: podman and skopeo would take a bare tag for a
 * name. There is no platform, so that containerd unpacks the image whatever the host is.
 */
export function namedDescriptor({ reference, root }: NamedRoot): Descriptor {
  const annotations = { [CONTAINERD_NAME]: reference, [REF_NAME]: reference };
  return { ...bareDescriptor(root), annotations };
}

/** `index.json` over some entries, as canonical JSON, in the order given. */
export function formatLayoutIndex(manifests: readonly Descriptor[]): Uint8Array {
  return canonicalJson({ schemaVersion: 2, mediaType: MEDIA_TYPES.ociIndex, manifests });
}
