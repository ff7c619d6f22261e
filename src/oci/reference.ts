import { AirkitError } from '../errors.ts';
import { isDigest, type Digest } from './digest.ts';

/** A name of an image: registry host, repository in it, and a tag, a digest, both or neither. */
export interface Reference {
  readonly registry: string;
  readonly repository: string;
  readonly tag?: string | undefined;
  readonly digest?: Digest | undefined;
}

export const DEFAULT_REGISTRY = 'docker.io';
const LEGACY_DEFAULT_REGISTRY = 'index.docker.io';
const OFFICIAL_PREFIX = 'library/';
const MAX_NAME_LENGTH = 255;

// Grammar of distribution/reference (regexp.go): component, domain with optional port, IPv6 literal, tag.
const DOMAIN_COMPONENT = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])';
const DOMAIN = new RegExp(
  `^(?:${DOMAIN_COMPONENT}(?:\\.${DOMAIN_COMPONENT})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?$`,
);
const PATH_COMPONENT = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*';
const PATH = new RegExp(`^${PATH_COMPONENT}(?:/${PATH_COMPONENT})*$`);
const TAG = /^[\w][\w.-]{0,127}$/;
const BARE_ID = /^[a-f0-9]{64}$/;

/**
 * Parses a reference as Docker does (distribution/reference normalize.go): `redis` is `docker.io/library/redis`. No
 * tag is added where none is written.
 *
 * @throws AirkitError REFERENCE_INVALID
 */
export function parseReference(text: string): Reference {
  const { name, tag, digest } = splitSuffixes(text);
  if (BARE_ID.test(name)) throw invalid(text, 'a name of 64 hex digits looks like an image ID');
  const { registry, repository } = splitDomain(name);
  if (!DOMAIN.test(registry))
    throw invalid(text, `${JSON.stringify(registry)} is not a registry host`);
  if (!PATH.test(repository)) {
    const upper = repository !== repository.toLowerCase();
    throw invalid(
      text,
      upper ? 'repository names are lower-case' : 'the repository name is malformed',
    );
  }
  if (tag !== undefined && !TAG.test(tag))
    throw invalid(text, `${JSON.stringify(tag)} is not a tag`);
  if (registry.length + 1 + repository.length > MAX_NAME_LENGTH) {
    throw invalid(text, `the name is longer than ${MAX_NAME_LENGTH} characters`);
  }
  return makeReference({ registry, repository, tag, digest });
}

/** The canonical text: `docker.io/library/redis:7`, `ghcr.io/acme/api@sha256:…`. */
export function formatReference(reference: Reference): string {
  return `${reference.registry}/${reference.repository}${suffix(reference)}`;
}

/** The text people write and `docker images` prints: `redis:7`. */
export function formatFamiliar(reference: Reference): string {
  return `${familiarName(reference)}${suffix(reference)}`;
}

/** The familiar text without tag and digest. */
export function familiarName(reference: Reference): string {
  const { registry, repository } = reference;
  if (registry !== DEFAULT_REGISTRY) return `${registry}/${repository}`;
  const short =
    repository.startsWith(OFFICIAL_PREFIX) &&
    !repository.slice(OFFICIAL_PREFIX.length).includes('/');
  return short ? repository.slice(OFFICIAL_PREFIX.length) : repository;
}

/** The canonical text without tag and digest: `docker.io/library/redis`. */
export function canonicalName(reference: Reference): string {
  return `${reference.registry}/${reference.repository}`;
}

/** Adds `:latest` where neither tag nor digest is written, as Docker does. */
export function withDefaultTag(reference: Reference): Reference {
  if (reference.tag !== undefined || reference.digest !== undefined) return reference;
  return { ...reference, tag: 'latest' };
}

function makeReference(parts: Reference): Reference {
  const { registry, repository, tag, digest } = parts;
  return {
    registry,
    repository,
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
  };
}

function suffix({ tag, digest }: Reference): string {
  return `${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`;
}

function splitSuffixes(text: string): { name: string; tag?: string; digest?: Digest } {
  const at = text.indexOf('@');
  const beforeDigest = at < 0 ? text : text.slice(0, at);
  const digest = at < 0 ? undefined : text.slice(at + 1);
  if (digest !== undefined && !isDigest(digest))
    throw invalid(text, 'the part after @ is not a sha256 digest');
  const colon = beforeDigest.lastIndexOf(':');
  const hasTag = colon > beforeDigest.lastIndexOf('/') && !beforeDigest.endsWith(']');
  return {
    name: hasTag ? beforeDigest.slice(0, colon) : beforeDigest,
    ...(hasTag ? { tag: beforeDigest.slice(colon + 1) } : {}),
    ...(digest === undefined ? {} : { digest }),
  };
}

/** The part before the first slash is a host when it has a dot, a colon or an upper-case letter, or is `localhost`. */
function splitDomain(name: string): { registry: string; repository: string } {
  const slash = name.indexOf('/');
  const head = slash < 0 ? '' : name.slice(0, slash);
  const isHost = /[.:]/.test(head) || head === 'localhost' || head !== head.toLowerCase();
  const registry = isHost ? head : DEFAULT_REGISTRY;
  const rest = isHost ? name.slice(slash + 1) : name;
  if (registry !== DEFAULT_REGISTRY && registry !== LEGACY_DEFAULT_REGISTRY)
    return { registry, repository: rest };
  return {
    registry: DEFAULT_REGISTRY,
    repository: rest.includes('/') ? rest : `${OFFICIAL_PREFIX}${rest}`,
  };
}

function invalid(text: string, why: string): AirkitError {
  const shown = JSON.stringify(text.slice(0, 300));
  return new AirkitError('REFERENCE_INVALID', `${shown} is not an image reference: ${why}`, {
    hint: 'A reference is [HOST[:PORT]/]NAME[:TAG][@sha256:DIGEST], such as ghcr.io/acme/api:1.4.',
    context: { reference: text.slice(0, 300) },
  });
}
