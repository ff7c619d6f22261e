import type { BlobOrigin } from '../archive/fill-blob.ts';
import type { Cache } from '../content/cache.ts';
import { holderOf, holds } from '../content/first-holding.ts';
import { by } from '../oci/compare.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { isDigest, type Digest } from '../oci/digest.ts';
import type { Plan, PlanBlob } from '../plan/plan.ts';
import type { DescribedImage } from './describe-bundle.ts';
import type { ReusedKit } from './reused-kits.ts';

/** Media that may hold a blob before the one that an image was chosen from is asked, cheapest first. */
export interface ContentAtHand {
  readonly cache: Cache;
  readonly kits: readonly ReusedKit[];
}

/** Where a blob's bytes come from: what costs least comes first. */
const MEDIA = ['cache', 'kit', 'file', 'engine', 'registry'] as const;
type Medium = (typeof MEDIA)[number];

/** Bytes of a bundle that come from one place. */
export interface Origin {
  readonly medium: Medium;
  /** `cache`, a kit as it was named, a selector's text, or a registry's host. */
  readonly from: string;
  /** At most so many; exact for all but what an engine must export or a layer that must be encoded. */
  readonly bytes: number;
}

/**
 * Says where each blob of resolved images may be read, in order of preference: cache, reused kits, local media,
 * registries.
 */
export function originsOf(
  described: readonly DescribedImage[],
  { cache, kits }: ContentAtHand,
): (target: Descriptor) => Promise<BlobOrigin[]> {
  const holders = holdersOf(described);
  const fromCache = { where: 'the cache', content: cache };
  const fromKits = kits.map((kit) => ({ where: kit.name, content: kit }));
  let listing: Promise<ReadonlySet<Digest>> | undefined;
  return async (target) => {
    listing ??= cache.list();
    const isCached = (await listing).has(target.digest);
    const origins: BlobOrigin[] = [];
    for (const origin of isCached ? [fromCache, ...fromKits] : fromKits)
      if (await holds(origin.content, target)) origins.push(origin);
    for (const holder of holders.get(target.digest) ?? []) {
      const content = holder.image?.content;
      if (content !== undefined && !origins.some((origin) => origin.content === content))
        origins.push({ where: placeOf(holder).from, content });
    }
    return origins;
  };
}

/** Sums up where the bytes of a plan come from. */
export async function sumOrigins(
  plan: Plan,
  described: readonly DescribedImage[],
  atHand: ContentAtHand,
): Promise<Origin[]> {
  const holders = holdersOf(described);
  const sums = new Map<string, Origin>();
  const cached: ReadonlySet<string> = await atHand.cache.list();
  for (const blob of plan.blobs) {
    const [holder] = holders.get(blob.key) ?? [];
    const mayBeAtHand = cached.has(blob.key) || atHand.kits.length > 0;
    const found = (mayBeAtHand && (await placeAtHand(blob, atHand))) || placeOf(holder);
    const name = `${MEDIA.indexOf(found.medium)} ${found.from}`;
    sums.set(name, { ...found, bytes: (sums.get(name)?.bytes ?? 0) + blob.size });
  }
  return [...sums].toSorted(by(([name]) => name)).map(([, origin]) => origin);
}

type Place = Pick<Origin, 'medium' | 'from'>;

async function placeAtHand(
  { key, size, exact }: PlanBlob,
  { cache, kits }: ContentAtHand,
): Promise<Place | undefined> {
  if (!exact || !isDigest(key)) return undefined;
  const target = { mediaType: '', digest: key, size };
  if (await holds(cache, target)) return { medium: 'cache', from: 'cache' };
  const kit = await holderOf(kits, target);
  return kit === undefined ? undefined : { medium: 'kit', from: kit.name };
}

function placeOf(holder: DescribedImage | undefined): Place {
  if (holder === undefined) throw new Error('a plan holds a blob of no image');
  const { selector, listed } = holder.chosen;
  const medium = mediumOf(holder);
  return { medium, from: medium === 'registry' ? listed.reference.registry : selector.text };
}

/** Images by the blobs that they have, local media before registries. */
function holdersOf(described: readonly DescribedImage[]): Map<string, DescribedImage[]> {
  const holders = new Map<string, DescribedImage[]>();
  const sorted = described.toSorted(
    (a, b) => MEDIA.indexOf(mediumOf(a)) - MEDIA.indexOf(mediumOf(b)),
  );
  for (const one of sorted) {
    for (const key of new Set(one.input.blobs.map((blob) => blob.key))) {
      const known = holders.get(key);
      if (known === undefined) holders.set(key, [one]);
      else known.push(one);
    }
  }
  return holders;
}

function mediumOf({ chosen }: DescribedImage): Medium {
  const { transport } = chosen.selector.from;
  if (transport === 'registry') return 'registry';
  return ['docker', 'podman', 'containerd'].includes(transport) ? 'engine' : 'file';
}
