import { refuse, type Answer } from './answer.ts';

/** What a request asks for. */
export type Route =
  | { readonly kind: 'base' }
  | { readonly kind: 'catalog' }
  | { readonly kind: 'tags'; readonly name: string }
  | { readonly kind: 'manifest'; readonly name: string; readonly reference: string }
  | { readonly kind: 'blob'; readonly name: string; readonly digest: string }
  | { readonly kind: 'referrers'; readonly name: string; readonly digest: string }
  | { readonly kind: 'refused'; readonly answer: Answer };

export interface RequestTarget {
  readonly route: Route;
  readonly query: URLSearchParams;
}

// OCI distribution spec, "Pulling manifests": the grammar of names, and of digests that any client may use.
const NAME = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
const MAX_NAME_LENGTH = 255;
const DIGEST = /^[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[a-zA-Z0-9=_-]+$/;
const KINDS = new Set(['tags', 'manifests', 'blobs', 'referrers']);
const SHA256 = /^sha256:[0-9a-f]{64}$/;

/**
 * Reads the target of a request, `/v2/NAME/KIND/REFERENCE?QUERY`. Nothing is resolved or normalised: `..`, encoded
 * slashes and doubly encoded text never become a name.
 */
export function parseRequestTarget(target: string): RequestTarget {
  const mark = target.indexOf('?');
  const path = mark < 0 ? target : target.slice(0, mark);
  const query = new URLSearchParams(mark < 0 ? '' : target.slice(mark + 1));
  return { route: parsePath(path), query };
}

function parsePath(path: string): Route {
  const segments = decodeSegments(path);
  if (segments === undefined) return badName('the path is not properly encoded');
  const [, version, ...rest] = segments;
  if (segments[0] !== '' || version !== 'v2') return notFound();
  if (rest.length === 0 || (rest.length === 1 && rest[0] === '')) return { kind: 'base' };
  if (rest.length === 1 && rest[0] === '_catalog') return { kind: 'catalog' };
  const isKnown = KINDS.has(rest.at(-2) ?? '');
  if (!isKnown) return NAME.test(rest.join('/')) ? notFound() : badName();
  return parseRepositoryPath(rest);
}

/** A slash that was encoded is none that separates; undefined for what is no text. */
function decodeSegments(path: string): string[] | undefined {
  try {
    const segments = path.split('/').map((segment) => decodeURIComponent(segment));
    return segments.some((segment) => segment.includes('/')) ? undefined : segments;
  } catch {
    return undefined;
  }
}

function parseRepositoryPath(rest: readonly string[]): Route {
  const [kind, reference = ''] = rest.slice(-2);
  const name = rest.slice(0, -2).join('/');
  if (!NAME.test(name) || name.length > MAX_NAME_LENGTH) return badName();
  switch (kind) {
    case 'tags':
      return reference === 'list' ? { kind: 'tags', name } : notFound();
    case 'manifests':
      return reference.includes(':')
        ? withDigest(reference, { kind: 'manifest', name, reference })
        : { kind: 'manifest', name, reference };
    case 'blobs':
      return withDigest(reference, { kind: 'blob', name, digest: reference });
    default:
      return withDigest(reference, { kind: 'referrers', name, digest: reference });
  }
}

function withDigest(digest: string, route: Route): Route {
  return isDigestText(digest) ? route : badDigest();
}

/** Other algorithms are well-formed, and unknown to every kit. */
function isDigestText(text: string): boolean {
  return text.startsWith('sha256:') ? SHA256.test(text) : DIGEST.test(text);
}

function badName(message = 'the repository name is malformed'): Route {
  return { kind: 'refused', answer: refuse({ status: 400, code: 'NAME_INVALID', message }) };
}

function badDigest(): Route {
  const message = 'the digest is malformed';
  return { kind: 'refused', answer: refuse({ status: 400, code: 'DIGEST_INVALID', message }) };
}

function notFound(): Route {
  const message = 'this is no path of the distribution API that a read-only registry answers';
  return { kind: 'refused', answer: refuse({ status: 404, code: 'UNSUPPORTED', message }) };
}
