/** A site with kits of a signed image: `kit` has all of it, `one` has one platform. */
import { readFile } from 'node:fs/promises';
import { load, pack, type BundleIndex, type PackedKit } from '../../../src/index.ts';
import type { Descriptor } from '../../../src/oci/descriptor.ts';
import { REF_NAME } from '../../../src/oci/layout-documents.ts';
import { demoBundle, makeSite, writeBundles, type Site } from '../../cli/support/site.ts';
import type { TestRegistry } from '../../support/test-registry.ts';
import {
  registryWith,
  REPOSITORY,
  signedImage,
  type AddedReferrer,
  type SignedImage,
} from './referrer-world.ts';

export type LoadResults = Awaited<ReturnType<typeof load>>['results'];

export interface SignedSite {
  readonly site: Site;
  readonly image: SignedImage;
  /** Where the kits come from. */
  readonly source: TestRegistry;
  /** Writes a bundles file with these selectors and packs it; default: the image with all that refers to it. */
  pack(output: string, images?: readonly object[]): Promise<PackedKit>;
  load(to: string, kit?: string, sparseIndex?: 'strip'): Promise<LoadResults>;
  indexOf(kit: string): Promise<BundleIndex>;
  /** What a kit lists, as {@link nameIn} writes it. */
  listedIn(kit: string): Promise<Set<string>>;
}

export async function makeSignedSite(folder: string): Promise<SignedSite> {
  const site = await makeSite(folder);
  const image = await signedImage();
  const source = await registryWith(image, { referrers: {} });
  const include = [`${source.host}/${REPOSITORY}:1`];
  const everything = { from: 'registry', include, referrers: true };
  const packInto = async (
    output: string,
    images: readonly object[] = [everything],
  ): Promise<PackedKit> => {
    const file = `${output}.yaml`;
    await writeBundles(site.path(file), [demoBundle({ images })]);
    const [kit] = await pack(site.host, { file, output, key: 'env:RELEASE_KEY', force: true });
    if (kit === undefined) throw new Error('no kit');
    return kit;
  };
  const indexOf = async (kit: string): Promise<BundleIndex> =>
    JSON.parse(await readFile(site.path(kit, 'bundle.json'), 'utf8'));
  await packInto('kit');
  await packInto('one', [{ ...everything, platforms: ['linux/amd64'] }]);
  return {
    site,
    image,
    source,
    pack: packInto,
    load: async (to, kit = 'kit', sparseIndex) => {
      const trust = [site.path('release.pub')];
      const options = { to, trust, receipt: site.path('receipt.json'), sparseIndex };
      return (await load(site.host, kit, options)).results;
    },
    indexOf,
    listedIn: async (kit) => new Set((await indexOf(kit)).images[0]?.referrers.map(nameIn)),
  };
}

/** `DIGEST TAG` of an entry in a list. */
export function nameIn({ digest, annotations }: Descriptor): string {
  return `${digest} ${annotations?.[REF_NAME] ?? ''}`;
}

export function namesOf(referrers: readonly AddedReferrer[]): Set<string> {
  return new Set(referrers.map(({ root, tag = '' }) => `${root.descriptor.digest} ${tag}`));
}
