import type { ContentReader } from '../../content/content.ts';
import { expectBlobs } from '../../content/count-bytes.ts';
import { mapLimited } from '../../content/map-limited.ts';
import type { OperationOptions } from '../../content/operation.ts';
import { isAirkitError, type AirkitError } from '../../errors.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import type { Digest } from '../../oci/digest.ts';
import { holderAmong, holdsBlob } from './blobs.ts';
import type { RegistryClient } from './client.ts';
import { tellsFullTarget } from './failure.ts';
import { unlessHalfWritten } from './half-written.ts';
import { uploadBlob } from './upload.ts';

/** A blob and every repository that needs it. */
export interface BlobNeed {
  readonly target: Descriptor;
  readonly content: ContentReader;
  readonly repositories: Set<string>;
}

export interface PushedBlobs {
  /** Bytes sent, by blob. */
  readonly sent: ReadonlyMap<Digest, number>;
  /** By repository; nothing more is sent to one after its first failure. */
  readonly failures: ReadonlyMap<string, AirkitError>;
  /** Of those, the one that says that the registry has no room left: nothing more was sent anywhere. */
  readonly full?: AirkitError | undefined;
}

/**
 * Brings every blob into every repository that needs it. One that several need is sent to one and mounted into the
 * others. One that is not at hand is looked for in all of these repositories, and mounted from there.
 *
 * @throws what the content throws. That a repository refuses is in the result.
 */
export async function pushBlobs(
  client: RegistryClient,
  needs: Iterable<BlobNeed>,
  options: OperationOptions,
): Promise<PushedBlobs> {
  const failures = new Map<string, AirkitError>();
  const all = [...needs];
  expectBlobs(
    all.map(({ target }) => target),
    options,
  );
  const places = [...new Set(all.flatMap(({ repositories }) => [...repositories]))];
  const sent = await mapLimited(
    all.toSorted((a, b) => b.target.size - a.target.size), // large ones first: none is left for the end
    async (need, call) => {
      const { digest, size } = need.target;
      const bytes = await pushBlob({ client, need, failures, places }, call);
      if (bytes === 0) options.onProgress?.({ kind: 'expected', bytes: -size });
      return [digest, bytes] as const;
    },
    options,
  );
  return { sent: new Map(sent), failures, full: [...failures.values()].find(tellsFullTarget) };
}

interface Pushing {
  readonly client: RegistryClient;
  readonly need: BlobNeed;
  readonly failures: Map<string, AirkitError>;
  /** Every repository of the load. */
  readonly places: readonly string[];
}

async function pushBlob(
  { client, need, failures, places }: Pushing,
  options: OperationOptions,
): Promise<number> {
  const { target, content, repositories } = need;
  const held = await mapLimited(
    repositories,
    async (repository, call) =>
      guard({ repository, failures }, call, async () => {
        const asked = holdsBlob({ client, repository, target }, call);
        return (await unlessHalfWritten(asked)) ?? false;
      }),
    options,
  );
  const lacking = [...repositories].filter((_, position) => held[position] === false);
  let holder = [...repositories].find((_, position) => held[position] === true);
  if (holder === undefined && lacking.length > 0 && !(await content.has(target, options))) {
    const others = places.filter((place) => !repositories.has(place) && !failures.has(place));
    holder = await holderAmong(others, { client, target }, options);
  }
  const upload = async (
    repository: string,
    call: OperationOptions,
  ): Promise<number | undefined> => {
    const mountFrom = holder;
    return guard({ repository, failures }, call, async () =>
      uploadBlob({ client, repository, target, content, mountFrom }, call),
    );
  };
  let sentBytes = 0;
  // Only one repository is sent the bytes; the others can be given them at once when it has them.
  while (holder === undefined) {
    const repository = lacking.shift();
    if (repository === undefined) return sentBytes;
    const sent = await upload(repository, options);
    if (sent === undefined) continue;
    holder = repository;
    sentBytes += sent;
  }
  const mounted = await mapLimited(lacking, upload, options);
  return mounted.reduce<number>((sum, bytes) => sum + (bytes ?? 0), sentBytes);
}

/**
 * Runs a call for a repository that has not failed; its failure is the repository's. Where the disk of the registry is full,
 * all calls end: what is written there goes wrong by half.
 */
async function guard<T>(
  { repository, failures }: { repository: string; failures: Map<string, AirkitError> },
  { signal }: OperationOptions,
  call: () => Promise<T>,
): Promise<T | undefined> {
  const isFull = [...failures.values()].some(tellsFullTarget);
  if (isFull || failures.has(repository)) return undefined;
  try {
    return await call();
  } catch (error) {
    signal?.throwIfAborted();
    if (!isAirkitError(error, 'TARGET_FAILED')) throw error;
    if (!failures.has(repository)) failures.set(repository, error);
    return undefined;
  }
}

/** Blobs by digest, with the repositories that need them, in the order in which they were added. */
export function addNeed(
  needs: Map<Digest, BlobNeed>,
  { target, content }: Pick<BlobNeed, 'target' | 'content'>,
  repository: string,
): void {
  const need = needs.get(target.digest) ?? { target, content, repositories: new Set<string>() };
  need.repositories.add(repository);
  needs.set(target.digest, need);
}
