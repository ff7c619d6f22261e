import { statSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { AirkitError } from '../errors.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { hexOf, isDigest, type Digest } from '../oci/digest.ts';
import { BRIEF_BYTES, callBriefly, readBriefly } from './brief-call.ts';
import type { ContentReader, ContentWriter, FetchOptions } from './content.ts';
import { diskCall, isErrno, openRegular, readHandle, type OpenedFile } from './file-bytes.ts';
import { verifyBytes } from './verify-bytes.ts';
import { removeAbandoned, writeFileAtomically, type WriteFileOptions } from './write-file.ts';

/**
 * Blobs as files `FOLDER/blobs/sha256/<hex>`, the shape of an OCI layout (OCI image-spec image-layout.md) and of
 * airkit's cache.
 */
export function openBlobFolder(
  folder: string,
  { sync = true }: WriteFileOptions = {},
): ContentReader & ContentWriter {
  return {
    fetch: (target, options) => fetchBlob(folder, target, options),
    has: async (target) => (await sizeOfBlob(folder, target.digest)) === target.size,
    push: async (expected, bytes) =>
      writeFileAtomically(blobPath(folder, expected.digest), verifyBytes(expected, bytes), {
        sync,
        tidies: false,
      }),
  };
}

/** Removes what interrupted runs have left between the blobs. */
export async function tidyBlobs(folder: string): Promise<void> {
  await removeAbandoned(join(folder, 'blobs', 'sha256'));
}

/** Where a blob of that digest is, or would be. */
export function blobPath(folder: string, digest: Digest): string {
  return join(folder, 'blobs', 'sha256', hexOf(digest));
}

/** A link that leads to itself leads to no blob either. */
const NOTHING_THERE = ['ENOENT', 'ENOTDIR', 'ELOOP'];

/** Bytes of a stored blob; undefined where there is none. */
export async function sizeOfBlob(folder: string, digest: Digest): Promise<number | undefined> {
  const path = blobPath(folder, digest);
  return diskCall(path, 'look at', async () => {
    try {
      const found = await callBriefly(
        () => statSync(path),
        async () => stat(path),
      );
      return found.isFile() ? found.size : undefined;
    } catch (error) {
      if (NOTHING_THERE.some((code) => isErrno(error, code))) return undefined;
      throw error;
    }
  });
}

/** Digests of the files in a blob folder, whatever is in them; none where there is no folder. */
export async function listBlobs(folder: string): Promise<Set<Digest>> {
  const path = join(folder, 'blobs', 'sha256');
  const names = await diskCall(path, 'list', async () => {
    try {
      return await readdir(path);
    } catch (error) {
      if (NOTHING_THERE.some((code) => isErrno(error, code))) return [];
      throw error;
    }
  });
  return new Set(names.map((name) => `sha256:${name}`).filter(isDigest));
}

async function* fetchBlob(
  folder: string,
  target: Descriptor,
  { allocate, ...options }: FetchOptions = {},
): AsyncGenerator<Uint8Array, void> {
  const path = blobPath(folder, target.digest);
  options.signal?.throwIfAborted();
  const bytes = target.size <= BRIEF_BYTES ? await readBriefly(path) : undefined;
  if (bytes !== undefined) {
    yield* verifyBytes(target, [bytes]);
    return;
  }
  const file = await openBlob(path);
  if (file === undefined) throw missingBlob(target, folder);
  try {
    yield* verifyBytes(
      target,
      readHandle(file.handle, { path, length: file.size, allocate }, options),
    );
  } finally {
    await file.handle.close();
  }
}

/** Undefined where there is no blob, as {@link sizeOfBlob} says. */
async function openBlob(path: string): Promise<OpenedFile | undefined> {
  try {
    return await openRegular(path);
  } catch (error) {
    const cause = error instanceof AirkitError ? error.cause : undefined;
    if (NOTHING_THERE.some((code) => isErrno(cause, code))) return undefined;
    throw error;
  }
}

/** The error for a blob that a medium holds in another size than documents say. */
export function wrongSize(target: Descriptor, size: number, where: string): AirkitError {
  return new AirkitError(
    'SIZE_MISMATCH',
    `${where}: its blob ${target.digest} has ${size} bytes, ${target.size} are expected`,
    {
      hint: 'It is damaged: copy the image there again.',
      context: { digest: target.digest, path: where },
    },
  );
}

/** The error for a blob that a medium does not hold. */
export function missingBlob(target: Descriptor, where: string): AirkitError {
  return new AirkitError('BLOB_MISSING', `${where}: it has no blob ${target.digest}`, {
    context: { digest: target.digest, path: where },
  });
}
