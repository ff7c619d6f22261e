/** Images for tests that break some of them: each in a repository of its own, above one base layer. */
import { digestOf, type Digest } from '../../src/oci/digest.ts';
import { buildImage, manifestRoot, type BuiltRoot } from './image-builder.ts';
import type { TestRegistry } from './test-registry.ts';

/** Puts `acme/NAME:1` for every name. @returns the images by name */
export async function putImages(
  registry: TestRegistry,
  names: readonly string[],
): Promise<Map<string, BuiltRoot>> {
  const roots = new Map<string, BuiltRoot>();
  for (const [position, name] of names.entries()) {
    const root = manifestRoot(await buildImage({ layers: [1, 100 + position] }));
    registry.put(`acme/${name}`, '1', root);
    roots.set(name, root);
  }
  return roots;
}

/** The layers of an image that has one manifest, base first. */
export function layersOf({ descriptor, blobs }: BuiltRoot): Digest[] {
  const manifest: { layers: { digest: Digest }[] } = JSON.parse(
    String(blobs.get(descriptor.digest)),
  );
  return manifest.layers.map(({ digest }) => digest);
}

/** Makes a repository lose a blob that its manifest names. */
export function loseBlob(registry: TestRegistry, repository: string, digest: Digest): void {
  registry.repositories.get(repository)?.blobs.delete(digest);
}

/** Puts a Docker schema 1 manifest. */
export function putSchema1(registry: TestRegistry, repository: string): void {
  registry.put(repository, undefined, { name: undefined, blobs: new Map(), descriptor: NOTHING });
  const bytes = Buffer.from('{"schemaVersion":1,"fsLayers":[]}');
  const digest = digestOf(bytes);
  const type = 'application/vnd.docker.distribution.manifest.v1+prettyjws';
  const { manifests, tags } = registry.repositories.get(repository) ?? {};
  manifests?.set(digest, { type, bytes });
  tags?.set('1', digest);
}

const NOTHING = { mediaType: '', digest: digestOf(''), size: 0 };

/** Downloads of blobs so far: `acme/a sha256:…`. */
export function downloads(registry: TestRegistry): string[] {
  return registry.seen.flatMap(({ method, path }) => {
    const [, repository, digest] = /^\/v2\/(.+)\/blobs\/(sha256:.+)$/.exec(path) ?? [];
    return method === 'GET' && repository !== undefined ? [`${repository} ${digest}`] : [];
  });
}
