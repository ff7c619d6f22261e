/** A base kit, a thin kit against it and the full kit of the same images. */
import { cp, readFile } from 'node:fs/promises';
import { pack, type BundleIndex } from '../../../src/index.ts';
import { demoBundle, makeSite, multiPlatformRoot, rootOf, writeBundles } from './site.ts';
import { writeLayout, type Site } from './site.ts';

export const APP = 'docker.io/acme/app:2';
export const MULTI = 'docker.io/acme/multi:2';
export const NEW = 'docker.io/library/redis:7';
/** What `thin` and `full` hold. */
export const ALL: readonly string[] = [APP, MULTI, NEW];

/**
 * A site with the signed kits `base` (1.0), `full` (2.0) and `thin` (2.0 without what `base` has). Of {@link ALL} only
 * {@link NEW} shares nothing with the base.
 */
export async function makeThinSite(folder: string): Promise<Site> {
  const site = await makeSite(folder);
  const multi = await multiPlatformRoot('acme/multi:2', ['amd64', 'arm64']);
  const before = [await rootOf({ names: ['acme/app:1'], layers: [1, 2, 3] }), multi];
  const after = [
    await rootOf({ names: ['acme/app:2'], layers: [1, 2, 4] }),
    multi,
    await rootOf({ names: ['redis:7'], layers: [9] }),
  ];
  await writeLayout(site.path('before'), before);
  await writeLayout(site.path('after'), after);
  await writeBundles(site.path('base.yaml'), [bundleOf('1.0', 'before', { path: 'base' })]);
  await writeBundles(site.path('next.yaml'), [bundleOf('2.0', 'after')]);
  await pack(site.host, { file: 'base.yaml', key: 'env:RELEASE_KEY' });
  await pack(site.host, { file: 'next.yaml', output: 'full', key: 'env:RELEASE_KEY' });
  const base = ['base'];
  await pack(site.host, { file: 'next.yaml', output: 'thin', base, key: 'env:RELEASE_KEY' });
  return site;
}

function bundleOf(version: string, layout: string, output?: object): object & { name: string } {
  const images = [{ from: `oci:${layout}`, include: ['*'] }];
  return { ...demoBundle({ version, images, output }), name: 'demo' };
}

export async function indexOf(site: Site, kit: string): Promise<BundleIndex> {
  const index: BundleIndex = JSON.parse(await readFile(site.path(kit, 'bundle.json'), 'utf8'));
  return index;
}

/** Paths of the blobs in a kit. */
export async function blobsOf(site: Site, kit: string): Promise<string[]> {
  const { members } = await indexOf(site, kit);
  return members.map(({ path }) => path).filter((path) => path.startsWith('blobs/'));
}

/** A copy of a kit. */
export async function copyKit(site: Site, kit: string, name: string): Promise<void> {
  await cp(site.path(kit), site.path(name), { recursive: true });
}
