import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pack } from '../../src/index.ts';
import { parseInventory } from '../../src/inventory/inventory-file.ts';
import { heldDescriptors } from '../../src/oci/image-graph.ts';
import { readImageGraph } from '../../src/content/read-graph.ts';
import { startTestRegistry, type TestRegistry } from '../support/test-registry.ts';
import { useTempFolder } from '../support/temp-folder.ts';
import { contentOf } from '../unit/content/memory-content.ts';
import { airkit, airkitJson } from './support/run-airkit.ts';
import {
  demoBundle,
  makeSite,
  rootOf,
  writeBundles,
  writeLayout,
  type Site,
} from './support/site.ts';
import type { BuiltRoot } from '../support/image-builder.ts';

const folder = useTempFolder();
let site: Site;
let registry: TestRegistry;
let roots: Record<'stays' | 'old' | 'moved' | 'new', BuiltRoot>;
const [STAYS, OLD, MOVES, NEW] = ['stays:1', 'old:1', 'moves:1', 'new:1'].map(
  (name) => `ghcr.io/acme/${name}`,
);

const build = async (name = '', ...layers: number[]): Promise<BuiltRoot> =>
  rootOf({ names: [name], layers });

beforeAll(async () => {
  registry = await startTestRegistry();
  site = await makeSite(await folder.fresh());
  roots = {
    stays: await build(STAYS, 1, 2),
    old: await build(OLD, 1, 3),
    moved: await build(MOVES, 1, 5),
    new: await build(NEW, 1, 6),
  };
  await writeLayout(site.path('before'), [roots.stays, roots.old, await build(MOVES, 1, 4)]);
  await writeLayout(site.path('after'), [roots.stays, roots.moved, roots.new]);
  for (const from of ['before', 'after']) {
    await writeBundles(site.path('bundles.yaml'), [
      demoBundle({ images: [{ from: `oci:${from}`, include: ['*'] }] }),
    ]);
    await pack(site.host, { output: `kit-${from}` });
  }
});

afterAll(async () => registry.stop());

/** Manifest, config and layers of an image above the common base. */
async function ownBytes(root: BuiltRoot): Promise<number> {
  const graph = await readImageGraph(root.descriptor, contentOf(root.blobs));
  const [base] = graph.manifests[0]?.layers ?? [];
  const own = heldDescriptors(graph).filter(({ digest }) => digest !== base?.descriptor.digest);
  return own.reduce((sum, { size }) => sum + size, 0);
}

describe('diff', () => {
  test('of two kits names what changed and counts what is new', async () => {
    const { code, document } = await airkitJson(site, ['diff', 'kit-before', 'kit-after']);
    expect(code).toBe(0);
    expect(document).toMatchObject({
      images: [
        { reference: MOVES, change: 'moved', to: roots.moved.descriptor.digest },
        { reference: NEW, change: 'added', to: roots.new.descriptor.digest },
        { reference: OLD, change: 'removed', from: roots.old.descriptor.digest },
        { reference: STAYS, change: 'same' },
      ],
      travel: { blobs: 6, bytes: (await ownBytes(roots.moved)) + (await ownBytes(roots.new)) },
    });
  });

  test('of a kit with itself has nothing to say', async () => {
    const { code, stdout } = await airkit(site, ['diff', 'kit-after', 'kit-after']);
    expect([code, stdout]).toEqual([0, '']);
  });

  test.each(['oci', 'registry'])('of a kit and what %s holds', async (kind) => {
    const target = kind === 'oci' ? 'oci:held' : `registry://${registry.host}/site`;
    const flags = ['--allow-unsigned', '--to', target, '--receipt', 'receipt.json'];
    expect((await airkit(site, ['load', 'kit-before', ...flags])).code).toBe(0);
    const { code, document } = await airkitJson(site, ['diff', 'kit-after', '--target', target]);
    expect(code).toBe(0);
    expect(document).toMatchObject({
      images: [
        { reference: MOVES, change: 'moved' },
        { reference: NEW, change: 'added' },
        { reference: STAYS, change: 'same' },
      ],
      travel: { blobs: 6, bytes: (await ownBytes(roots.moved)) + (await ownBytes(roots.new)) },
    });
    const file = site.path(`${kind}.json`);
    const taken = await airkitJson(site, ['inventory', target, '-o', file]);
    expect([taken.code, taken.document]).toMatchObject([0, { path: file }]);
    const inventory = parseInventory(await readFile(file), file);
    const names = inventory.images.map(({ reference }) => reference.replace(/^.*\//u, ''));
    expect(names).toEqual(['moves:1', 'old:1', 'stays:1']);
    expect([...inventory.blobs]).toEqual(expect.arrayContaining([...roots.old.blobs.keys()]));
    expect(inventory.chainIds.size).toBe(4);
  });

  test.each([[['diff', 'kit-after']], [['diff', 'kit-after', 'kit-before', '--target', 'docker']]])(
    '%j is no question',
    async (args) => {
      const { code, document } = await airkitJson(site, args);
      expect([code, document.error?.code]).toEqual([2, 'USAGE']);
    },
  );
});
