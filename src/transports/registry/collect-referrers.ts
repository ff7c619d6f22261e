import type { ContentReader } from '../../content/content.ts';
import { mapLimited } from '../../content/map-limited.ts';
import type { OperationOptions } from '../../content/operation.ts';
import { readReferrer, type ListedReferrer } from '../../content/read-referrer.ts';
import { AirkitError, isAirkitError } from '../../errors.ts';
import type { Digest } from '../../oci/digest.ts';
import { isIndexType, isManifestType } from '../../oci/media-types.ts';
import { COSIGN_SUFFIXES, fallbackTag, sortReferrers, type Referrer } from '../../oci/referrer.ts';
import type { RegistryClient } from './client.ts';
import { listReferrers, MAX_REFERRERS } from './list-referrers.ts';
import { resolveManifest } from './manifests.ts';

/** A signature of an SBOM of an image is on the second level. */
const MAX_LEVELS = 4;

export interface ReferrerSource {
  readonly client: RegistryClient;
  readonly repository: string;
  readonly content: ContentReader;
}

/**
 * Reads all that refers to some documents, and what refers to those again: referrers that the registry lists, and those
 * under cosign's tags. Sorted, so that the order in which a registry lists them does not count.
 *
 * @throws AirkitError CONTENT_INVALID for a list that names what refers to something else, UNSUPPORTED for too many or
 * too many levels, SOURCE_FAILED, DIGEST_MISMATCH, SIZE_MISMATCH
 */
export async function collectReferrers(
  source: ReferrerSource,
  subjects: readonly Digest[],
  options: OperationOptions,
): Promise<Referrer[]> {
  const found: Referrer[] = [];
  const seen = new Set<Digest>();
  let level = [...new Set(subjects)];
  for (let depth = 0; level.length > 0; depth += 1) {
    for (const digest of level) seen.add(digest);
    const next = (
      await mapLimited(level, async (subject, call) => referrersOf(source, subject, call), options)
    ).flat();
    found.push(...next);
    requireBounds(source, { depth, count: found.length, isDeeper: next.length > 0 });
    const digests = new Set(next.map(({ descriptor }) => descriptor.digest));
    level = [...digests].filter((digest) => !seen.has(digest));
  }
  return sortReferrers(found);
}

async function referrersOf(
  source: ReferrerSource,
  subject: Digest,
  options: OperationOptions,
): Promise<Referrer[]> {
  const { client, repository } = source;
  const { descriptors } = await listReferrers({ client, repository, subject }, options);
  const found: Referrer[] = [];
  for (const descriptor of descriptors) {
    const { digest, mediaType, size } = descriptor;
    const referrer = await readListed(source, { descriptor: { digest, mediaType, size } }, options);
    if (referrer !== undefined) found.push(requireSubject(source, referrer, subject));
  }
  for (const suffix of COSIGN_SUFFIXES) {
    const tag = `${fallbackTag(subject)}.${suffix}`;
    const name = { client, repository, reference: tag, mirrorsMayDeny: true };
    const descriptor = await resolveManifest(name, options);
    if (descriptor !== undefined)
      found.push(await readReferrer({ descriptor, tag }, source.content, options));
  }
  return found;
}

/** Lists under a tag may name what was deleted since, and types that no registry takes any more. */
async function readListed(
  source: ReferrerSource,
  listed: ListedReferrer,
  options: OperationOptions,
): Promise<Referrer | undefined> {
  const { digest, mediaType } = listed.descriptor;
  const place = `${source.client.host}/${source.repository}@${digest}`;
  const leaveOut = (why: string): undefined => {
    options.onProgress?.({ kind: 'warning', message: `${place}: a referrer stays behind: ${why}` });
  };
  if (!isManifestType(mediaType) && !isIndexType(mediaType))
    return leaveOut(
      `${JSON.stringify(mediaType.slice(0, 100))} is neither a manifest nor an index`,
    );
  try {
    return await readReferrer(listed, source.content, options);
  } catch (error) {
    if (!isAirkitError(error, 'BLOB_MISSING')) throw error;
    return leaveOut('the registry lists it and does not have it');
  }
}

/** A list may be anybody's work; what a manifest refers to stands in its own bytes. */
function requireSubject(
  { client, repository }: ReferrerSource,
  referrer: Referrer,
  subject: Digest,
): Referrer {
  if (referrer.subject === subject) return referrer;
  const { digest } = referrer.descriptor;
  throw new AirkitError(
    'CONTENT_INVALID',
    `${client.host}/${repository}: ${digest} is listed as a referrer of ${subject}, but refers to ${referrer.subject ?? 'nothing'}`,
    {
      hint: 'The list of referrers in the registry is wrong: have it mended, or leave out "referrers: true" for this image.',
      context: { digest, subject, host: client.host },
    },
  );
}

interface Extent {
  readonly depth: number;
  readonly count: number;
  readonly isDeeper: boolean;
}

function requireBounds(
  { client, repository }: ReferrerSource,
  { depth, count, isDeeper }: Extent,
): void {
  const isTooDeep = isDeeper && depth >= MAX_LEVELS;
  if (!isTooDeep && count <= MAX_REFERRERS) return;
  const what = isTooDeep ? `more than ${MAX_LEVELS} levels of` : `more than ${MAX_REFERRERS}`;
  throw new AirkitError(
    'UNSUPPORTED',
    `${client.host}/${repository}: an image has ${what} referrers`,
    {
      hint: 'Leave out "referrers: true" for this image.',
      context: { host: client.host, repository },
    },
  );
}
