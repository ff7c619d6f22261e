/** Kits that are not as they were signed: never accepted, never a crash, nothing written outside. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bundleIndexSpan } from '../../../src/archive/layout.ts';
import { parseBundleIndex } from '../../../src/archive/bundle-index.ts';
import { load, pack, verify, type LoadReport } from '../../../src/index.ts';
import {
  demoBundle,
  makeSite,
  rootOf,
  writeBundles,
  writeLayout,
  type Site,
} from '../../cli/support/site.ts';
import { editedKits, type KitBytes, type KitPair, type Span } from '../kit-edits.ts';
import { modelOf, type Model } from '../model.ts';

/** What a signer answers for; all other files are signatures. */
const SIGNED = ['bundle.json', 'bundle.tar', 'images.txt', 'load.sh', 'SHA256SUMS'];

/** Packs two kits of one signer into a folder. Models work there, one case after another. */
export async function kitModels(folder: string): Promise<Model[]> {
  const site = await makeSite(folder);
  const pair = await packPair(site);
  const bench = { site, kit: new Map<string, Buffer>(), known: new Set(await readdir(folder)) };
  const inputs = { cases: editedKits(pair), seeds: [...pair.kits] };
  return [
    modelOf(
      {
        name: 'verify of an edited kit',
        weight: 3,
        parse: async (files: KitBytes) => verifyKit(bench, files),
        holds: (_, files) => requireSigned(files, pair),
      },
      inputs,
    ),
    modelOf(
      {
        name: 'load of an edited kit',
        weight: 2,
        parse: async (files: KitBytes) => loadKit(bench, files),
        holds: async (report, files) => requireLoaded(site, report, { files, pair }),
      },
      inputs,
    ),
  ];
}

async function packPair(site: Site): Promise<KitPair> {
  const names = ['ghcr.io/acme/api:1', 'redis:7'];
  const layers = {
    a: [
      [1, 2],
      [1, 3],
    ],
    b: [
      [1, 4],
      [1, 5],
    ],
  };
  const bundles = [];
  for (const [name, own] of Object.entries(layers)) {
    const roots = own.map(async (seeds, at) => rootOf({ names: [names[at] ?? ''], layers: seeds }));
    await writeLayout(site.path(`layout-${name}`), await Promise.all(roots));
    const images = [{ from: `oci:layout-${name}`, include: ['*'] }];
    bundles.push(demoBundle({ name: 'demo', version: name, images, output: { path: name } }));
  }
  await writeBundles(site.path('a.yaml'), bundles.slice(0, 1));
  await writeBundles(site.path('b.yaml'), bundles.slice(1));
  for (const file of ['a.yaml', 'b.yaml']) await pack(site.host, { file, key: 'env:RELEASE_KEY' });
  const kits = await Promise.all(['a', 'b'].map(async (name) => readKit(site.path(name))));
  const [first = new Map(), second = new Map()] = kits;
  await mkdir(site.path('case'));
  return { kits: [first, second], members: [membersOf(first), membersOf(second)] };
}

async function readKit(folder: string): Promise<Map<string, Buffer>> {
  const names = await readdir(folder);
  return new Map(
    await Promise.all(
      names.map(async (name) => [name, await readFile(join(folder, name))] as const),
    ),
  );
}

function membersOf(kit: KitBytes): Span[] {
  const index = kit.get('bundle.json') ?? Buffer.alloc(0);
  const base = bundleIndexSpan(index.byteLength);
  return parseBundleIndex(index).members.map(({ offset, size }) => ({
    start: base + offset,
    length: size,
  }));
}

/** Where cases are tried, and what the last one left there. */
interface Bench {
  readonly site: Site;
  readonly kit: Map<string, Buffer>;
  /** What is in the folder besides cases. */
  readonly known: ReadonlySet<string>;
}

/** Writes what differs from the last case. */
async function writeCase({ site, kit }: Bench, files: KitBytes): Promise<string> {
  const folder = site.path('case', 'kit');
  await mkdir(folder, { recursive: true });
  for (const name of [...kit.keys()].filter((one) => !files.has(one))) {
    await rm(join(folder, name));
    kit.delete(name);
  }
  for (const [name, bytes] of files) {
    if (kit.get(name)?.equals(bytes) === true) continue;
    await writeFile(join(folder, name), bytes);
    kit.set(name, bytes);
  }
  return folder;
}

async function verifyKit(bench: Bench, files: KitBytes): Promise<true | undefined> {
  const { site } = bench;
  const kit = await writeCase(bench, files);
  try {
    const { ok } = await verify(site.host, kit, { trust: [site.path('release.pub')] });
    return ok ? true : undefined;
  } finally {
    await requireNothingOutside(bench);
  }
}

async function loadKit(bench: Bench, files: KitBytes): Promise<LoadReport | undefined> {
  const { site } = bench;
  const kit = await writeCase(bench, files);
  const out = site.path('case', 'out');
  await rm(out, { recursive: true, force: true });
  const choices = {
    trust: [site.path('release.pub')],
    to: [`oci:${out}`],
    receipt: site.path('case', 'receipt.json'),
  };
  try {
    const report = await load(site.host, kit, choices);
    return report.results.every(({ status }) => status === 'loaded') ? report : undefined;
  } finally {
    await requireNothingOutside(bench);
  }
}

/** All that was signed is byte for byte that of one kit. */
function requireSigned(files: KitBytes, { kits }: KitPair): void {
  const isOneOfThem = kits.some((kit) =>
    SIGNED.every((name) => files.get(name)?.equals(kit.get(name) ?? Buffer.alloc(0)) === true),
  );
  assert.ok(isOneOfThem, 'verify accepted other bytes than were signed');
}

/** What is in the target is what one signed index lists, and all of it is whole. */
async function requireLoaded(
  site: Site,
  { results }: LoadReport,
  { files, pair }: { readonly files: KitBytes; readonly pair: KitPair },
): Promise<void> {
  const index = files.get('bundle.json') ?? Buffer.alloc(0);
  assert.ok(
    pair.kits.some((kit) => kit.get('bundle.json')?.equals(index)),
    'load accepted an index nobody signed',
  );
  const { images, members } = parseBundleIndex(index);
  assert.deepEqual(
    results.map(({ reference }) => reference).toSorted(),
    images.map(({ reference }) => reference).toSorted(),
  );
  const blobs = await readdir(site.path('case', 'out', 'blobs', 'sha256'));
  for (const name of blobs) {
    const bytes = await readFile(site.path('case', 'out', 'blobs', 'sha256', name));
    assert.equal(createHash('sha256').update(bytes).digest('hex'), name);
  }
  const wanted = members.map(({ path }) => path).filter((path) => path.startsWith('blobs/'));
  assert.deepEqual(blobs.map((name) => `blobs/sha256/${name}`).toSorted(), wanted.toSorted());
}

async function requireNothingOutside({ site, known }: Bench): Promise<void> {
  const places = await readdir(site.folder);
  assert.deepEqual(
    places.filter((name) => !known.has(name)),
    [],
  );
  const made = new Set(['kit', 'out', 'receipt.json']);
  assert.deepEqual(
    (await readdir(site.path('case'))).filter((name) => !made.has(name)),
    [],
  );
}
