import { expect } from 'vitest';
import type { ImageSource } from '../../../src/content/image.ts';
import type { OperationOptions } from '../../../src/content/operation.ts';
import { readImageGraph } from '../../../src/content/read-graph.ts';
import { heldDescriptors } from '../../../src/oci/image-graph.ts';
import { formatReference } from '../../../src/oci/reference.ts';
import type { RegistryAccess } from '../../../src/transports/registry/access.ts';
import { openRegistrySource } from '../../../src/transports/registry/source.ts';
import {
  buildImage,
  indexRoot,
  manifestRoot,
  type BuiltRoot,
} from '../../support/image-builder.ts';
import type { RegistrySwitches, TestRegistry } from '../../support/test-registry.ts';
import { accessOf, collect, startRegistry } from './registry-world.ts';

export async function filled(
  switches: RegistrySwitches = {},
): Promise<TestRegistry & { roots: BuiltRoot[] }> {
  const registry = await startRegistry(switches);
  const labels = { tier: 'core' };
  const single = manifestRoot(await buildImage({ layers: [1, 2], labels }));
  const multi = indexRoot('multi', [
    await buildImage({ layers: [1, 3] }),
    await buildImage({ layers: [1, 4], architecture: 'arm64' }),
  ]);
  for (const tag of ['v1.30.0', 'v1.30.1', 'v1.31.0-rc.1', 'latest'])
    registry.put('kube/proxy', tag, single);
  registry.put('acme/api', '1.4', multi);
  registry.put('acme/tools', '2', single);
  return Object.assign(registry, { roots: [single, multi] });
}

export async function namesOf(source: ImageSource): Promise<string[]> {
  return (await source.list()).images.map(({ reference }) =>
    formatReference(reference).replace(/^[^/]*\//, ''),
  );
}

export interface Question extends Partial<RegistryAccess> {
  readonly prefix?: string;
  readonly semver?: string;
  readonly newest?: number;
}

export async function open(
  registry: TestRegistry,
  include: string[],
  question: Question = {},
): Promise<ImageSource> {
  return openRegistrySource({
    ...accessOf(question),
    ...question,
    ...accessOf(question),
    host: registry.host,
    include,
  });
}

/** Reads every byte of every image. @throws the first failure of a name, too */
export async function readAll(
  source: ImageSource,
  options: OperationOptions = {},
): Promise<number> {
  let blobs = 0;
  const { images, failures = [] } = await source.list(options);
  for (const { error } of failures) throw error;
  for (const image of await source.resolve(images, options)) {
    const graph = await readImageGraph(image.root, image.content, options);
    for (const descriptor of heldDescriptors(graph)) {
      expect((await collect(image.content.fetch(descriptor, options))).byteLength).toBe(
        descriptor.size,
      );
      blobs += 1;
    }
  }
  return blobs;
}

export const paths = (registry: TestRegistry): string[] =>
  registry.seen.map(({ method, path }) => `${method} ${path}`);
