import { messageOf, type Problem } from '../errors.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import { parseDockerManifest, type DockerManifestItem } from '../oci/docker-manifest.ts';
import { leftOutByPlatform } from './bundle-bases.ts';
import type { BundleImage, BundleIndex } from './bundle-index.ts';
import { blobPathOf, isCarried, isRunnable } from './stock-views.ts';

/** Every item shows carried manifests of exactly the images that it names, and every loadable image has an item. */
export function checkManifestJson(bytes: Uint8Array, index: BundleIndex): Problem[] {
  const absent = leftOutByPlatform(index.absent);
  const views = new Map(index.images.map((image) => [image.reference, viewsOf(image, absent)]));
  const known: KnownViews = {
    images: new Map(index.images.map((image) => [image.reference, image])),
    views,
    all: new Set([...views.values()].flat()),
    named: new Set(),
  };
  const problems: Problem[] = [];
  try {
    for (const item of parseDockerManifest(bytes)) problems.push(...checkItem(item, known));
  } catch (error) {
    return [problem('manifest.json', messageOf(error))];
  }
  for (const [reference, own] of views) {
    const isLoadable = own.length > 0 && !reference.includes('@');
    if (isLoadable && !known.named.has(reference))
      problems.push(problem('manifest.json', `it lacks ${reference}`));
  }
  return problems;
}

interface KnownViews {
  readonly images: ReadonlyMap<string, BundleImage>;
  /** By reference: the items that may stand for an image. */
  readonly views: ReadonlyMap<string, readonly string[]>;
  readonly all: ReadonlySet<string>;
  /** Names that items before had. */
  readonly named: Set<string>;
}

function checkItem(
  { config, layers, repoTags }: DockerManifestItem,
  { images, views, all, named }: KnownViews,
): Problem[] {
  const problems: Problem[] = [];
  const view = [config, ...layers].join('\n');
  for (const tag of repoTags) {
    if (named.has(tag)) problems.push(problem('manifest.json', `it names ${tag} twice`));
    named.add(tag);
    if (views.get(tag)?.includes(view) !== true && !sharesConfig(images.get(tag), config)) {
      problems.push(problem('manifest.json', `its ${tag} is not the image of bundle.json`));
    }
  }
  if (!all.has(view)) {
    problems.push(problem('manifest.json', `its item with ${config} is no image of bundle.json`));
  }
  return problems;
}

/** The docker views that an image may have: one for each carried Linux manifest. */
function viewsOf(image: BundleImage, absent: ReadonlySet<Digest>): string[] {
  return image.manifests
    .filter(
      (manifest) =>
        isRunnable(manifest) && isCarried(manifest, absent) && manifest.platform.os === 'linux',
    )
    .map(({ config, layers }) =>
      [config, ...layers.map(({ descriptor }) => descriptor)].map(pathOf).join('\n'),
    );
}

/** Two names may share an item when they share a config, though their layers are encoded differently. */
function sharesConfig(image: BundleImage | undefined, config: string): boolean {
  return image?.manifests.some((manifest) => pathOf(manifest.config) === config) ?? false;
}

function pathOf({ digest }: Descriptor): string {
  return blobPathOf(digest);
}

function problem(subject: string, message: string): Problem {
  return { code: 'CONTENT_INVALID', severity: 'error', message: `${subject}: ${message}`, subject };
}
