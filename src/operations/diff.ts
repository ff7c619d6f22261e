import type { Problem } from '../errors.ts';
import type { BundleImage, BundleIndex } from '../archive/bundle-index.ts';
import { checkImages } from '../archive/check-images.ts';
import { archiveContent } from '../archive/read-archive.ts';
import type { HeldContent } from '../content/held-content.ts';
import type { TargetImage, TargetResult } from '../content/image.ts';
import type { OperationOptions } from '../content/operation.ts';
import { missingContent, type MissingContent } from '../inventory/missing-content.ts';
import type { ImageGraph } from '../oci/image-graph.ts';
import { parseReference } from '../oci/reference.ts';
import type { Host } from './host.ts';
import type { TrustOptions } from './judge-kit.ts';
import { openTarget, parseTarget, type OpenTarget } from './open-target.ts';
import type { OpenKitOptions } from './open-kit.ts';
import { readKit, type ReadKit } from './read-kit.ts';
import { verificationFailed } from './require-verified.ts';
import { settleVolumes } from './settle-volumes.ts';

export interface DiffOptions extends OpenKitOptions, Pick<TrustOptions, 'trust'> {
  readonly scoped?: OpenTarget['scoped'];
}

/** What became of one name. */
export interface ImageChange {
  readonly reference: string;
  /** `moved`: the name stands for another image. `unknown`: the target could not say; `message` tells why. */
  readonly change: 'added' | 'removed' | 'moved' | 'same' | 'unknown';
  /** Digest before; of a target, its own ID. */
  readonly from?: string | undefined;
  /** Root digest in the newer kit. */
  readonly to?: string | undefined;
  readonly message?: string | undefined;
}

export interface DiffReport {
  /** The older kit, or the target. */
  readonly from: string;
  /** The newer kit. */
  readonly to: string;
  /** Sorted by name. */
  readonly images: readonly ImageChange[];
  /** What the older lacks of the newer. */
  readonly travel: MissingContent;
  /** What signatures say of the kits. */
  readonly findings: readonly Problem[];
}

/**
 * Compares two kits by name and root digest, and counts the blobs of the newer that the older lacks.
 *
 * @throws AirkitError USAGE, ARCHIVE_MALFORMED, CONTENT_INVALID, KEY_INVALID, DISK_FAILED
 */
export async function diffKits(
  host: Host,
  { older, newer }: { readonly older: string; readonly newer: string },
  options: DiffOptions = {},
): Promise<DiffReport> {
  const before = await readKit(host, older, options);
  const after = await readKit(host, newer, options);
  return {
    from: older,
    to: newer,
    images: compareNames(before.index, after.index),
    travel: newBlobs(before.index, after.index),
    findings: [...before.findings, ...after.findings],
  };
}

/**
 * Compares a kit with what a target holds, and counts the bytes that a load would at most send.
 *
 * @throws AirkitError as {@link diffKits}; TARGET_FAILED, UNSUPPORTED, VERIFICATION_FAILED for damaged documents
 */
export async function diffTarget(
  host: Host,
  { kit: path, target: to }: { readonly kit: string; readonly target: string },
  options: DiffOptions = {},
): Promise<DiffReport> {
  const location = parseTarget(host, to);
  const kit = await readKit(host, path, options);
  const images = await readImages(path, kit, options);
  const { scoped } = options;
  const open = { location, scoped, sparseIndex: 'strip' as const, kit: kit.index };
  await using target = await openTarget(host, open, options);
  const surveyed = await target.survey(images, options);
  const missing = images.filter((_, position) => surveyed[position]?.status === 'skipped');
  const { keepsReferrers = false } = target;
  const graphs = missing.map(({ graph }) => (keepsReferrers ? graph : withoutReferrers(graph)));
  const travel =
    graphs.length === 0
      ? { blobs: 0, bytes: 0 }
      : missingContent(graphs, (await target.takeInventory?.(options)) ?? NOTHING_HELD);
  const roots = new Map(kit.index.images.map(({ reference, root }) => [reference, root.digest]));
  const changes = surveyed.map((result) => changeOf(result, roots.get(result.reference)));
  return { from: to, to: path, images: changes, travel, findings: kit.findings };
}

/** Of a target that cannot tell: k3s, whose archive is written as a whole. */
const NOTHING_HELD: HeldContent = {
  images: [],
  diffIds: new Set(),
  chainIds: new Set(),
  blobs: new Set(),
  needsBlobs: true,
};

function withoutReferrers({ root, indexes, manifests, absentManifests }: ImageGraph): ImageGraph {
  return { root, indexes, manifests, absentManifests };
}

/** Documents of every image; layers are not read. */
async function readImages(
  path: string,
  { kit, index }: ReadKit,
  options: OperationOptions,
): Promise<TargetImage[]> {
  const { kit: settled, problems: bad } = await settleVolumes(kit, index, options);
  const isWhole = bad.length === 0;
  const content = archiveContent(settled.archive, index);
  const question = { index, content, readsTables: isWhole };
  const { graphs, problems } = await checkImages(settled.archive, question, options);
  if (problems.some(({ severity }) => severity === 'error'))
    throw verificationFailed(path, problems);
  return index.images.flatMap(({ reference, root }) => {
    const graph = graphs.get(reference);
    if (graph === undefined) return [];
    return [{ reference: parseReference(reference), root, content, graph }];
  });
}

function compareNames(before: BundleIndex, after: BundleIndex): ImageChange[] {
  const older = rootsOf(before);
  const newer = rootsOf(after);
  const names = [...new Set([...older.keys(), ...newer.keys()])].toSorted();
  return names.map((reference) => {
    const [from, to] = [older.get(reference), newer.get(reference)];
    if (from === undefined) return { reference, change: 'added', to };
    if (to === undefined) return { reference, change: 'removed', from };
    return { reference, change: from === to ? 'same' : 'moved', from, to };
  });
}

function rootsOf({ images }: BundleIndex): Map<string, string> {
  return new Map(images.map(({ reference, root }: BundleImage) => [reference, root.digest]));
}

function isBlob({ path }: BundleIndex['members'][number]): boolean {
  return path.startsWith('blobs/');
}

function newBlobs(before: BundleIndex, after: BundleIndex): MissingContent {
  const held = new Set(before.members.filter(isBlob).map(({ sha256 }) => sha256));
  const added = after.members.filter((member) => isBlob(member) && !held.has(member.sha256));
  return { blobs: added.length, bytes: added.reduce((sum, { size }) => sum + size, 0) };
}

function changeOf(
  { reference, status, before, message }: TargetResult,
  to: string | undefined,
): ImageChange {
  const found = { reference, ...(before === undefined ? {} : { from: before }), to };
  if (status === 'failed') return { ...found, change: 'unknown', message };
  if (status === 'already-present') return { ...found, change: 'same' };
  return { ...found, change: before === undefined ? 'added' : 'moved' };
}
