import { formatBase, leftToBases } from '../archive/bundle-bases.ts';
import { AirkitError, isAirkitError } from '../errors.ts';
import { blobPath } from '../content/blob-folder.ts';
import { openCache, type Cache } from '../content/cache.ts';
import type { RangeReader } from '../content/content.ts';
import { readFileRange } from '../content/file-bytes.ts';
import { holderOf } from '../content/first-holding.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import { cacheFolderOf, type Host } from './host.ts';
import { requireVerified, type VerificationOptions, type VerifiedKit } from './require-verified.ts';

export interface BaseOptions extends VerificationOptions {
  /** Kits that hold what a thin kit left out. */
  readonly base?: readonly string[] | undefined;
}

/** A kit together with what it left to its bases. */
export interface JoinedKit extends VerifiedKit {
  /** Of the kit, then of its bases in the order given, then of the cache. */
  readonly content: RangeReader;
  /** Layers that none of them holds: sizes in bytes by digest. */
  readonly notAtHand: ReadonlyMap<Digest, number>;
}

/**
 * Joins a thin kit with its bases. A base is judged like any kit: signature, expiry, structure, with the same trusted
 * keys. It need not be the very kit that the thin one names: blobs are taken by digest and verified as they are read. A
 * full kit is joined with nothing.
 *
 * @throws AirkitError as {@link requireVerified}, for the bases
 */
export async function joinBases(
  host: Host,
  kit: VerifiedKit,
  { base = [], ...options }: BaseOptions,
): Promise<JoinedKit> {
  const bases: RangeReader[] = [];
  for (const path of base)
    bases.push((await requireVerified(host, path, { ...options, keepGoing: false })).content);
  const left = leftToBases(kit.index.absent);
  if (left.size === 0) return { ...kit, notAtHand: new Map() };
  const readers = [kit.content, ...bases, ...cacheOf(host)];
  const notAtHand = new Map<Digest, number>();
  for (const [digest, size] of left) {
    const holder = await holderOf(readers, { mediaType: '', digest, size }, options);
    if (holder === undefined) notAtHand.set(digest, size);
  }
  return { ...kit, content: joinReaders(readers, kit), notAtHand };
}

/** People without a home folder have no cache. */
function cacheOf(host: Host): RangeReader[] {
  try {
    return [rangesOf(openCache(cacheFolderOf(host)))];
  } catch (error) {
    if (!isAirkitError(error, 'USAGE')) throw error;
    return [];
  }
}

function rangesOf(cache: Cache): RangeReader {
  return {
    has: async (target, options) => cache.has(target, options),
    fetch: (target, options) => cache.fetch(target, options),
    fetchRange: ({ digest }, range, options) =>
      readFileRange({ path: blobPath(cache.folder, digest), ...range }, options),
  };
}

function joinReaders(readers: readonly RangeReader[], kit: VerifiedKit): RangeReader {
  const find = async (
    target: Descriptor,
    options: Parameters<RangeReader['has']>[1],
  ): Promise<RangeReader> => {
    const reader = await holderOf(readers, target, options);
    if (reader !== undefined) return reader;
    throw notHeldAnywhere(target, kit);
  };
  return {
    has: async (target, options) => (await holderOf(readers, target, options)) !== undefined,
    fetch: async function* (target, options) {
      yield* (await find(target, options)).fetch(target, options);
    },
    fetchRange: async function* (target, range, options) {
      yield* (await find(target, options)).fetchRange(target, range, options);
    },
  };
}

/** Only a target that was thought to have a layer leads here: it is that target's failure, not damage of the kit. */
function notHeldAnywhere({ digest }: Descriptor, { index }: VerifiedKit): AirkitError {
  return new AirkitError(
    'TARGET_FAILED',
    `the target lacks the layer ${digest}, which the kit leaves to its base`,
    { hint: baseHint(index.bases), context: { digest } },
  );
}

/** What to do about layers that are missing. */
export function baseHint(bases: VerifiedKit['index']['bases'] = []): string {
  const names = bases.map(formatBase).join(' or ');
  return `Give a kit that holds them with --base: the kit was packed against ${names}.`;
}
