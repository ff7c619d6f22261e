import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { extract, type Header } from 'tar-stream';
import { beforeAll, describe, expect, test } from 'vitest';
import { pack, type BundleIndex } from '../../src/index.ts';
import { makeSampleSite, type Site } from '../cli/support/site.ts';
import { useTempFolder } from '../support/temp-folder.ts';

const NAMES = [
  'docker.io/library/redis:7',
  'ghcr.io/acme/k8s-agent:2.3.0',
  'registry.k8s.io/kube-proxy:v1.30.2',
];
const hasTar = spawnSync('tar', ['--version']).error === undefined;
const folder = useTempFolder();
let site: Site;
let archive: Buffer;
let index: BundleIndex;
let entries: { header: Header; body: Buffer }[];

beforeAll(async () => {
  site = await makeSampleSite(await folder.fresh());
  await pack(site.host, {});
  archive = await readFile(site.path('kit', 'bundle.tar'));
  index = JSON.parse(await readFile(site.path('kit', 'bundle.json'), 'utf8'));
  entries = await readTar(archive);
});

async function readTar(bytes: Buffer): Promise<{ header: Header; body: Buffer }[]> {
  const found: { header: Header; body: Buffer }[] = [];
  const tar = extract();
  tar.end(bytes);
  for await (const entry of tar) found.push({ header: entry.header, body: await buffer(entry) });
  return found;
}

function bodyOf(name: string): Buffer {
  return entries.find(({ header }) => header.name === name)?.body ?? Buffer.alloc(0);
}

describe('entries', () => {
  test('stand in the order of the format, manifest.json last', () => {
    const names = entries.map(({ header }) => header.name);
    expect(names.slice(0, 4)).toEqual(['bundle.json', 'oci-layout', 'blobs/', 'blobs/sha256/']);
    expect(names.slice(-2)).toEqual(['index.json', 'manifest.json']);
    const blobs = names.slice(4, -2);
    for (const name of blobs) expect(name).toMatch(/^blobs\/sha256\/[0-9a-f]{64}$/);
    expect(new Set(names).size).toBe(names.length);
    const isLayer = blobs.map((name) => bodyOf(name)[0] === 0x1f);
    expect(isLayer).toEqual(isLayer.toSorted((a, b) => Number(a) - Number(b)));
  });

  test('have plain ustar headers without owner, time, link or extension', () => {
    for (const { header } of entries) {
      const isFolder = header.name.endsWith('/');
      expect(header).toMatchObject({
        type: isFolder ? 'directory' : 'file',
        mode: isFolder ? 0o755 : 0o644,
        uid: 0,
        gid: 0,
        uname: '',
        gname: '',
        mtime: new Date(0),
        linkname: null,
        pax: null,
      });
    }
    let offset = 0;
    for (const { header, body } of entries) {
      const block = archive.subarray(offset, offset + 512);
      expect(block.toString('latin1', 257, 265)).toBe('ustar\u000000');
      expect(block.toString('latin1', 156, 157)).toBe(header.name.endsWith('/') ? '5' : '0');
      expect(block.toString('latin1', 265, 329)).toBe('\0'.repeat(64));
      expect(block.toString('latin1', 345, 512)).toBe('\0'.repeat(167));
      offset += 512 + Math.ceil(body.byteLength / 512) * 512;
    }
    expect(archive.subarray(offset)).toEqual(Buffer.alloc(1024));
  });

  test.skipIf(!hasTar)('are what tar lists (skipped where there is no tar)', () => {
    const listed = execFileSync('tar', ['-tvf', site.path('kit', 'bundle.tar')], {
      encoding: 'utf8',
      env: { ...process.env, TZ: 'UTC' },
    });
    const lines = listed.trim().split('\n');
    expect(lines).toHaveLength(entries.length);
    for (const line of lines) expect(line).toMatch(/^[-d]rw[-x]r-[-x]r-[-x] 0\/0 .* 1970-01-01 /);
  });
});

describe('bundle.json', () => {
  test('is the first entry and the file beside the archive, canonical', async () => {
    expect(bodyOf('bundle.json')).toEqual(await readFile(site.path('kit', 'bundle.json')));
    expect(JSON.stringify(index, sortKeys)).toBe(bodyOf('bundle.json').toString());
  });

  test('places every other file by its offset from the end of its own padded entry', () => {
    const base = 512 + Math.ceil(bodyOf('bundle.json').byteLength / 512) * 512;
    const files = entries.filter(({ header }) => header.type === 'file').slice(1);
    expect(index.members.map(({ path }) => path)).toEqual(files.map(({ header }) => header.name));
    for (const { path, offset, size, sha256 } of index.members) {
      const bytes = archive.subarray(base + offset, base + offset + size);
      expect(bytes).toEqual(bodyOf(path));
      expect(createHash('sha256').update(bytes).digest('hex')).toBe(sha256);
      if (path.startsWith('blobs/')) expect(path).toBe(`blobs/sha256/${sha256}`);
    }
  });

  test('holds no path of this machine, no clock and no host', () => {
    const text = bodyOf('bundle.json').toString();
    for (const secret of [site.folder, '/tmp', 'home', `"${new Date().getFullYear()}-`])
      expect(text).not.toContain(secret);
  });
});

describe('the views of other tools', () => {
  test('index.json has the whole name in both annotations and no platform', () => {
    const parsed: { manifests: Record<string, unknown>[] } = JSON.parse(
      bodyOf('index.json').toString(),
    );
    expect(parsed).toMatchObject({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.index.v1+json',
    });
    expect(parsed.manifests.map(({ annotations }) => annotations)).toEqual(
      NAMES.map((name) => ({
        'io.containerd.image.name': name,
        'org.opencontainers.image.ref.name': name,
      })),
    );
    for (const one of parsed.manifests) expect(one).not.toHaveProperty('platform');
  });

  test('manifest.json has whole names and paths of blobs that are there', () => {
    const items: { Config: string; RepoTags: string[]; Layers: string[] }[] = JSON.parse(
      bodyOf('manifest.json').toString(),
    );
    expect(items.flatMap(({ RepoTags }) => RepoTags)).toEqual(NAMES);
    for (const { Config, Layers } of items) {
      const config: { rootfs: { diff_ids: string[] } } = JSON.parse(bodyOf(Config).toString());
      expect(config.rootfs.diff_ids).toHaveLength(Layers.length);
      for (const layer of Layers) expect(bodyOf(layer).byteLength).toBeGreaterThan(0);
    }
  });

  test('images.txt has one line for each image, and SHA256SUMS is what sha256sum writes', async () => {
    const lines = (await readFile(site.path('kit', 'images.txt'), 'utf8')).split('\n');
    expect(lines.pop()).toBe('');
    const sha256 = /^sha256:[0-9a-f]{64}$/;
    for (const [position, line] of lines.entries()) {
      const [reference, root, imageId, platform, origin, ...more] = line.split('\t');
      expect([reference, platform, more]).toEqual([NAMES[position], 'linux/amd64', []]);
      expect(root).toMatch(sha256);
      expect(imageId).toMatch(sha256);
      expect(origin).toContain('oci:layout');
    }
    const sums = (await readFile(site.path('kit', 'SHA256SUMS'), 'utf8')).trim().split('\n');
    const names = ['bundle.json', 'bundle.tar', 'images.txt', 'load.sh'];
    expect(sums).toHaveLength(names.length);
    for (const [position, name] of names.entries()) {
      const bytes = await readFile(site.path('kit', name));
      expect(sums[position]).toBe(`${createHash('sha256').update(bytes).digest('hex')}  ${name}`);
    }
  });
});

function sortKeys(_: string, value: unknown): unknown {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
    : value;
}
