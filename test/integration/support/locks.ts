/** What tests of the lock share: a bundles file over a registry, and what was asked of it. */
import { readFile } from 'node:fs/promises';
import type { Digest } from '../../../src/oci/digest.ts';
import { pack, type BundleIndex } from '../../../src/index.ts';
import {
  demoBundle,
  makeSite,
  rootOf,
  writeBundles,
  type BundleText,
  type Site,
} from '../../cli/support/site.ts';
import type { BuiltRoot } from '../../support/image-builder.ts';
import {
  startTestRegistry,
  type RegistrySwitches,
  type TestRegistry,
} from '../../support/test-registry.ts';

export interface RegistrySite {
  readonly site: Site;
  readonly registry: TestRegistry;
  /** What the tags v1 and v2 of acme/api stand for at first, and another image. */
  readonly roots: readonly [BuiltRoot, BuiltRoot, BuiltRoot];
}

/** acme/api with the tags v1 and v2, and acme/web:1; a bundle that chooses them by pattern and by name. */
export async function makeRegistrySite(
  folder: string,
  switches: RegistrySwitches = {},
): Promise<RegistrySite> {
  const site = await makeSite(folder);
  const registry = await startTestRegistry(switches);
  const roots = [
    await rootOf({ layers: [1, 2] }),
    await rootOf({ layers: [1, 3] }),
    await rootOf({ layers: [1, 4] }),
  ] as const;
  registry.put('acme/api', 'v1', roots[0]);
  registry.put('acme/api', 'v2', roots[1]);
  registry.put('acme/web', '1', roots[1]);
  await writeBundles(site.path('bundles.yaml'), [registryBundle(registry)]);
  return { site, registry, roots };
}

export function registryBundle({ host }: TestRegistry, fields: BundleText = {}): BundleText {
  const images = [
    { from: `registry://${host}`, include: ['acme/api:v*'] },
    { from: 'registry', include: [`${host}/acme/web:1`] },
  ];
  return demoBundle({ images, ...fields });
}

/** The registry's own sum of what a pack wrote, and the roots in it. */
export async function packed(
  site: Site,
  output: string,
  options: Partial<Parameters<typeof pack>[1]> = {},
): Promise<{ sha256: string | undefined; roots: Record<string, Digest> }> {
  const [kit] = await pack(site.host, { output, ...options });
  const index: BundleIndex = JSON.parse(await readFile(site.path(output, 'bundle.json'), 'utf8'));
  const roots = index.images.map(({ reference, root }) => [
    reference.replace(/^127\.0\.0\.1:\d+\//, ''),
    root.digest,
  ]);
  return { sha256: kit?.archiveSha256, roots: Object.fromEntries(roots) };
}

/** What lists names: these are what a locked pack can do without. */
export function listings({ seen }: TestRegistry): string[] {
  return seen.map(({ path }) => path).filter((path) => /tags\/list|_catalog/.test(path));
}

/** Makes a registry forget a manifest, as its garbage collection does. */
export function forget(
  { repositories }: TestRegistry,
  name: string,
  { descriptor }: BuiltRoot,
): void {
  repositories.get(name)?.manifests.delete(descriptor.digest);
}
