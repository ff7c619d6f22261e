import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { load, pack, plan, type BundleIndex } from '../../src/index.ts';
import type { Digest } from '../../src/oci/digest.ts';
import {
  demoBundle,
  makeSite,
  multiPlatformRoot,
  writeBundles,
  writeLayout,
  type Site,
} from '../cli/support/site.ts';
import type { BuiltRoot } from '../support/image-builder.ts';
import { useTempFolder } from '../support/temp-folder.ts';
import { verifyReleased } from './support/kit-editor.ts';

const NAME = 'example.com/multi:1';
const folder = useTempFolder();
let site: Site;
let root: BuiltRoot;

beforeAll(async () => {
  site = await makeSite(await folder.fresh());
  root = await multiPlatformRoot(NAME, ['amd64', 'arm64']);
  await writeLayout(site.path('layout'), [root]);
});

async function packWith(output: string, selector: Record<string, unknown>): Promise<BundleIndex> {
  const images = [{ from: 'oci:layout', include: ['*'], ...selector }];
  await writeBundles(site.path(`${output}.yaml`), [demoBundle({ images })]);
  await pack(site.host, { file: `${output}.yaml`, output, key: 'env:RELEASE_KEY' });
  expect((await verifyReleased(site, site.path(output), 'deep')).findings).toEqual([]);
  const index: BundleIndex = JSON.parse(await readFile(site.path(output, 'bundle.json'), 'utf8'));
  return index;
}

/** Digests of the blobs that an archive holds. */
function heldBy({ members }: BundleIndex): Set<string> {
  return new Set(
    members.filter(({ path }) => path.startsWith('blobs/')).map(({ sha256 }) => `sha256:${sha256}`),
  );
}

function manifestOf(
  { images }: BundleIndex,
  architecture: string,
): BundleIndex['images'][0]['manifests'][0] {
  const found = images[0]?.manifests.find(({ platform }) => platform.architecture === architecture);
  if (found === undefined) throw new Error(`no ${architecture}`);
  return found;
}

describe('an index of two platforms with attestations', () => {
  test('travels whole where no platform is listed', async () => {
    const index = await packWith('whole', {});
    expect(index.absent).toEqual([]);
    expect(index.images).toMatchObject([
      { reference: NAME, root: { digest: root.descriptor.digest } },
    ]);
    expect([...heldBy(index)].toSorted()).toEqual([...root.blobs.keys()].toSorted());
  });

  test('leaves out only the layers of other platforms, and says so', async () => {
    const index = await packWith('amd64', { platforms: ['linux/amd64'] });
    const held = heldBy(index);
    const [arm64, amd64] = ['arm64', 'amd64'].map((one) => manifestOf(index, one));
    expect(index.images).toMatchObject([{ root: { digest: root.descriptor.digest } }]);
    for (const { descriptor, config } of index.images[0]?.manifests ?? []) {
      expect(held).toContain(descriptor.digest);
      expect(held).toContain(config.digest);
    }
    const shared = amd64?.layers.map(({ descriptor }) => descriptor.digest) ?? [];
    const left = arm64?.layers.map(({ descriptor }) => descriptor.digest) ?? [];
    const expected: Digest[] = left.filter((digest) => !shared.includes(digest));
    expect(expected).toHaveLength(1);
    const absent = index.absent.map(({ digest }) => digest);
    expect(absent).toEqual(expect.arrayContaining(expected));
    for (const { reason, size } of index.absent) {
      expect(reason).toBe('platform');
      expect(size).toBeGreaterThan(0);
    }
    for (const digest of absent) expect(held).not.toContain(digest);
    for (const digest of shared) expect(held).toContain(digest);
    const lines = await readFile(site.path('amd64', 'images.txt'), 'utf8');
    expect(lines).toContain('linux/amd64');
    expect(lines).not.toContain('linux/arm64');
  });

  test('shows manifest.json the first listed platform', async () => {
    const index = await packWith('arm-first', { platforms: ['linux/arm64', 'linux/amd64'] });
    const config = manifestOf(index, 'arm64').config.digest.slice('sha256:'.length);
    const archive = await readFile(site.path('arm-first', 'bundle.tar'));
    const tail = archive.subarray(-4096).toString('latin1');
    expect(tail).toContain(`"Config":"blobs/sha256/${config}"`);
  });

  test('is restored with the digest of its index, without the layers that were left out', async () => {
    await packWith('restorable', { platforms: ['linux/amd64'] });
    const report = await load(site.host, 'restorable', {
      trust: ['release.pub'],
      to: 'oci:restored',
      receipt: 'r.json',
    });
    expect(report.results).toMatchObject([{ status: 'loaded', after: root.descriptor.digest }]);
  });
});

describe('a platform that an image lacks', () => {
  const images = [
    { from: 'oci:layout', include: ['*'], platforms: ['linux/amd64', 'linux/s390x'] },
  ];

  test('is an error of plan and of pack', async () => {
    await writeBundles(site.path('s390x.yaml'), [demoBundle({ images })]);
    const expected = { code: 'PLATFORM_MISSING', message: expect.stringContaining(NAME) };
    await expect(plan(site.host, { file: 's390x.yaml' })).rejects.toMatchObject(expected);
    await expect(pack(site.host, { file: 's390x.yaml', output: 'no' })).rejects.toMatchObject(
      expected,
    );
  });

  test('is passed over where the selector is optional', async () => {
    const index = await packWith('optional', {
      platforms: ['linux/amd64', 'linux/s390x'],
      optional: true,
    });
    expect(heldBy(index)).toContain(manifestOf(index, 'amd64').layers[1]?.descriptor.digest);
  });

  test('leaves an optional image out that has no other, and says so', async () => {
    const optional = { from: 'oci:layout', include: ['*'], platforms: ['linux/s390x'] };
    await writeBundles(site.path('none.yaml'), [
      demoBundle({ images: [{ ...optional, optional: true }] }),
    ]);
    const warnings: string[] = [];
    const [found] = await plan(site.host, {
      file: 'none.yaml',
      onProgress: (event) => {
        if (event.kind === 'warning') warnings.push(event.message);
      },
    });
    expect(found?.plan.images).toEqual([]);
    expect(warnings).toEqual([expect.stringContaining(NAME)]);
  });
});
