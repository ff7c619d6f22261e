/** What is at hand is not fetched again: in the cache, in a kit given with --reuse, in another source of the bundle. */
import { open, readFile, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { BundleIndex } from '../../src/index.ts';
import { openCache } from '../../src/content/cache.ts';
import { bytesLocation } from '../../src/content/mapped-reader.ts';
import { pack, plan } from '../../src/index.ts';
import { airkitJson } from '../cli/support/run-airkit.ts';
import { demoBundle, makeSite, writeBundles, writeLayout, type Site } from '../cli/support/site.ts';
import type { BuiltRoot } from '../support/image-builder.ts';
import { useTempFolder } from '../support/temp-folder.ts';
import { startTestRegistry, type TestRegistry } from '../support/test-registry.ts';
import { downloads, layersOf, putImages } from '../support/test-registry-images.ts';

const NAMES = ['a', 'b', 'c'];
const folder = useTempFolder();
let site: Site;
let registry: TestRegistry;
let roots: Map<string, BuiltRoot>;

beforeEach(async () => {
  site = await makeSite(await folder.fresh());
  registry = await startTestRegistry();
  roots = await putImages(registry, NAMES);
  await writeBundles(site.path('bundles.yaml'), [demoBundle({ images: [selector('*')] })]);
});

afterEach(async () => {
  await registry.stop();
});

const selector = (include: string): object => ({
  from: `registry://${registry.host}`,
  include: [include],
});

/** Requests of the next calls only. */
function forget(): void {
  registry.seen.splice(0);
}

function manifestGets(): number {
  return registry.seen.filter(
    ({ method, path }) => method === 'GET' && path.includes('/manifests/'),
  ).length;
}

/** Damages the first byte of a member of a kit's archive. */
async function damage(kit: string, digest: string): Promise<void> {
  const index: BundleIndex = JSON.parse(await readFile(site.path(kit, 'bundle.json'), 'utf8'));
  const member = index.members.find(({ sha256 }) => digest.endsWith(sha256));
  const file = await open(site.path(kit, 'bundle.tar'), 'r+');
  const head = Buffer.alloc(512);
  await file.read(head, 0, 512, 0);
  const indexBytes = Number.parseInt(head.toString('latin1', 124, 135), 8);
  const base = 512 + Math.ceil(indexBytes / 512) * 512;
  const position = base + (member?.offset ?? 0);
  await file.read(head, 0, 1, position);
  await file.write(Buffer.from([(head[0] ?? 0) ^ 1]), 0, 1, position);
  await file.close();
}

describe('--reuse', () => {
  test.each(['folder', 'archive'])(
    'of a kit %s fetches nothing, and gives the same bytes',
    async (form) => {
      const [first] = await pack(site.host, { output: 'first' });
      forget();
      const name = form === 'folder' ? 'first' : 'first/bundle.tar';
      const [second] = await pack(site.host, { output: 'second', reuse: [name] });
      expect(downloads(registry)).toEqual([]);
      expect(manifestGets()).toBe(0);
      expect(second?.archiveSha256).toBe(first?.archiveSha256);
    },
  );

  test('fetches only what is new, as plan announces', async () => {
    const [first] = await pack(site.host, { output: 'first' });
    roots = new Map([...roots, ...(await putImages(registry, [...NAMES, 'new']))]);
    forget();
    const [planned] = await plan(site.host, { reuse: ['first'] });
    const { document } = await airkitJson(site, ['plan', '--reuse', 'first']);
    const newLayer = layersOf(roots.get('new')!).at(-1)!;
    const origins = new Map(planned?.origins.map(({ from, bytes }) => [from, bytes]));
    expect(origins.get('first')).toBe(first?.plan.totals.blobBytes);
    expect(document).toMatchObject({
      bundles: [{ fetchBytes: origins.get(registry.host), reusedBytes: origins.get('first') }],
    });
    forget();
    await pack(site.host, { output: 'second', reuse: ['first'] });
    const config = JSON.parse(
      String(roots.get('new')!.blobs.get(roots.get('new')!.descriptor.digest)),
    );
    expect(downloads(registry)).toEqual([
      `acme/new ${config.config.digest}`,
      `acme/new ${newLayer}`,
    ]);
    expect(manifestGets()).toBe(1);
  });

  test('of a damaged kit warns, and takes the blob from its source', async () => {
    const [first] = await pack(site.host, { output: 'first' });
    const layer = layersOf(roots.get('b')!).at(-1)!;
    await damage('first', layer);
    forget();
    const warnings: string[] = [];
    const [second] = await pack(site.host, {
      output: 'second',
      reuse: ['first'],
      onProgress: (event) => {
        if (event.kind === 'warning') warnings.push(event.message);
      },
    });
    expect(downloads(registry)).toEqual([`acme/b ${layer}`]);
    expect(warnings).toEqual([expect.stringContaining(layer)]);
    expect(second?.archiveSha256).toBe(first?.archiveSha256);
  });

  test('of a kit whose table of contents is damaged warns, and does without it', async () => {
    const [first] = await pack(site.host, { output: 'first' });
    await writeFile(
      site.path('copy.tar'),
      (await readFile(site.path('first', 'bundle.tar'))).fill(0, 600, 700),
    );
    const { code, stderr, document } = await airkitJson(site, [
      'pack',
      '-o',
      'second',
      '--reuse',
      'copy.tar',
    ]);
    expect(code).toBe(0);
    expect(stderr).toContain('copy.tar');
    expect(document).toMatchObject({ kits: [{ archive: { sha256: first?.archiveSha256 } }] });
  });

  test('of what is no kit is wrong usage', async () => {
    const { code, document } = await airkitJson(site, ['pack', '--reuse', 'nowhere']);
    expect({ code, error: document.error?.code }).toEqual({ code: 2, error: 'USAGE' });
  });

  test('of the kit that --force replaces', async () => {
    const [first] = await pack(site.host, {});
    forget();
    const [second] = await pack(site.host, { force: true, reuse: ['kit'] });
    expect(downloads(registry)).toEqual([]);
    expect(second?.archiveSha256).toBe(first?.archiveSha256);
  });

  test('does not show what its own source does not have', async () => {
    await pack(site.host, { output: 'first' });
    registry.repositories.get('acme/a')?.tags.clear();
    await writeBundles(site.path('a.yaml'), [demoBundle({ images: [selector('acme/a:1')] })]);
    const packed = pack(site.host, { file: 'a.yaml', output: 'never', reuse: ['first'] });
    await expect(packed).rejects.toMatchObject({ code: 'NO_MATCH' });
  });
});

test('what the cache holds is not fetched, and what is damaged there is', async () => {
  const [first] = await pack(site.host, { output: 'first' });
  const cache = openCache(site.path('home', 'cache', 'airkit'));
  const layers = layersOf(roots.get('a')!);
  for (const digest of layers) {
    const bytes = roots.get('a')!.blobs.get(digest)!;
    const descriptor = { mediaType: '', digest, size: bytes.byteLength };
    await cache.push(descriptor, bytesLocation(bytes).open());
  }
  const [base = '', own = ''] = layers;
  const path = site.path('home', 'cache', 'airkit', 'blobs', 'sha256', own.slice(7));
  await writeFile(path, (await readFile(path)).fill(0, 0, 9));
  forget();
  const [second] = await pack(site.host, { output: 'second' });
  expect(second?.archiveSha256).toBe(first?.archiveSha256);
  expect(downloads(registry).filter((one) => one.endsWith(base))).toEqual([]);
  expect(downloads(registry)).toContain(`acme/a ${own}`);
});

test('a blob that a layout of the bundle has, too, is not fetched', async () => {
  const local = { ...roots.get('a')!, name: 'apps.example.com/local:1' };
  await writeLayout(site.path('layout'), [local]);
  const images = [selector('*'), { from: 'oci:layout', include: ['*'] }];
  await writeBundles(site.path('both.yaml'), [demoBundle({ images })]);
  const [planned] = await plan(site.host, { file: 'both.yaml' });
  expect(planned?.origins.map(({ medium }) => medium)).toEqual(['file', 'registry']);
  forget();
  await pack(site.host, { file: 'both.yaml' });
  const layers = layersOf(roots.get('a')!);
  expect(downloads(registry).filter((one) => layers.some((layer) => one.endsWith(layer)))).toEqual(
    [],
  );
});

test('selectors and bundles of one command share logins', async () => {
  const { host, switches } = registry;
  switches.auth = 'bearer';
  await writeFile(
    site.path('home', 'config.json'),
    JSON.stringify({
      auths: { [host]: { auth: Buffer.from('robot:s3cret/+word').toString('base64') } },
    }),
  );
  const own = {
    ...site.host,
    environment: { ...site.environment, DOCKER_CONFIG: site.path('home') },
  };
  const images = [selector('acme/a:1'), { from: 'registry', include: [`${host}/acme/a:*`] }];
  const other = demoBundle({ name: 'other', images, output: { path: 'other' } });
  await writeBundles(site.path('bundles.yaml'), [demoBundle({ images }), other]);
  await pack(own, {});
  expect(registry.seen.filter(({ path }) => path === '/token')).toHaveLength(1);
});
