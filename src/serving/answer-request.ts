import { Buffer } from 'node:buffer';
import type { Descriptor } from '../oci/descriptor.ts';
import { MEDIA_TYPES } from '../oci/media-types.ts';
import { emptyAnswer, jsonAnswer, refuse, type Answer } from './answer.ts';
import { contentRange, parseRange } from './byte-range.ts';
import { pageOf } from './pagination.ts';
import { parseRequestTarget, type RequestTarget, type Route } from './parse-request.ts';
import { scopedName, type PublishedNames } from './published-names.ts';
import type { ServedRepository } from './repository.ts';

/** What of a request decides its answer. */
export interface RegistryRequest {
  readonly method: string;
  /** As it stands in the request line. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** A year: what a digest names never changes. */
const FOREVER = 'max-age=31536000, immutable';

/**
 * Answers a request as the pull and discovery parts of the OCI distribution spec (1.1) want it. Pure: bodies of
 * manifests and blobs are named, not read.
 */
export function answerRequest(request: RegistryRequest, names: PublishedNames): Answer {
  if (request.method !== 'GET' && request.method !== 'HEAD') return readOnly();
  const target = parseRequestTarget(request.target);
  const { route, query } = target;
  switch (route.kind) {
    case 'refused':
      return route.answer;
    case 'base':
      return jsonAnswer({});
    case 'catalog':
      return listCatalog(names, query);
    default:
      return inRepository({ request, target, route }, names);
  }
}

interface RepositoryRequest {
  readonly request: RegistryRequest;
  readonly target: RequestTarget;
  readonly route: Exclude<Route, { readonly kind: 'refused' | 'base' | 'catalog' }>;
}

function inRepository(asked: RepositoryRequest, names: PublishedNames): Answer {
  const { request, target, route } = asked;
  const repository = names.find(route.name, target.query.get('ns') ?? undefined);
  if (repository === undefined) {
    const message = `the kit holds no repository ${route.name}`;
    return refuse({ status: 404, code: 'NAME_UNKNOWN', message });
  }
  switch (route.kind) {
    case 'tags':
      return listTags(asked, repository);
    case 'manifest':
      return giveManifest({ request, reference: route.reference, repository });
    case 'blob':
      return giveBlob({ request, digest: route.digest, repository });
    case 'referrers':
      return listReferrers(repository.referrers.get(route.digest) ?? [], target.query);
    default:
      return route satisfies never;
  }
}

function listCatalog({ catalog }: PublishedNames, query: URLSearchParams): Answer {
  const page = pageOf(catalog, { path: '/v2/_catalog', query });
  return 'refused' in page
    ? page.refused
    : jsonAnswer({ repositories: page.items }, { headers: page.headers });
}

function listTags({ route, target }: RepositoryRequest, { tags }: ServedRepository): Answer {
  const { name } = route;
  const page = pageOf([...tags.keys()], { path: `/v2/${name}/tags/list`, query: target.query });
  return 'refused' in page
    ? page.refused
    : jsonAnswer({ name, tags: page.items }, { headers: page.headers });
}

interface ContentRequest {
  readonly request: RegistryRequest;
  readonly repository: ServedRepository;
}

function giveManifest(asked: ContentRequest & { readonly reference: string }): Answer {
  const { request, repository, reference } = asked;
  const isDigest = reference.includes(':');
  const found = isDigest ? repository.manifests.get(reference) : repository.tags.get(reference);
  if (found === undefined) return giveFallbackList(asked);
  const headers = {
    ...contentHeaders(found, isDigest ? FOREVER : 'no-cache'),
    'Content-Type': found.mediaType,
  };
  if (isUnchanged(request, found)) return emptyAnswer(304, headers);
  return { status: 200, headers, body: { kind: 'document', descriptor: found } };
}

/** The list of referrers as an index, for clients that do not ask the referrers API. */
function giveFallbackList(asked: ContentRequest & { readonly reference: string }): Answer {
  const { request, repository, reference } = asked;
  const list = repository.fallbacks.get(reference);
  if (list === undefined) return unknownManifest(repository, reference);
  const { descriptor, bytes } = list;
  const headers = {
    ...contentHeaders(descriptor, reference.includes(':') ? FOREVER : 'no-cache'),
    'Content-Type': descriptor.mediaType,
  };
  if (isUnchanged(request, descriptor)) return emptyAnswer(304, headers);
  return { status: 200, headers, body: { kind: 'bytes', bytes: Buffer.from(bytes) } };
}

function unknownManifest({ contested }: ServedRepository, reference: string): Answer {
  const meanings = contested.get(reference);
  const message =
    meanings === undefined
      ? `the kit holds no manifest ${reference.slice(0, 200)} in this repository`
      : `this name stands for different images of several registries: ask for ${meanings.map(scopedReference).join(' or ')}`;
  return refuse({ status: 404, code: 'MANIFEST_UNKNOWN', message });
}

/** @param reference canonical, with a tag */
function scopedReference(reference: string): string {
  const colon = reference.lastIndexOf(':');
  return `${scopedName(reference.slice(0, colon))}${reference.slice(colon)}`;
}

function giveBlob(asked: ContentRequest & { readonly digest: string }): Answer {
  const { request, repository, digest } = asked;
  const found = repository.blobs.get(digest);
  if (found === undefined) {
    const message = `the kit holds no blob ${digest.slice(0, 200)} in this repository`;
    return refuse({ status: 404, code: 'BLOB_UNKNOWN', message });
  }
  const headers = {
    ...contentHeaders(found, FOREVER),
    'Content-Type': 'application/octet-stream',
    'Accept-Ranges': 'bytes',
  };
  if (isUnchanged(request, found)) return emptyAnswer(304, headers);
  const range = isRangeWanted(request, found)
    ? parseRange(headerOf(request, 'range'), found.size)
    : undefined;
  const body = { kind: 'blob', descriptor: found } as const;
  if (range === undefined) return { status: 200, headers, body };
  if (range === 'unsatisfiable')
    return emptyAnswer(416, { 'Content-Range': `bytes */${found.size}`, 'Accept-Ranges': 'bytes' });
  const place = { 'Content-Range': contentRange(range, found.size) };
  return { status: 206, headers: { ...headers, ...place }, body: { ...body, range } };
}

/** OCI distribution spec, "Listing Referrers": always an index, also an empty one. */
function listReferrers(referrers: readonly Descriptor[], query: URLSearchParams): Answer {
  const type = query.get('artifactType');
  const manifests = referrers.filter(({ artifactType }) => type === null || artifactType === type);
  return jsonAnswer(
    { schemaVersion: 2, mediaType: MEDIA_TYPES.ociIndex, manifests },
    {
      headers: {
        'Content-Type': MEDIA_TYPES.ociIndex,
        ...(type === null ? {} : { 'OCI-Filters-Applied': 'artifactType' }),
      },
    },
  );
}

function contentHeaders({ digest }: Descriptor, cacheControl: string): Record<string, string> {
  return {
    'Docker-Content-Digest': digest,
    ETag: `"${digest}"`,
    'Cache-Control': cacheControl,
  };
}

/** RFC 9110 §13.1.2: If-None-Match. */
function isUnchanged(request: RegistryRequest, { digest }: Descriptor): boolean {
  const tags = (headerOf(request, 'if-none-match') ?? '').split(',').map((tag) => tag.trim());
  return tags.some((tag) => tag === '*' || tag.replace(/^W\//, '') === `"${digest}"`);
}

/** RFC 9110 §13.1.5 and §14.2: a range is for GET, and only of the content that the client began with. */
function isRangeWanted(request: RegistryRequest, { digest }: Descriptor): boolean {
  const condition = headerOf(request, 'if-range');
  return request.method === 'GET' && (condition === undefined || condition === `"${digest}"`);
}

function headerOf({ headers }: RegistryRequest, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' ? value : undefined;
}

function readOnly(): Answer {
  return refuse({
    status: 405,
    code: 'UNSUPPORTED',
    message: 'this registry is read-only: it serves a kit',
    headers: { Allow: 'GET, HEAD' },
  });
}
