import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { pack } from '../../src/index.ts';
import { digestOf } from '../../src/oci/digest.ts';
import { spawnAirkit, type SpawnOptions } from '../cli/support/run-airkit.ts';
import {
  demoBundle,
  hostOf,
  makeSite,
  rootOf,
  writeBundles,
  writeLayout,
  type Site,
} from '../cli/support/site.ts';
import { docker20Files, docker25Files } from '../support/archive-builder.ts';
import { buildImage, tarOf } from '../support/image-builder.ts';
import { useTempFolder } from '../support/temp-folder.ts';

/** `PATH:PATH` of further node binaries; airkit gives the same bytes on all of them. */
const otherNodes = (process.env['AIRKIT_OTHER_NODES'] ?? '')
  .split(':')
  .filter((path) => path !== '');
const encodings = ['zstd', 'gzip', 'none'] as const;
const folder = useTempFolder();

/** A site whose images come from archives with plain layers and from a layout. */
async function makeMixedSite(place: string, { reversed = false } = {}): Promise<Site> {
  await mkdir(place, { recursive: true });
  const site = await makeSite(place);
  const saved = await Promise.all([
    buildImage({ names: ['nginx:1.25', 'nginx:stable'], layers: [10, 11, 12] }),
    buildImage({ names: ['acme/api:1'], layers: [10, 11, 13] }),
  ]);
  const images = reversed ? saved.toReversed() : saved;
  await writeFile(site.path('v20.tar'), await tarOf(docker20Files(images)));
  await writeFile(
    site.path('v25.tar'),
    await tarOf(docker25Files([await buildImage({ names: ['old:1'], layers: [10, 20] })])),
  );
  const roots = await Promise.all(
    [1, 2, 3].map(async (seed) =>
      rootOf({ names: [`example.com/app-${seed}:1`], layers: [1, seed] }),
    ),
  );
  await writeLayout(site.path('layout'), reversed ? roots.toReversed() : roots);
  for (const layers of encodings)
    await writeBundles(site.path(`${layers}.yaml`), [
      demoBundle({
        images: [
          { from: 'oci:layout', include: ['*'] },
          { from: 'docker-archive:v20.tar', include: ['*'] },
          { from: 'docker-archive:v25.tar', include: ['*'] },
        ],
        output: { path: `kits/${layers}`, layers },
      }),
    ]);
  return site;
}

/** Digests of the files that do not depend on the key. */
async function filesOf(kit: string): Promise<Record<string, string>> {
  const names = ['bundle.tar', 'bundle.json', 'images.txt', 'load.sh', 'SHA256SUMS'];
  const digests = names.map(async (name) => [name, digestOf(await readFile(`${kit}/${name}`))]);
  return Object.fromEntries(await Promise.all(digests));
}

describe.each(encodings)('with layers: %s', (layers) => {
  let site: Site;
  let expected: Record<string, string>;

  beforeAll(async () => {
    site = await makeMixedSite(await folder.fresh());
    await pack(site.host, { file: `${layers}.yaml` });
    expected = await filesOf(site.path('kits', layers));
  });

  test('a second run, with a warm cache, gives the same bytes', async () => {
    await pack(site.host, { file: `${layers}.yaml`, output: 'again' });
    expect(await filesOf(site.path('again'))).toEqual(expected);
  });

  test.each([1, 8])('a fresh cache and %i at a time give the same bytes', async (concurrency) => {
    const environment = { ...site.environment, XDG_CACHE_HOME: await folder.fresh() };
    const host = hostOf(site.folder, environment);
    const output = `at-a-time-${concurrency}`;
    await pack(host, { file: `${layers}.yaml`, output, concurrency });
    expect(await filesOf(site.path(output))).toEqual(expected);
  });

  test('sources that list their images in another order, elsewhere, give the same bytes', async () => {
    const other = await makeMixedSite(`${await folder.fresh()}/deeper/place`, { reversed: true });
    await pack(other.host, { file: `${layers}.yaml` });
    expect(await filesOf(other.path('kits', layers))).toEqual(expected);
  });

  test('other time zone, locale and umask give the same bytes', async () => {
    const umask = `data:text/javascript,process.umask(0o077)`;
    const options: SpawnOptions = {
      env: { TZ: 'Pacific/Kiritimati', LANG: 'tr_TR.UTF-8', LC_ALL: 'tr_TR.UTF-8' },
      nodeFlags: ['--import', umask],
    };
    const { code } = await spawnAirkit(site, ['pack', `${layers}.yaml`, '-o', 'far'], options);
    expect(code).toBe(0);
    expect(await filesOf(site.path('far'))).toEqual(expected);
  });

  test.skipIf(otherNodes.length === 0)(
    'every node of AIRKIT_OTHER_NODES gives the same bytes (skipped where it is not set)',
    async () => {
      for (const [position, node] of otherNodes.entries()) {
        const env = { XDG_CACHE_HOME: await folder.fresh() };
        const output = `node-${position}`;
        const args = ['pack', `${layers}.yaml`, '-o', output];
        const { code, stderr } = await spawnAirkit(site, args, { env, node });
        expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
        expect(await filesOf(site.path(output))).toEqual(expected);
      }
    },
  );
});

test('the order of selectors and of patterns does not change the archive', async () => {
  const site = await makeMixedSite(await folder.fresh());
  const include = ['example.com/app-1:*', 'example.com/app-2:*', 'example.com/app-3:*'];
  await writeBundles(site.path('a.yaml'), [bundleOf(include)]);
  await writeBundles(site.path('b.yaml'), [bundleOf(include.toReversed())]);
  const [a] = await pack(site.host, { file: 'a.yaml', output: 'a' });
  const [b] = await pack(site.host, { file: 'b.yaml', output: 'b' });
  expect(a?.archiveSha256).toBe(b?.archiveSha256);
});

function bundleOf(include: readonly string[]): Record<string, unknown> {
  return demoBundle({ images: [{ from: 'oci:layout', include }] });
}
