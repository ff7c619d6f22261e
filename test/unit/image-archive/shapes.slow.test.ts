import { beforeAll, describe, expect, it } from 'vitest';
import { openDockerArchiveSource } from '../../../src/transports/docker-archive/source.ts';
import { openOciArchiveSource } from '../../../src/transports/oci-archive/source.ts';
import {
  canCompress,
  dockerArchiveShapes,
  docker25Files,
  kanikoFiles,
  ociLayoutFiles,
  outerCompressions,
} from '../../support/archive-builder.ts';
import {
  buildImage,
  indexRoot,
  jsonBytes,
  manifestRoot,
  type BuiltImage,
} from '../../support/image-builder.ts';
import { useTempFolder } from '../../support/temp-folder.ts';
import {
  drain,
  freshTarget,
  identityOf,
  resolveAll,
  resolveArchive,
  writeArchive,
} from './archive-sources.ts';

const folder = useTempFolder();
let images: BuiltImage[] = [];

beforeAll(async () => {
  images = await Promise.all([
    buildImage({ names: ['app:1', 'app:latest'], layers: [1, 2] }),
    buildImage({ names: ['ghcr.io/acme/api:2'], layers: [1, 3, 2, 3] }),
    buildImage({ names: ['localhost:5000/x:3'], layers: [2, 1] }),
  ]);
});

const canonical = [
  'docker.io/library/app:1',
  'docker.io/library/app:latest',
  'ghcr.io/acme/api:2',
  'localhost:5000/x:3',
];

function expected(): unknown[] {
  const ofNames = images.flatMap((image) => image.names.map(() => image));
  return ofNames.map(({ imageId, diffIds }, at) => ({
    name: canonical[at],
    imageIds: [imageId],
    diffIds,
  }));
}

const available = outerCompressions.filter(canCompress);
const absent = outerCompressions.filter((compression) => !canCompress(compression));

if (absent.length > 0) it(`needs ${absent.join(', ')}`, ({ skip }) => skip('not installed'));

describe.each(available)('outer compression %s', (compression) => {
  it.each(Object.entries(dockerArchiveShapes))(
    'a docker-archive of %s gives the same image IDs and diffIDs',
    async (_, filesOf) => {
      const path = await writeArchive(folder, filesOf(images), compression);
      const resolved = await resolveArchive(path, await freshTarget(folder));
      expect(await Promise.all(resolved.map(identityOf))).toEqual(expected());
      await Promise.all(resolved.map(drain));
    },
  );

  it('an oci-archive gives the same image IDs and diffIDs', async () => {
    const roots = images.map((image) => manifestRoot(image));
    const path = await writeArchive(folder, ociLayoutFiles(roots), compression);
    const source = await openOciArchiveSource(path, await freshTarget(folder));
    const resolved = await resolveAll(source);
    const found = await Promise.all(resolved.map(identityOf));
    expect(found.map(({ diffIds }) => diffIds)).toEqual(images.map(({ diffIds }) => diffIds));
    expect(resolved.map(({ root }) => root.digest)).toEqual(
      roots.map(({ descriptor }) => descriptor.digest),
    );
    await Promise.all(resolved.map(drain));
  });
});

describe('digests', () => {
  it('are those of the layout where a docker-archive is one over compressed layers too', async () => {
    const root = manifestRoot(images[2] ?? (await buildImage({ layers: [] })));
    const layers = [...root.blobs.keys()].slice(2).map((digest) => digest.replace(':', '/'));
    const config = images[2]?.imageId.replace(':', '/');
    const item = {
      Config: `blobs/${config}`,
      RepoTags: ['localhost:5000/x:3'],
      Layers: layers.map((path) => `blobs/${path}`),
    };
    const table = { name: 'manifest.json', body: jsonBytes([item]) };
    const path = await writeArchive(folder, [...ociLayoutFiles([root]), table]);
    const [image] = await resolveArchive(path, await freshTarget(folder));
    expect(image?.root).toMatchObject(root.descriptor);
  });

  it('are the same for the same image in every shape that holds plain layers', async () => {
    const roots = [];
    for (const shape of ['docker 20.10', 'docker 25', 'podman']) {
      const filesOf = dockerArchiveShapes[shape] ?? docker25Files;
      const path = await writeArchive(folder, filesOf(images));
      const resolved = await resolveArchive(path, await freshTarget(folder));
      roots.push(resolved.map(({ root }) => root.digest));
    }
    expect(roots[1]).toEqual(roots[0]);
    expect(roots[2]).toEqual(roots[0]);
  });

  it('keep compressed layers byte for byte', async () => {
    const path = await writeArchive(folder, kanikoFiles(images));
    const [image] = await resolveArchive(path, await freshTarget(folder));
    const gzip = images[0]?.layers[0]?.gzip ?? Buffer.alloc(0);
    const known = manifestRoot(images[0] ?? (await buildImage({ layers: [] })));
    const base = [...known.blobs].find(([, bytes]) => bytes.equals(gzip));
    if (image === undefined || base === undefined) throw new Error('no image');
    const target = { mediaType: 'x', digest: base[0], size: gzip.byteLength };
    expect(await image.content.has(target)).toBe(true);
  });
});

describe('names', () => {
  it('of nameless images are skipped with a reason', async () => {
    const nameless = await buildImage({ layers: [1] });
    for (const filesOf of Object.values(dockerArchiveShapes)) {
      const path = await writeArchive(folder, filesOf([nameless, ...images.slice(2)]));
      const source = await openDockerArchiveSource(path, await freshTarget(folder));
      const { images: listed, skipped } = await source.list();
      expect(listed).toHaveLength(1);
      expect(skipped).toHaveLength(1);
    }
  });

  it('of roots without annotations are skipped, referrers in silence', async () => {
    const roots = images.map((image) => manifestRoot(image));
    const index = indexRoot('quay.io/a/b:1', images.slice(0, 1));
    const entries = [
      roots[0]?.descriptor,
      { ...roots[1]?.descriptor, annotations: { 'io.containerd.manifest.subject': 'sha256:0' } },
      { ...index.descriptor, annotations: { 'org.opencontainers.image.ref.name': 'not a name' } },
    ];
    const files = ociLayoutFiles([...roots, index]).filter(({ name }) => name !== 'index.json');
    const table = jsonBytes({ schemaVersion: 2, manifests: entries });
    const path = await writeArchive(folder, [...files, { name: 'index.json', body: table }]);
    const source = await openOciArchiveSource(path, await freshTarget(folder));
    const listing = await source.list();
    expect(listing.images).toEqual([]);
    expect(listing.skipped).toHaveLength(2);
  });

  it('may be absent as null, as Docker 25.0.0 writes it', async () => {
    const files = docker25Files([await buildImage({ layers: [1] })]);
    const table = jsonBytes({ schemaVersion: 2, manifests: null });
    const path = await writeArchive(
      folder,
      files.map((one) => (one.name === 'index.json' ? { name: one.name, body: table } : one)),
    );
    const source = await openDockerArchiveSource(path, await freshTarget(folder));
    expect((await source.list()).skipped).toHaveLength(1);
  });
});
