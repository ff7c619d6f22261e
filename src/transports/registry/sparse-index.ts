import { AirkitError } from '../../errors.ts';
import type { TargetImage } from '../../content/image.ts';
import { readDocument } from '../../content/read-document.ts';
import type { OperationOptions } from '../../content/operation.ts';
import { canonicalJson } from '../../oci/canonical-json.ts';
import { bareDescriptor, type Descriptor } from '../../oci/descriptor.ts';
import { digestOf } from '../../oci/digest.ts';
import type { GraphManifest } from '../../oci/image-graph.ts';
import { parseJsonObject } from '../../oci/json.ts';
import { formatPlatform } from '../../oci/platform.ts';
import { formatReference } from '../../oci/reference.ts';

/** What becomes of an index of which not all platforms are carried. */
export type SparseIndex = 'keep' | 'strip' | 'fail';

/** What a target is to hold under an image's name. */
export interface PushedRoot {
  readonly root: Descriptor;
  /** Bytes of a root that no source holds, because it was made here. */
  readonly made?: Uint8Array | undefined;
  /** What could not be kept. */
  readonly message?: string | undefined;
}

/**
 * Decides what is pushed for an image: its root, or, where platforms are absent, what `rule` says.
 *
 * @throws AirkitError UNSUPPORTED for an index with absent platforms and the rule `fail`, or one with nothing carried
 */
export async function pushedRoot(
  image: TargetImage,
  rule: SparseIndex,
  options: OperationOptions,
): Promise<PushedRoot> {
  const { root, graph } = image;
  const held = graph.manifests.filter(({ isHeld }) => isHeld);
  const absent = graph.manifests.filter(({ isHeld }) => !isHeld);
  const isWhole = absent.length === 0 && graph.absentManifests.length === 0;
  if (isWhole) return { root };
  if (held.length === 0) throw sparse(image, absent, 'nothing of it is carried');
  if (rule === 'keep') return { root };
  if (rule === 'fail') throw sparse(image, absent, 'not all its platforms are carried');
  return strip(image, held, options);
}

async function strip(
  image: TargetImage,
  held: readonly GraphManifest[],
  options: OperationOptions,
): Promise<PushedRoot> {
  const images = held.filter(({ isImage }) => isImage);
  const [sole] = images;
  if (sole !== undefined && images.length === 1) {
    const root = bareDescriptor(sole.descriptor);
    return { root, message: stripped(image, root) };
  }
  const { mediaType } = image.root;
  const original = parseJsonObject(await readDocument(image.content, image.root, options), {
    where: image.root.digest,
  });
  const made = canonicalJson({
    schemaVersion: 2,
    mediaType,
    annotations: original['annotations'] ?? undefined,
    manifests: held.map(({ descriptor }) => descriptor),
  });
  const root = { mediaType, digest: digestOf(made), size: made.byteLength };
  return { root, made, message: stripped(image, root) };
}

function stripped({ root }: TargetImage, pushed: Descriptor): string {
  return `absent platforms were taken out: ${pushed.digest} in place of ${root.digest}`;
}

function sparse(image: TargetImage, absent: readonly GraphManifest[], why: string): AirkitError {
  const name = formatReference(image.reference);
  const platforms = absent
    .filter(({ isImage }) => isImage)
    .map(({ platform }) => formatPlatform(platform));
  const missing = platforms.length === 0 ? '' : `; ${platforms.join(', ')} missing`;
  return new AirkitError('UNSUPPORTED', `${name}: ${why}${missing}`, {
    hint: `Most registries refuse an index without its platforms. Pack ${platforms.join(', ') || 'all platforms'} too, or use --sparse-index strip (other digest) or keep (if the registry permits it).`,
    context: { reference: name, digest: image.root.digest },
  });
}
