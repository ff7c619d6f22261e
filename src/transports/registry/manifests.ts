import { MAX_DOCUMENT_BYTES } from '../../content/read-document.ts';
import type { OperationOptions } from '../../content/operation.ts';
import { AirkitError, isAirkitError } from '../../errors.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import { digestOf, isDigest, type Digest } from '../../oci/digest.ts';
import { parseJsonObject } from '../../oci/json.ts';
import { isIndexType, isManifestType, MEDIA_TYPES } from '../../oci/media-types.ts';
import type { RegistryAnswer, RegistryClient } from './client.ts';
import { failure } from './failure.ts';
import type { HttpResponse } from './http.ts';
import type { RegistryRequest } from './registry-request.ts';

/** A manifest or index by tag or digest. */
export interface ManifestName {
  readonly client: RegistryClient;
  readonly repository: string;
  readonly reference: string;
  readonly mirrorsMayDeny?: RegistryRequest['mirrorsMayDeny'];
}

export interface FetchedManifest {
  readonly descriptor: Descriptor;
  readonly bytes: Buffer;
}

const ACCEPT = [
  MEDIA_TYPES.ociIndex,
  MEDIA_TYPES.dockerList,
  MEDIA_TYPES.ociManifest,
  MEDIA_TYPES.dockerManifest,
].join(', ');
/** Registries that do not answer HEAD say so; GET is then asked instead. */
const WITHOUT_HEAD = new Set([400, 405, 501]);

/**
 * What a tag or digest stands for, by HEAD, which rate limits do not count; by GET where that does not tell. The digest
 * is the registry's word until the bytes are read. Undefined when there is none.
 *
 * @throws AirkitError SOURCE_FAILED, TARGET_FAILED, UNSUPPORTED (schema 1), DIGEST_MISMATCH
 */
export async function resolveManifest(
  name: ManifestName,
  options: OperationOptions,
): Promise<Descriptor | undefined> {
  const { response } = await request(name, 'HEAD', options);
  await response.discard();
  if (response.status === 404) return undefined;
  const told = WITHOUT_HEAD.has(response.status) ? undefined : describeHead(name, response);
  return told ?? (await fetchManifest(name, options))?.descriptor;
}

/**
 * {@link resolveManifest} of what a target holds: whatever is wrong with that is the target's failure, and what is no
 * image counts as nothing.
 *
 * @throws AirkitError TARGET_FAILED
 */
export async function resolveHeld(
  name: ManifestName,
  options: OperationOptions,
): Promise<Descriptor | undefined> {
  return heldOnly(name, async () => resolveManifest(name, options));
}

/** {@link fetchManifest} of what a target holds, in the same way. @throws AirkitError TARGET_FAILED */
export async function fetchHeld(
  name: ManifestName,
  options: OperationOptions,
): Promise<FetchedManifest | undefined> {
  return heldOnly(name, async () => fetchManifest(name, options));
}

async function heldOnly<T>(
  name: ManifestName,
  ask: () => Promise<T | undefined>,
): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (isAirkitError(error, 'UNSUPPORTED')) return undefined;
    if (!isAirkitError(error, 'DIGEST_MISMATCH', 'CONTENT_INVALID')) throw error;
    throw nameFailure(name, `what it holds cannot be read: ${error.message}`, error);
  }
}

/**
 * The bytes that a tag or digest stands for; undefined when there are none. Their digest is computed here; a mirror that gives
 * others is passed over.
 *
 * @throws AirkitError SOURCE_FAILED, TARGET_FAILED, UNSUPPORTED (schema 1), DIGEST_MISMATCH, CONTENT_INVALID
 */
export async function fetchManifest(
  name: ManifestName,
  options: OperationOptions,
): Promise<FetchedManifest | undefined> {
  const { response, session } = await request(name, 'GET', options);
  if (response.status === 404) {
    await response.discard();
    return undefined;
  }
  const bytes = await readBytes(name, response, options);
  const digest = digestOf(bytes);
  const wrong = wrongDigest(name, digest, response.header('docker-content-digest'));
  if (wrong !== undefined) {
    if (name.client.passOver(session, pathOf(name))) return fetchManifest(name, options);
    throw wrong;
  }
  const mediaType = mediaTypeOf(response) ?? ownMediaType(bytes);
  requireKnown(name, mediaType);
  return { descriptor: { mediaType, digest, size: bytes.byteLength }, bytes };
}

async function request(
  { client, repository, reference, mirrorsMayDeny }: ManifestName,
  method: 'HEAD' | 'GET',
  options: OperationOptions,
): Promise<RegistryAnswer> {
  return client.send(
    {
      method,
      repository,
      path: pathOf({ reference }),
      what: `read the manifest ${reference}`,
      accept: method === 'HEAD' ? [200, 404, ...WITHOUT_HEAD] : [200, 404],
      scopes: [{ repository, actions: 'pull' }],
      headers: { accept: ACCEPT, 'accept-encoding': 'identity' },
      isLimited: method === 'GET',
      mirrorsMayDeny,
    },
    options,
  );
}

/** All three fields are needed; older registries leave some out. */
function describeHead(name: ManifestName, response: HttpResponse): Descriptor | undefined {
  const mediaType = mediaTypeOf(response);
  const digest = response.header('docker-content-digest') ?? '';
  const length = response.header('content-length') ?? '';
  if (mediaType !== undefined) requireKnown(name, mediaType);
  if (mediaType === undefined || !isDigest(digest) || !/^[1-9]\d{0,15}$/.test(length))
    return undefined;
  if (isDigest(name.reference) && digest !== name.reference) return undefined;
  return { mediaType, digest, size: Number(length) };
}

async function readBytes(
  name: ManifestName,
  response: HttpResponse,
  { signal }: OperationOptions,
): Promise<Buffer> {
  try {
    return await response.bytes(MAX_DOCUMENT_BYTES);
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof AirkitError) throw error;
    throw nameFailure(name, `the manifest ${name.reference} broke off`, error);
  }
}

function pathOf({ reference }: Pick<ManifestName, 'reference'>): string {
  return `manifests/${reference}`;
}

function wrongDigest(
  name: ManifestName,
  digest: Digest,
  told: string | undefined,
): AirkitError | undefined {
  const { reference } = name;
  const wanted = [reference, told ?? ''].find((one) => isDigest(one) && one !== digest);
  if (wanted === undefined) return undefined;
  return new AirkitError(
    'DIGEST_MISMATCH',
    `${placeOf(name)}: the bytes have the digest ${digest}, not ${wanted}`,
    {
      hint: 'The registry, or something between, changes content.',
      context: { digest: wanted, actual: digest, host: name.client.host },
    },
  );
}

/** The known type that `Content-Type` states; undefined for anything else. */
function mediaTypeOf(response: HttpResponse): string | undefined {
  const text = (response.header('content-type') ?? '').split(';')[0]?.trim() ?? '';
  const isSaying = text !== '' && text !== 'application/json' && !text.startsWith('text/');
  return isSaying && text !== 'application/octet-stream' ? text : undefined;
}

function ownMediaType(bytes: Buffer): string {
  const document = parseJsonObject(bytes, { where: 'manifest' });
  const { mediaType, schemaVersion } = document;
  if (typeof mediaType === 'string') return mediaType;
  if (schemaVersion === 1) return 'application/vnd.docker.distribution.manifest.v1+json';
  return 'manifests' in document ? MEDIA_TYPES.ociIndex : MEDIA_TYPES.ociManifest;
}

function requireKnown(name: ManifestName, mediaType: string): void {
  if (isManifestType(mediaType) || isIndexType(mediaType)) return;
  const isSchema1 = mediaType.startsWith('application/vnd.docker.distribution.manifest.v1+');
  const what = isSchema1
    ? 'it is a Docker schema 1 manifest, which is not supported'
    : `${JSON.stringify(mediaType.slice(0, 100))} is neither a manifest nor an index`;
  throw new AirkitError('UNSUPPORTED', `${placeOf(name)}: ${what}`, {
    hint: isSchema1 ? 'Push the image again with a Docker released after 2017.' : undefined,
    context: { host: name.client.host, repository: name.repository },
  });
}

function placeOf({ client, repository, reference }: ManifestName): string {
  return `${client.host}/${repository}${isDigest(reference) ? '@' : ':'}${reference}`;
}

function nameFailure({ client, repository }: ManifestName, text: string, cause: unknown): Error {
  return failure({ ...client, repository }, text, { cause });
}
