import { basename, dirname, extname, join, relative } from 'node:path';
import { canonicalJson } from '../oci/canonical-json.ts';
import { by } from '../oci/compare.ts';
import { digestOf, type Digest } from '../oci/digest.ts';
import type { ImageIdentity } from '../oci/image-identity.ts';
import type { DiscoverSpec, ImageSelector } from './bundles-file.ts';

export const LOCK_API_VERSION = 'airkit.dev/v1';
export const LOCK_KIND = 'BundlesLock';

/** What the selectors of a bundles file chose, image by image (docs/lock-format.md). */
export interface LockFile {
  readonly bundles: readonly LockedBundle[];
}

export interface LockedBundle {
  readonly name: string;
  readonly selectors: readonly LockedSelector[];
}

export interface LockedSelector {
  /** {@link selectorDigest} of the selector that chose the images. */
  readonly selector: Digest;
  /** The selector's source, for people. */
  readonly from: string;
  readonly images: readonly LockedImage[];
}

export interface LockedImage {
  /** Canonical, before `rename`. */
  readonly reference: string;
  /** The pattern that chose it. */
  readonly pattern: string;
  readonly identity: ImageIdentity;
}

/** Where the lock of a bundles file lies: `bundles.yaml` has `bundles.lock.json` beside it. */
export function lockPathOf(bundlesFile: string): string {
  const stem = basename(bundlesFile, extname(bundlesFile));
  return join(dirname(bundlesFile), `${stem}.lock.json`);
}

/**
 * Equal for selectors that say the same, wherever they stand: all fields that decide which images come, defaults
 * applied.
 *
 * @param directory of the bundles file; no absolute path counts
 */
export function selectorDigest(selector: ImageSelector, directory: string): Digest {
  const { text, discover } = selector;
  const says = {
    ...selector,
    from: text,
    text: undefined,
    position: undefined,
    discover: discover === undefined ? undefined : describeDiscover(discover, directory),
  };
  return digestOf(canonicalJson(says));
}

function describeDiscover(discover: DiscoverSpec, directory: string): DiscoverSpec {
  const below = (paths: readonly string[]): string[] =>
    paths.map((path) => relative(directory, path).replaceAll('\\', '/'));
  const { kubernetes, compose, helm, lists } = discover;
  return {
    kubernetes: below(kubernetes),
    compose: below(compose),
    helm: below(helm),
    lists: below(lists),
  };
}

/** The lock's text: keys and lists sorted, two spaces, a final newline. Equal locks have equal text. */
export function formatLockFile({ bundles }: LockFile): string {
  const document = {
    apiVersion: LOCK_API_VERSION,
    bundles: bundles.toSorted(by(({ name }) => name)).map(({ name, selectors }) => ({
      name,
      selectors: selectors
        .toSorted(by(({ from, selector }) => `${from}\n${selector}`))
        .map(({ from, images, selector }) => ({
          from,
          images: images.toSorted(by(({ reference }) => reference)).map(formatImage),
          selector,
        })),
    })),
    kind: LOCK_KIND,
  };
  return `${JSON.stringify(document, undefined, 2)}\n`;
}

function formatImage({ reference, pattern, identity }: LockedImage): object {
  if ('root' in identity) return { pattern, reference, root: identity.root };
  return { diffIDs: identity.diffIds, imageID: identity.imageId, pattern, reference };
}
