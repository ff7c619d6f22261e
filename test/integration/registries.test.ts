import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { load, pack, plan, type BundleIndex } from '../../src/index.ts';
import { demoBundle, makeSampleSite, writeBundles, type Site } from '../cli/support/site.ts';
import { useTempFolder } from '../support/temp-folder.ts';
import { startTestRegistry, type TestRegistry } from '../support/test-registry.ts';
import { verifyReleased } from './support/kit-editor.ts';

const folder = useTempFolder();
let site: Site;
let registry: TestRegistry;

beforeAll(async () => {
  site = await makeSampleSite(await folder.fresh());
  registry = await startTestRegistry();
  await pack(site.host, { output: 'first', key: 'env:RELEASE_KEY' });
});

afterAll(async () => {
  await registry.stop();
});

async function rootsOf(kit: string): Promise<Map<string, string>> {
  const index: BundleIndex = JSON.parse(await readFile(site.path(kit, 'bundle.json'), 'utf8'));
  return new Map(index.images.map(({ reference, root }) => [reference, root.digest]));
}

async function loadIntoRegistry(): ReturnType<typeof load> {
  const to = `registry://${registry.host}/mirror`;
  const trust = [site.path('release.pub')];
  return load(site.host, 'first', { to, trust, receipt: 'receipt.json' });
}

test('a kit goes into a registry, and from there into another kit, with its digests', async () => {
  const loaded = await loadIntoRegistry();
  expect(new Set(loaded.results.map(({ status }) => status))).toEqual(new Set(['loaded']));
  const again = await loadIntoRegistry();
  expect(again.sentBytes).toBe(0);
  expect(new Set(again.results.map(({ status }) => status))).toEqual(new Set(['already-present']));

  const from = `registry://${registry.host}/mirror`;
  const images = [
    { from, include: ['*kube*', 'library/redis:7'] },
    { from: 'registry', include: [`${registry.host}/mirror/acme/k8s-agent:2.3.0`] },
  ];
  await writeBundles(site.path('registry.yaml'), [demoBundle({ images })]);
  const [planned] = await plan(site.host, { file: 'registry.yaml', output: 'second' });
  expect(planned?.kit.kind).toBe('exact');
  await pack(site.host, { file: 'registry.yaml', output: 'second', key: 'env:RELEASE_KEY' });
  expect((await verifyReleased(site, site.path('second'), 'deep')).findings).toEqual([]);
  const roots = await rootsOf('first');
  expect(await rootsOf('second')).toEqual(
    new Map([
      [`${registry.host}/mirror/acme/k8s-agent:2.3.0`, roots.get('ghcr.io/acme/k8s-agent:2.3.0')],
      [
        `${registry.host}/mirror/kube-proxy:v1.30.2`,
        roots.get('registry.k8s.io/kube-proxy:v1.30.2'),
      ],
      [`${registry.host}/mirror/library/redis:7`, roots.get('docker.io/library/redis:7')],
    ]),
  );
});

test('a refused catalog is told, and says to name repositories', async () => {
  const closed = await startTestRegistry({ refuseCatalog: true });
  try {
    const images = [{ from: `registry://${closed.host}`, include: ['*'] }];
    await writeBundles(site.path('closed.yaml'), [demoBundle({ images })]);
    const refused = pack(site.host, { file: 'closed.yaml', output: 'never' });
    await expect(refused).rejects.toMatchObject({ hint: expect.stringContaining('repositor') });
  } finally {
    await closed.stop();
  }
});
