import type { OperationOptions } from '../../content/operation.ts';
import { AirkitError, isAirkitError } from '../../errors.ts';
import { asArray, asString, parseJsonObject } from '../../oci/json.ts';
import type { RegistryAnswer, RegistryClient } from './client.ts';
import type { RegistryRequest } from './registry-request.ts';
import { failure } from './failure.ts';
import { nextPage } from './link.ts';
import { refusal } from './session.ts';

const MAX_PAGE_BYTES = 32 * 1024 * 1024;
const MAX_PAGES = 10_000;
/** Of all names of a list together; half a million names of repositories take this much. */
const MAX_LIST_CHARACTERS = 32 * 1024 * 1024;
const PAGE_SIZE = 1000;

/**
 * All tags of a repository; undefined when there is no such repository. Digests that some registries list are left out.
 *
 * @throws AirkitError SOURCE_FAILED
 */
export async function listTags(
  client: RegistryClient,
  repository: string,
  options: OperationOptions,
): Promise<string[] | undefined> {
  const first: RegistryRequest = {
    method: 'GET',
    repository,
    path: `tags/list?n=${PAGE_SIZE}`,
    what: 'list its tags',
    accept: [200, 404],
    scopes: [{ repository, actions: 'pull' }],
  };
  const tags = await readPages({ client, first, member: 'tags' }, options);
  return tags?.filter((tag) => /^\w[\w.-]{0,127}$/.test(tag));
}

const CATALOG_HINT =
  'Name the repositories in "include", such as "acme/api:1.*": then no list of all repositories is needed.';

/**
 * All repositories of a registry. The catalog is no part of the OCI specification, and the great public registries
 * refuse it.
 *
 * @throws AirkitError SOURCE_FAILED, also when the login is refused; UNSUPPORTED when the registry gives no catalog
 */
export async function listRepositories(
  client: RegistryClient,
  options: OperationOptions,
): Promise<string[]> {
  const { host } = client;
  const first: RegistryRequest = {
    method: 'GET',
    path: `_catalog?n=${PAGE_SIZE}`,
    what: 'list its repositories',
    accept: [200, 400, 401, 403, 404, 405, 501],
    scopes: [{ actions: 'pull' }],
  };
  try {
    const found = await readPages({ client, first, member: 'repositories' }, options);
    if (found !== undefined) return found;
  } catch (error) {
    throw withCatalogHint(error);
  }
  throw new AirkitError('UNSUPPORTED', `${host}: the registry does not list its repositories`, {
    hint: CATALOG_HINT,
    context: { host },
  });
}

/** Some token servers refuse the catalog to everybody, so a better login need not be what is missing. */
function withCatalogHint(error: unknown): unknown {
  if (!isAirkitError(error)) return error;
  const { code, message, hint, context, cause } = error;
  if (![401, 403].includes(Number(context['status']))) return error;
  const hints = [hint, CATALOG_HINT].filter((one) => one !== undefined).join(' ');
  return new AirkitError(code, message, { hint: hints, context, cause });
}

/** A list that comes in pages. */
export interface PagedRequest {
  readonly client: RegistryClient;
  /** The request for the first page. */
  readonly first: RegistryRequest;
}

interface Pages extends PagedRequest {
  readonly member: 'tags' | 'repositories';
}

async function readPages(
  { client, first, member }: Pages,
  options: OperationOptions,
): Promise<string[] | undefined> {
  const found = new Set<string>();
  let characters = 0;
  let request = first;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const answer = await client.send(request, options);
    if (isLoginRefused(answer)) throw await refusal(answer.session, answer.response, first);
    if (answer.response.status !== 200) {
      await answer.response.discard();
      return undefined;
    }
    const before = found.size;
    const names = await readNames({ client, first, member }, answer, options);
    for (const name of names) {
      found.add(name);
      characters += name.length;
    }
    if (characters > MAX_LIST_CHARACTERS)
      throw pageFailure(
        { client, first },
        `the list has more than ${MAX_LIST_CHARACTERS} characters`,
      );
    const next = nextAddress({ client, first }, answer);
    if (next === undefined || found.size === before) return [...found];
    request = { ...first, continues: { session: answer.session, url: next } };
  }
  throw pageFailure({ client, first }, `the list has more than ${MAX_PAGES} pages`);
}

/** With tokens, 401 also answers those who are logged in and may not read a list. */
function isLoginRefused({ response, session }: RegistryAnswer): boolean {
  return response.status === 401 && session.challenge?.scheme === 'basic';
}

/** Some registries write `null` for an empty list. */
async function readNames(
  pages: Pages,
  { response }: RegistryAnswer,
  { signal }: OperationOptions,
): Promise<string[]> {
  const where = pages.member;
  try {
    const document = parseJsonObject(await response.bytes(MAX_PAGE_BYTES), {
      where,
      maxBytes: MAX_PAGE_BYTES,
    });
    return asArray(document[where] ?? [], where).map((name) => asString(name, where));
  } catch (cause) {
    signal?.throwIfAborted();
    throw pageFailure(pages, `cannot ${pages.first.what}: the answer cannot be read`, cause);
  }
}

/**
 * Where the next page of a list is; undefined on the last one. Pages stay on the host that sent the first; behind
 * proxies registries often get their own scheme wrong.
 *
 * @throws AirkitError SOURCE_FAILED, TARGET_FAILED
 */
export function nextAddress(
  pages: PagedRequest,
  { response, session }: RegistryAnswer,
): URL | undefined {
  const target = readLink(pages, response.header('link'));
  if (target === undefined) return undefined;
  const url = URL.canParse(target, response.url.href) ? new URL(target, response.url) : undefined;
  const { origin } = session.endpoint;
  if (url === undefined || url.host !== new URL(origin).host)
    throw pageFailure(pages, 'the next page of the list is on another host');
  return new URL(`${url.pathname}${url.search}`, origin);
}

function readLink(pages: PagedRequest, header: string | undefined): string | undefined {
  try {
    return nextPage(header);
  } catch (cause) {
    throw pageFailure(pages, 'the link to the next page of the list cannot be read', cause);
  }
}

function pageFailure({ client, first }: PagedRequest, text: string, cause?: unknown): AirkitError {
  return failure({ ...client, repository: first.repository }, text, { cause });
}
