import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { pack } from '../../src/index.ts';
import { useTempFolder } from '../support/temp-folder.ts';
import { airkit, airkitJson } from './support/run-airkit.ts';
import { demoBundle, makeSampleSite, writeBundles, type Site } from './support/site.ts';

const folder = useTempFolder();
let site: Site;

beforeAll(async () => {
  site = await makeSampleSite(await folder.fresh());
});

describe('plan', () => {
  test('tells of every image, sizes, sharing and free space, and writes nothing', async () => {
    const before = await readdir(site.folder);
    const { code, document } = await airkitJson(site, ['plan']);
    expect(code).toBe(0);
    const image = {
      from: 'oci:layout',
      pattern: '*',
      platforms: ['linux/amd64'],
      root: expect.stringMatching(/^sha256:/),
      imageId: expect.stringMatching(/^sha256:/),
      size: expect.any(Number),
      uniqueBytes: expect.any(Number),
      sharedBytes: expect.any(Number),
    };
    const place = { path: expect.any(String), freeBytes: expect.any(Number) };
    expect(document).toMatchObject({
      schemaVersion: 1,
      bundles: [
        {
          name: 'demo',
          version: '1.0',
          path: site.path('kit'),
          images: [
            { ...image, reference: 'docker.io/library/redis:7' },
            { ...image, reference: 'ghcr.io/acme/k8s-agent:2.3.0' },
            { ...image, reference: 'registry.k8s.io/kube-proxy:v1.30.2' },
          ],
          totals: { savedBytes: expect.any(Number) },
          kit: { kind: 'exact', bytes: expect.any(Number) },
          freeSpace: { destination: place, cache: place },
        },
      ],
    });
    expect(await readdir(site.folder)).toEqual(before);
  });

  test('announces the exact size of a kit from an OCI layout', async () => {
    const { document } = await airkitJson(site, ['plan', '-o', 'sized']);
    const [kit] = await pack(site.host, { output: 'sized' });
    const { size } = await stat(site.path('sized', 'bundle.tar'));
    expect(size).toBe(kit?.archiveBytes);
    const bytes = await bytesIn(site.path('sized'));
    expect(document).toMatchObject({ bundles: [{ kit: { kind: 'exact', bytes } }] });
  });

  test.each([
    ['redis:7', 'docker.io/library/redis:7'],
    ['docker.io/library/redis:7', 'docker.io/library/redis:7'],
    ['ghcr.io/acme/k8s-agent', 'ghcr.io/acme/k8s-agent:2.3.0'],
  ])('--why %s names the selector and the pattern', async (wanted, reference) => {
    const { code, document } = await airkitJson(site, ['plan', '--why', wanted]);
    expect(code).toBe(0);
    expect(document).toMatchObject({
      why: [{ bundle: 'demo', reference, from: 'oci:layout', pattern: '*' }],
    });
  });

  test('--why of an image that is not chosen exits 2', async () => {
    const { code, document } = await airkitJson(site, ['plan', '--why', 'nginx']);
    expect({ code, error: document.error?.code }).toEqual({ code: 2, error: 'NO_MATCH' });
  });

  test('shows people the pattern that chose each image', async () => {
    const selector = { from: 'oci:layout', include: ['*k8s*'] };
    await writeBundles(site.path('k8s.yaml'), [demoBundle({ images: [selector] })]);
    const { code, stdout } = await airkit(site, ['plan', 'k8s.yaml', '--quiet']);
    expect(code).toBe(0);
    expect(stdout.match(/oci:layout: \*k8s\*/g)).toHaveLength(2);
    expect(stdout).not.toContain('redis');
  });

  test('-o with two bundles is wrong usage, as for pack', async () => {
    const second = demoBundle({ name: 'second', output: { path: 'second' } });
    await writeBundles(site.path('two.yaml'), [demoBundle(), second]);
    const { code, document } = await airkitJson(site, ['plan', 'two.yaml', '-o', 'x']);
    expect({ code, error: document.error?.code }).toEqual({ code: 2, error: 'USAGE' });
  });

  test('every pattern that matches nothing is told at once, with its place', async () => {
    const selectors = [
      { from: 'oci:layout', include: ['*k8s*', 'nothing-1'] },
      { from: 'oci:layout', include: ['nothing-2'] },
      { from: 'oci:layout', include: ['nothing-3'], optional: true },
    ];
    await writeBundles(site.path('none.yaml'), [demoBundle({ images: selectors })]);
    const { code, document } = await airkitJson(site, ['plan', 'none.yaml']);
    expect(code).toBe(2);
    expect(document.error).toMatchObject({
      code: 'NO_MATCH',
      problems: ['nothing-1', 'nothing-2'].map((pattern) => ({
        subject: site.path('none.yaml'),
        line: expect.any(Number),
        column: expect.any(Number),
        message: expect.stringContaining(pattern),
      })),
    });
  });
});

/** Of all files in a folder. */
async function bytesIn(path: string): Promise<number> {
  const sizes = await Promise.all(
    (await readdir(path)).map(async (name) => (await stat(join(path, name))).size),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}
