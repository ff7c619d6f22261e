import type { ImageTarget, TargetImage } from '../../../src/content/image.ts';
import { openRegistryTarget } from '../../../src/transports/registry/target.ts';
import type { SparseIndex } from '../../../src/transports/registry/sparse-index.ts';
import {
  buildImage,
  indexRoot,
  manifestRoot,
  type BuiltRoot,
} from '../../support/image-builder.ts';
import type { TestRegistry } from '../../support/test-registry.ts';
import { accessOf, targetImage } from './registry-world.ts';

export const single = async (...layers: number[]): Promise<BuiltRoot> =>
  manifestRoot(await buildImage({ layers }));

export async function multi(): Promise<BuiltRoot> {
  return indexRoot('multi', [
    await buildImage({ layers: [1, 3] }),
    await buildImage({ layers: [1, 4], architecture: 'arm64' }),
    await buildImage({ layers: [1, 5], architecture: 's390x' }),
  ]);
}

/** The last layer of the image at a position of {@link multi}, which then is not at hand. */
export async function layerOf(position: number): Promise<string> {
  const { blobs } = manifestRoot(await buildImage({ layers: [position + 3] }));
  return [...blobs.keys()].at(-1) ?? '';
}

export interface Opening {
  readonly prefix?: string;
  readonly scoped?: boolean;
  readonly sparseIndex?: SparseIndex;
  readonly environment?: Record<string, string>;
}

export async function open(registry: TestRegistry, opening: Opening = {}): Promise<ImageTarget> {
  return openRegistryTarget({ ...accessOf(), ...opening, host: registry.host });
}

export const digestAt = (
  registry: TestRegistry,
  repository: string,
  tag: string,
): string | undefined => registry.repositories.get(repository)?.tags.get(tag);

export const writes = (registry: TestRegistry): string[] =>
  registry.seen
    .filter(({ method }) => !['GET', 'HEAD'].includes(method))
    .map(({ method, path }) => `${method} ${path.replace(/sha256:.*|uploads\/.*/, '')}`);

export async function sparse(...absent: number[]): Promise<TargetImage> {
  const layers = await Promise.all(absent.map(layerOf));
  return targetImage('ghcr.io/acme/api:1', await multi(), layers);
}
