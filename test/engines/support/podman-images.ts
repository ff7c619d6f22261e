/** What a podman holds, by its own command, and an OCI layout whose images podman must take in every way. */
import { succeed } from '../../support/engines/command.ts';
import type { PodmanEngine } from '../../support/engines/podman.ts';
import { ociLayoutFiles, writeFiles } from '../../support/archive-builder.ts';
import { buildImage, indexRoot, manifestRoot } from '../../support/image-builder.ts';

export interface HeldImage {
  readonly id: string;
  readonly digests: readonly string[];
}

/** Every name that podman has, with tag or digest, and what it stands for. */
export async function heldBy(engine: PodmanEngine): Promise<Record<string, HeldImage>> {
  const text = await succeed(engine.podman('images', '--no-trunc', '--format', 'json'));
  const images: { Id: string; Names?: string[]; RepoDigests?: string[] }[] = JSON.parse(text);
  return Object.fromEntries(
    images
      .flatMap(({ Id, Names, RepoDigests }) =>
        (Names ?? []).map((name): [string, HeldImage] => [
          name,
          { id: `sha256:${Id}`, digests: RepoDigests ?? [] },
        ]),
      )
      .toSorted(([a], [b]) => (a < b ? -1 : 1)),
  );
}

/** Removes every image. */
export async function emptyPodman(engine: PodmanEngine): Promise<void> {
  await succeed(engine.podman('rmi', '--all', '--force'));
}

/** The names in the layout of {@link writeLayout}. */
export interface LayoutNames {
  /** An index over amd64 and arm64. */
  readonly multi: string;
  /** The same index, known by its digest only. */
  readonly pinned: string;
  /** A manifest for another platform than this machine's. */
  readonly foreign: string;
}

/** Writes an OCI layout with an index, the same under a digest, and an image of another platform. */
export async function writeLayout(folder: string): Promise<LayoutNames> {
  const platforms = await Promise.all(
    ['amd64', 'arm64'].map(async (architecture, at) =>
      buildImage({ architecture, layers: [80, 81 + at] }),
    ),
  );
  const s390x = await buildImage({
    names: ['quay.io/acme/foreign:1'],
    architecture: 's390x',
    layers: [80, 85],
  });
  const multi = indexRoot('quay.io/acme/multi:1', platforms);
  const pinned = `ghcr.io/acme/pinned@${multi.descriptor.digest}`;
  await writeFiles(
    folder,
    ociLayoutFiles([multi, { ...multi, name: pinned }, manifestRoot(s390x)]),
  );
  return { multi: 'quay.io/acme/multi:1', pinned, foreign: 'quay.io/acme/foreign:1' };
}
