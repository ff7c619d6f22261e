/** Images in a registry, with the digests that it gave them. */
import { ociLayoutFiles, writeFiles } from '../../support/archive-builder.ts';
import { succeed } from '../../support/engines/command.ts';
import type { DockerEngine } from '../../support/engines/docker.ts';
import type { RegistryEngine } from '../../support/engines/registry.ts';
import { newerSkopeo } from '../../support/engines/skopeo.ts';
import { buildImage, indexRoot } from '../../support/image-builder.ts';

const manifestTypes = [
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.oci.image.index.v1+json',
];

/** Pushes images of an engine under the last part of their name. @returns the names in the registry */
export async function pushImages(
  registry: RegistryEngine,
  engine: DockerEngine,
  images: readonly string[],
): Promise<string[]> {
  const names: string[] = [];
  for (const image of images) {
    const name = `${registry.host}/${image.slice(image.lastIndexOf('/') + 1)}`;
    await succeed(engine.docker('tag', image, name));
    await succeed(engine.docker('push', '--quiet', name));
    await succeed(engine.docker('rmi', name));
    names.push(name);
  }
  return names;
}

/**
 * Pushes an index over linux/amd64 and linux/arm64, whose images have a layer in common and one of their own, with
 * attestations as BuildKit makes them.
 *
 * @param folder empty, for the layout that is pushed
 */
export async function pushMultiPlatform(name: string, folder: string): Promise<void> {
  const images = ['amd64', 'arm64'].map(async (architecture, position) =>
    buildImage({ names: [name], architecture, layers: [70, 71 + position] }),
  );
  await writeFiles(folder, ociLayoutFiles([indexRoot(name, await Promise.all(images))]));
  const flags = ['copy', '--quiet', '--all', '--dest-tls-verify=false'];
  await succeed(newerSkopeo(...flags, `oci:${folder}`, `docker://${name}`));
}

/** The digest that the registry tells of HOST/REPOSITORY:TAG. */
export async function registryDigest(name: string): Promise<string> {
  const [, host = '', repository = '', tag = ''] = /^([^/]+)\/(.+):(.+)$/u.exec(name) ?? [];
  const answer = await fetch(`http://${host}/v2/${repository}/manifests/${tag}`, {
    method: 'HEAD',
    headers: { accept: manifestTypes.join(', ') },
  });
  return answer.headers.get('docker-content-digest') ?? 'none';
}

/** Digests of the manifests in an index. */
export async function childDigests(name: string): Promise<string[]> {
  const flags = ['inspect', '--raw', '--tls-verify=false'];
  const raw = await succeed(newerSkopeo(...flags, `docker://${name}`));
  const index: { manifests: { digest: string }[] } = JSON.parse(raw);
  return index.manifests.map(({ digest }) => digest);
}

/** Tags of a repository, with the digest of each. */
export async function tagsIn(
  { host }: RegistryEngine,
  repository: string,
): Promise<Map<string, string>> {
  const list = await fetch(`http://${host}/v2/${repository}/tags/list`);
  const { tags }: { tags: string[] } = JSON.parse(await list.text());
  const digests = tags.map(async (tag) => {
    const answer = await fetch(`http://${host}/v2/${repository}/manifests/${tag}`, {
      method: 'HEAD',
      headers: { accept: manifestTypes.join(', ') },
    });
    return [tag, answer.headers.get('docker-content-digest') ?? ''] as const;
  });
  return new Map(await Promise.all(digests));
}

/** Digests that stand in the list under a fallback tag. */
export async function listUnder(
  { host }: RegistryEngine,
  repository: string,
  tag: string,
): Promise<Set<string>> {
  const answer = await fetch(`http://${host}/v2/${repository}/manifests/${tag}`, {
    headers: { accept: 'application/vnd.oci.image.index.v1+json' },
  });
  const { manifests }: { manifests: { digest: string }[] } = JSON.parse(await answer.text());
  return new Set(manifests.map(({ digest }) => digest));
}
