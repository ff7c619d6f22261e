/** Kits to load, and what a load left in a layout. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { beforeAll } from 'vitest';
import { pack } from '../../../src/index.ts';
import { useTempFolder } from '../../support/temp-folder.ts';
import { airkitJson, type JsonDocument } from './run-airkit.ts';
import { makeSampleSite, makeSite, multiPlatformRoot, rootOf, sampleRoots } from './site.ts';
import { demoBundle, writeBundles, writeLayout, type Site } from './site.ts';

/** Of two platforms. */
export const MULTI = 'quay.io/acme/multi:1';
export const REDIS = 'docker.io/library/redis:7';
export const AGENT = 'ghcr.io/acme/k8s-agent:2.3.0';
export const PROXY = 'registry.k8s.io/kube-proxy:v1.30.2';
/** What the kit `kit` holds. */
export const ALL: readonly string[] = [REDIS, AGENT, MULTI, PROXY];

/** A site with the kits `kit` and `other`; `other` holds another image as {@link REDIS}, and the same {@link AGENT}. */
export async function makeLoadSite(folder: string): Promise<Site> {
  const site = await makeSite(folder);
  const multi = await multiPlatformRoot(MULTI, ['amd64', 'arm64']);
  await writeLayout(site.path('layout'), [...(await sampleRoots()), multi]);
  const others = [
    await rootOf({ names: ['redis:7'], layers: [1, 40] }),
    await rootOf({ names: ['ghcr.io/acme/k8s-agent:2.3.0'], layers: [1, 3] }),
  ];
  await writeLayout(site.path('other-layout'), others);
  const images = [{ from: 'oci:other-layout', include: ['*'] }];
  const other = demoBundle({ name: 'other', images, output: { path: 'other' } });
  await writeBundles(site.path('bundles.yaml'), [demoBundle(), other]);
  await pack(site.host, { key: 'env:RELEASE_KEY' });
  return site;
}

/** The sample site with its kit `kit`, and `other`: a kit of another name with another image as {@link REDIS} only. */
export async function makeTwoKitSite(folder: string): Promise<Site> {
  const site = await makeSampleSite(folder);
  await pack(site.host, { output: 'kit', key: 'env:RELEASE_KEY' });
  await writeLayout(site.path('other-layout'), [
    await rootOf({ names: ['redis:7'], layers: [99] }),
  ]);
  const images = [{ from: 'oci:other-layout', include: ['*'] }];
  await writeBundles(site.path('bundles.yaml'), [demoBundle({ name: 'other', images })]);
  await pack(site.host, { output: 'other', key: 'env:RELEASE_KEY' });
  return site;
}

export interface Loaded {
  readonly code: number | null;
  readonly document: JsonDocument;
  /** `NAME STATUS` of every result. */
  readonly results: readonly string[];
}

/** Runs `load` with the key that signed, and with the receipt `receipt.json` unless the flags name one. */
export async function loadKit(site: Site, kit: string, ...flags: string[]): Promise<Loaded> {
  const receipt = flags.includes('--receipt') ? [] : ['--receipt', 'receipt.json'];
  const args = ['load', kit, '--trust', 'release.pub', ...receipt, ...flags];
  const { code, document } = await airkitJson(site, args);
  return { code, document, results: resultsOf(document) };
}

export interface LoadSite {
  /** The site of {@link makeLoadSite}. */
  readonly site: () => Site;
  /** {@link loadKit} there. */
  readonly load: (kit: string, ...flags: string[]) => Promise<Loaded>;
  /** {@link rootsIn} there. */
  readonly rootsOf: (layout: string) => Promise<Record<string, string>>;
  /** A name for a layout that no other test uses. */
  readonly fresh: () => string;
}

/** Makes one site of {@link makeLoadSite} for all tests of a file. */
export function useLoadSite(): LoadSite {
  const folder = useTempFolder();
  let site: Site | undefined;
  let count = 0;
  beforeAll(async () => {
    site = await makeLoadSite(await folder.fresh());
  });
  const made = (): Site => {
    if (site === undefined) throw new Error('the site is made before the tests');
    return site;
  };
  return {
    site: made,
    load: async (kit, ...flags) => loadKit(made(), kit, ...flags),
    rootsOf: async (layout) => rootsIn(made().path(layout)),
    fresh: () => `restored-${(count += 1)}`,
  };
}

interface Row {
  readonly reference: string;
  readonly status: string;
}

function resultsOf(document: JsonDocument): string[] {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- its shape is what the tests look at
  const results = (document['results'] ?? []) as readonly Row[];
  return results.map(({ reference, status }) => `${reference} ${status}`);
}

/** Root digests by name; none where there is no layout. */
export async function rootsIn(layout: string): Promise<Record<string, string>> {
  if (!existsSync(`${layout}/index.json`)) return {};
  const index: { manifests: { digest: string; annotations: Record<string, string> }[] } =
    JSON.parse(await readFile(`${layout}/index.json`, 'utf8'));
  return Object.fromEntries(
    index.manifests.map((one) => [one.annotations['io.containerd.image.name'] ?? '', one.digest]),
  );
}
