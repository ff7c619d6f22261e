import { MAX_DOCUMENT_BYTES } from '../../content/read-document.ts';
import type { OperationOptions } from '../../content/operation.ts';
import { AirkitError } from '../../errors.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import type { Digest } from '../../oci/digest.ts';
import { parseImageIndex, parseManifests } from '../../oci/image-manifest.ts';
import { parseJsonObject } from '../../oci/json.ts';
import { isIndexType, MEDIA_TYPES } from '../../oci/media-types.ts';
import { fallbackTag } from '../../oci/referrer.ts';
import type { RegistryClient } from './client.ts';
import { failure } from './failure.ts';
import type { HttpResponse } from './http.ts';
import { nextAddress } from './listing.ts';
import { fetchManifest, resolveManifest } from './manifests.ts';
import type { RegistryRequest } from './registry-request.ts';

/** A manifest or index that others may refer to. */
export interface SubjectName {
  readonly client: RegistryClient;
  readonly repository: string;
  readonly subject: Digest;
}

export interface ListedReferrers {
  readonly descriptors: readonly Descriptor[];
  /** False where the registry has no referrers API and clients keep the list under a tag. */
  readonly byApi: boolean;
}

/** So many referrers of one manifest are read from a source. */
export const MAX_REFERRERS = 1000;
const MAX_PAGES = 100;
/** Answers of registries that have no referrers API; the specification has 404 only. */
const WITHOUT_API = [400, 404, 405, 406, 501];

/**
 * Referrers of a digest as a registry lists them: by API, page by page, else under the fallback tag (OCI
 * distribution-spec 1.1 "Listing Referrers", "Unavailable Referrers API"). Nothing of the list is believed yet.
 *
 * @throws AirkitError SOURCE_FAILED, TARGET_FAILED, CONTENT_INVALID, DIGEST_MISMATCH, UNSUPPORTED for more than
 * {@link MAX_REFERRERS}
 */
export async function listReferrers(
  name: SubjectName,
  options: OperationOptions,
): Promise<ListedReferrers> {
  const descriptors = await listByApi(name, options);
  if (descriptors !== undefined) return { descriptors, byApi: true };
  return { descriptors: await listByTag(name, options), byApi: false };
}

async function listByApi(
  name: SubjectName,
  options: OperationOptions,
): Promise<Descriptor[] | undefined> {
  const { client, repository, subject } = name;
  const first: RegistryRequest = {
    method: 'GET',
    repository,
    path: `referrers/${subject}`,
    what: `list the referrers of ${subject}`,
    accept: [200, ...WITHOUT_API],
    scopes: [{ repository, actions: 'pull' }],
    mirrorsMayDeny: true,
    headers: { accept: MEDIA_TYPES.ociIndex, 'accept-encoding': 'identity' },
  };
  const found = new Map<Digest, Descriptor>();
  let request = first;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const answer = await client.send(request, options);
    if (!isList(answer.response)) {
      await answer.response.discard();
      if (page === 0) return undefined;
      throw nameFailure(name, `cannot ${first.what}: a page of the list is missing`);
    }
    const before = found.size;
    for (const one of await readPage(name, answer.response, options)) found.set(one.digest, one);
    requireFew(name, found.size);
    const next = nextAddress({ client, first }, answer);
    if (next === undefined || found.size === before) return [...found.values()];
    request = { ...first, continues: { session: answer.session, url: next } };
  }
  throw nameFailure(name, `cannot ${first.what}: the list has more than ${MAX_PAGES} pages`);
}

/** Some registries answer 200 with a page of their own for addresses that they do not know. */
function isList(response: HttpResponse): boolean {
  const type = (response.header('content-type') ?? '').split(';')[0]?.trim();
  return response.status === 200 && type === MEDIA_TYPES.ociIndex;
}

async function readPage(
  name: SubjectName,
  response: HttpResponse,
  { signal }: OperationOptions,
): Promise<Descriptor[]> {
  const where = `referrers of ${name.subject}`;
  try {
    return parseManifests(
      parseJsonObject(await response.bytes(MAX_DOCUMENT_BYTES), { where }),
      where,
    );
  } catch (cause) {
    signal?.throwIfAborted();
    throw nameFailure(name, `the list of ${where} cannot be read`, cause);
  }
}

async function listByTag(name: SubjectName, options: OperationOptions): Promise<Descriptor[]> {
  const reference = fallbackTag(name.subject);
  const { client, repository } = name;
  const tag = { client, repository, reference, mirrorsMayDeny: true };
  // Most have none, and only GETs count against rate limits.
  if ((await resolveManifest(tag, options)) === undefined) return [];
  const fetched = await fetchManifest(tag, options);
  if (fetched === undefined) return [];
  if (!isIndexType(fetched.descriptor.mediaType)) {
    const message = `${client.host}/${repository}:${reference}: it should list referrers, and is no index`;
    options.onProgress?.({ kind: 'warning', message });
    return [];
  }
  const { manifests } = parseImageIndex(fetched.bytes, fetched.descriptor);
  requireFew(name, manifests.length);
  return [...manifests];
}

function requireFew({ client, repository, subject }: SubjectName, count: number): void {
  if (count <= MAX_REFERRERS || client.side === 'target') return;
  throw new AirkitError(
    'UNSUPPORTED',
    `${client.host}/${repository}@${subject}: it has more than ${MAX_REFERRERS} referrers`,
    { hint: 'Leave out "referrers: true" for this image, or remove old referrers.' },
  );
}

function nameFailure({ client, repository }: SubjectName, text: string, cause?: unknown): Error {
  return failure({ ...client, repository }, text, { cause });
}
