/** A small kit archive made of seeded images: three names, two platforms, a shared layer. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { assembleArchive, type ArchiveImage } from '../../../src/archive/assemble-archive.ts';
import type { AssembledArchive, BundleHeader } from '../../../src/archive/assemble-archive.ts';
import { BUNDLE_INDEX_MEDIA_TYPE } from '../../../src/archive/bundle-index.ts';
import { openJournal } from '../../../src/archive/journal.ts';
import { bundleIndexSpan } from '../../../src/archive/layout.ts';
import type { OpenedArchive } from '../../../src/archive/read-archive.ts';
import { writeArchive } from '../../../src/archive/write-archive.ts';
import type { ContentReader } from '../../../src/content/content.ts';
import { bytesLocation, mappedReader } from '../../../src/content/mapped-reader.ts';
import { readImageGraph } from '../../../src/content/read-graph.ts';
import { digestOf } from '../../../src/oci/digest.ts';
import { choosePlatforms } from '../../../src/plan/choose-platforms.ts';
import { graphBlobs } from '../../../src/plan/graph-blobs.ts';
import { buildPlan } from '../../../src/plan/plan.ts';
import { buildImage, indexRoot, manifestRoot } from '../../support/image-builder.ts';
import type { BuiltRoot } from '../../support/image-builder.ts';

export const header: BundleHeader = {
  mediaType: BUNDLE_INDEX_MEDIA_TYPE,
  name: 'sample',
  version: '1.0',
  serial: 4,
  expires: '2030-01-31',
  annotations: { team: 'site-b' },
  tool: { name: 'airkit', version: '0.0.0', encoder: 'none' },
};

export interface SampleKit extends AssembledArchive {
  readonly images: readonly ArchiveImage[];
  readonly content: ContentReader;
}

/** Roots by canonical name; equal roots are one image with two names. */
export async function sampleRoots(): Promise<[string, BuiltRoot][]> {
  const app = manifestRoot(await buildImage({ layers: [1, 2] }));
  const platforms = await Promise.all(
    ['amd64', 'arm64'].map(async (architecture, at) =>
      buildImage({ layers: [1, 3 + at], architecture }),
    ),
  );
  return [
    ['docker.io/library/app:1', app],
    ['docker.io/library/app:latest', app],
    ['ghcr.io/acme/api:2', indexRoot('', platforms)],
  ];
}

/** Assembles the sample; `platforms` as a selector would list them. */
export async function assembleSample(
  roots: readonly [string, BuiltRoot][],
  platforms?: readonly string[],
): Promise<SampleKit> {
  const blobs = new Map(roots.flatMap(([, root]) => Array.from(root.blobs)));
  const places = new Map([...blobs].map(([digest, bytes]) => [digest, bytesLocation(bytes)]));
  const content = mappedReader(places, { where: 'sample' });
  const images = await Promise.all(
    roots.map(async ([reference, { descriptor }]) => {
      const graph = await readImageGraph(descriptor, content);
      const chosen = choosePlatforms(graph, { platforms, optional: false, reference });
      if (chosen === undefined) throw new Error('nothing is chosen');
      return { names: { reference, original: reference, from: 'docker', pattern: '*' }, ...chosen };
    }),
  );
  const plan = buildPlan(
    images.map(({ names, graph }) => ({ ...names, platforms: [], blobs: graphBlobs(graph) })),
  );
  return { ...assembleArchive(header, { images, plan }), images, content };
}

/** Writes an assembled archive and returns its bytes. */
export async function writeSample(folder: string, kit: SampleKit): Promise<Buffer> {
  const path = join(folder, 'bundle.tar');
  const journal = await openJournal(join(folder, 'journal'), digestOf('plan'));
  const { indexBytes: index, layout, content } = kit;
  const total = bundleIndexSpan(index.byteLength) + layout.size;
  const parts = [{ name: 'bundle.tar', path, start: 0, size: total }];
  await writeArchive({
    parts,
    index,
    layout,
    originsOf: async () => [{ where: 'memory', content }],
    journal,
  });
  return readFile(path);
}

/** An archive in memory that can be damaged before it is checked. */
export function inMemory(
  bytes: Buffer,
  { index, base }: Pick<OpenedArchive, 'index' | 'base'>,
): OpenedArchive {
  return {
    path: 'bundle.tar',
    index,
    base,
    parts: [],
    size: bytes.byteLength,
    read: (offset, length) => bytesLocation(bytes.subarray(offset, offset + length)).open(),
  };
}
