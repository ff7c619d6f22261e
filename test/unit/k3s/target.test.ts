/** The folder that k3s imports from: one whole file, under its name only when it is complete. */
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ImageTarget, TargetImage, TargetResult } from '../../../src/content/image.ts';
import { openArchiveFiles } from '../../../src/image-archive/archive-files.ts';
import { parseDockerManifest } from '../../../src/oci/docker-manifest.ts';
import { parsePlatform } from '../../../src/oci/platform.ts';
import { parseReference } from '../../../src/oci/reference.ts';
import { openK3sTarget } from '../../../src/transports/k3s/target.ts';
import { useTempFolder } from '../../support/temp-folder.ts';
import { failing } from '../content/memory-content.ts';
import { layerOf, multi, single } from '../registry/pushed-images.ts';
import { targetImage } from '../registry/registry-world.ts';

const API = 'ghcr.io/acme/api:1';
const REDIS = 'docker.io/library/redis:7';
const FILE = 'edge-1.0.tar';
const folder = useTempFolder();

const open = (path: string): ImageTarget =>
  openK3sTarget({ folder: path, kit: { name: 'edge', version: '1.0' } });

const two = async (): Promise<TargetImage[]> => [
  await targetImage(API, await multi()),
  await targetImage(REDIS, await single(1, 7)),
];

/** Blobs in the file. */
async function blobsIn(path: string): Promise<string[]> {
  const { names } = await openArchiveFiles(join(path, FILE));
  return names.flatMap((name) => (name.startsWith('blobs/') ? [`sha256:${name.slice(13)}`] : []));
}

describe('a k3s folder', () => {
  it('gets one file with every platform that the kit has, tables of contents last', async () => {
    const path = join(await folder.fresh(), 'agent/images');
    const images = await two();
    const told: TargetResult[] = [];
    const onResult = async (result: TargetResult): Promise<void> => void told.push(result);
    const { results, sentBytes } = await open(path).load(images, { onResult });
    expect(results).toMatchObject(
      images.map(({ root }) => ({ status: 'loaded', before: undefined, after: root.digest })),
    );
    expect(told).toEqual(results);
    expect(await readdir(path)).toEqual([FILE]);
    const { names } = await openArchiveFiles(join(path, FILE));
    expect([names[0], ...names.slice(-2)]).toEqual(['oci-layout', 'index.json', 'manifest.json']);
    const blobs = await blobsIn(path);
    const all = new Map([...(await multi()).blobs, ...(await single(1, 7)).blobs]);
    expect(blobs.toSorted()).toEqual([...all.keys()].toSorted());
    expect(sentBytes).toBe([...all.values()].reduce((sum, { byteLength }) => sum + byteLength, 0));
  });

  it('names images by tag and by digest in index.json, by tag in manifest.json', async () => {
    const path = await folder.fresh();
    const images = await two();
    await open(path).load(images);
    const files = await openArchiveFiles(join(path, FILE));
    const index: { manifests: { digest: string; annotations: Record<string, string> }[] } =
      JSON.parse(String(await files.document('index.json')));
    const [api, redis] = images.map(({ root }) => root.digest);
    expect(index.manifests.map(({ digest, annotations }) => [digest, annotations])).toEqual(
      [
        [api, API],
        [api, `ghcr.io/acme/api@${api}`],
        [redis, REDIS],
        [redis, `docker.io/library/redis@${redis}`],
      ].map(([digest, name]) => [
        digest,
        { 'io.containerd.image.name': name, 'org.opencontainers.image.ref.name': name },
      ]),
    );
    const items = parseDockerManifest((await files.document('manifest.json')) ?? Buffer.of());
    expect(items.map(({ repoTags }) => repoTags)).toEqual([[API], [REDIS]]);
  });

  it('is left alone when the same file is there', async () => {
    const path = await folder.fresh();
    const target = open(path);
    await target.load(await two());
    const before = await stat(join(path, FILE));
    expect(await target.survey(await two())).toMatchObject([
      { status: 'already-present' },
      { status: 'already-present' },
    ]);
    const { results, sentBytes } = await target.load(await two());
    expect(results.map(({ status }) => status)).toEqual(['already-present', 'already-present']);
    expect(sentBytes).toBe(0);
    expect((await stat(join(path, FILE))).ino).toBe(before.ino);
  });

  it('gets a new file for other images, and for a file that is no archive', async () => {
    const path = await folder.fresh();
    await writeFile(join(path, FILE), 'no tar');
    const target = open(path);
    expect((await target.load(await two())).results).toMatchObject([
      { status: 'loaded', before: undefined },
      { status: 'loaded' },
    ]);
    const root = await single(1, 8);
    const { digest } = (await single(1, 7)).descriptor;
    expect(await target.survey([await targetImage(REDIS, root)])).toMatchObject([
      { status: 'skipped', before: digest },
    ]);
    expect((await target.load([await targetImage(REDIS, root)])).results).toMatchObject([
      { status: 'loaded', before: digest, after: root.descriptor.digest },
    ]);
  });

  it('gets the same bytes for the same images', async () => {
    const [first, second] = [await folder.fresh(), await folder.fresh()];
    for (const path of [first, second]) await open(path).load(await two());
    const bytes = await readFile(join(first, FILE));
    expect(bytes.equals(await readFile(join(second, FILE)))).toBe(true);
  });

  it('gets the platforms that a person asked for, and documents of all', async () => {
    const path = await folder.fresh();
    const image = await targetImage(API, await multi());
    await open(path).load([{ ...image, platforms: [parsePlatform('linux/arm64')] }]);
    const blobs = await blobsIn(path);
    const [own, other] = [await layerOf(1), await layerOf(0)];
    expect([blobs.includes(own), blobs.includes(other)]).toEqual([true, false]);
    const { manifests } = image.graph;
    expect(blobs).toEqual(expect.arrayContaining(manifests.map(({ config }) => config.digest)));
  });

  it('leaves out an image that nothing of can run, and takes the others', async () => {
    const path = await folder.fresh();
    const [api, redis] = await two();
    if (api === undefined || redis === undefined) throw new Error('two images');
    const windows = { ...api, platforms: [parsePlatform('windows/amd64')] };
    const { results } = await open(path).load([windows, redis]);
    expect(results.map(({ status }) => status)).toEqual(['failed', 'loaded']);
  });

  it('holds nothing new when the content breaks off', async () => {
    const path = await folder.fresh();
    const image = await targetImage(REDIS, await single(1, 7));
    const broken = new Error('broken');
    const last = image.graph.manifests[0]?.layers.at(-1)?.descriptor.digest;
    const content: TargetImage['content'] = {
      ...image.content,
      fetch: (target, options) =>
        target.digest === last ? failing(broken) : image.content.fetch(target, options),
    };
    await expect(open(path).load([{ ...image, content }])).rejects.toBe(broken);
    expect(await readdir(path)).toEqual([]);
  });

  it('needs a kit to name the file after', () => {
    expect(() => openK3sTarget({ folder: '/nowhere' })).toThrow(
      expect.objectContaining({ code: 'USAGE' }),
    );
  });
});

describe('putting back a k3s folder', () => {
  it('removes the file when all of its names go, and only then', async () => {
    const path = await folder.fresh();
    const target = open(path);
    const images = await two();
    await target.load(images);
    const names = images.map(({ reference, root }) => ({
      reference,
      expected: root.digest,
      restore: undefined,
    }));
    const [api] = names;
    if (api === undefined) throw new Error('two names');
    expect(await target.putBack?.([api])).toMatchObject([{ status: 'failed', now: api.expected }]);
    expect(
      await target.putBack?.([
        { ...api, restore: api.expected },
        { ...api, expected: 'sha256:other' },
        { ...api, reference: parseReference('never/loaded:1') },
      ]),
    ).toMatchObject([{ status: 'failed' }, { status: 'changed' }, { status: 'changed' }]);
    expect(await readdir(path)).toEqual([FILE]);
    expect(await target.putBack?.(names)).toMatchObject([
      { reference: API, status: 'removed' },
      { reference: REDIS, status: 'removed' },
    ]);
    expect(await readdir(path)).toEqual([]);
  });
});
