import { join } from 'node:path';
import { AirkitError, isAirkitError } from '../../errors.ts';
import { requireWritable } from '../../content/file-bytes.ts';
import { measureSpace, requireSpace } from '../../content/free-space.ts';
import type {
  ImageTarget,
  SpaceNeed,
  TargetImage,
  TargetOptions,
  TargetOutcome,
  TargetResult,
} from '../../content/image.ts';
import type { OperationOptions } from '../../content/operation.ts';
import { mapLimited } from '../../content/map-limited.ts';
import { syncFolder, writeFileAtomically } from '../../content/write-file.ts';
import { formatReference } from '../../oci/reference.ts';
import { packTar } from '../../tar/pack-tar.ts';
import { findArchive, isSameArchive } from './found-archive.ts';
import {
  archiveBytes,
  archiveFiles,
  includeImage,
  layOutArchive,
  type IncludedImage,
  type K3sArchive,
} from './k3s-archive.ts';
import { putArchiveBack } from './put-back.ts';
import { oversizedWindow } from './zstd-window.ts';

export interface K3sLocation {
  /** That k3s imports archives from, absolute; made when it is not there. */
  readonly folder: string;
  /** Names the archive NAME-VERSION.tar. */
  readonly kit?: { readonly name: string; readonly version: string } | undefined;
}

/**
 * The folder of archives that k3s imports when it starts, and since v1.32 whenever one appears. A kit becomes one plain
 * tar there: an OCI layout with a manifest.json beside it.
 *
 * @throws AirkitError USAGE when there is no kit to name the archive after
 */
export function openK3sTarget({ folder, kit }: K3sLocation): ImageTarget {
  if (kit === undefined)
    throw new AirkitError('USAGE', `k3s:${folder}: only a kit can be written there`, {
      hint: 'The file is named after the name and version of a kit.',
    });
  const path = join(folder, `${kit.name}-${kit.version}.tar`);
  return {
    name: `k3s:${folder}`,
    survey: async (images, options) => (await surveyArchive(path, images, options)).results,
    preflight: async (images, options) => checkRoom(folder, images, options),
    load: async (images, options) => loadImages({ folder, path }, images, options),
    putBack: async (names, options) => putArchiveBack(path, names, options),
    [Symbol.asyncDispose]: async () => undefined,
  };
}

/** The archive is written as a whole; the folder must be writable. */
async function checkRoom(
  folder: string,
  images: readonly TargetImage[],
  options: OperationOptions = {},
): Promise<SpaceNeed[]> {
  await requireWritable(folder);
  const examined = await mapLimited(images, examine, options);
  const archive = layOutArchive(examined.flatMap(({ included }) => included ?? []));
  return [{ path: folder, bytes: archiveBytes(archive) }];
}

interface Survey {
  readonly results: readonly TargetResult[];
  readonly archive: K3sArchive;
}

/** The file is written as a whole or not at all, so the images in it are present together or not. */
async function surveyArchive(
  path: string,
  images: readonly TargetImage[],
  options: OperationOptions = {},
): Promise<Survey> {
  const examined = await mapLimited(images, examine, options);
  const archive = layOutArchive(examined.flatMap(({ included }) => included ?? []));
  const found = await findArchive(path, options);
  const isSame = found !== undefined && (await isSameArchive(found, archive));
  const results = examined.map(({ reference, included, message }): TargetResult => {
    const before = found?.names.get(reference);
    if (included === undefined) return { reference, status: 'failed', before, message };
    if (isSame) return { reference, status: 'already-present', before, after: before, message };
    return { reference, status: 'skipped', before, message };
  });
  return { results, archive };
}

interface Examined {
  readonly reference: string;
  /** Undefined for an image that k3s could not run. */
  readonly included?: IncludedImage | undefined;
  /** Why not; or what a person should know of an image that goes along all the same. */
  readonly message?: string | undefined;
}

async function examine(image: TargetImage, options: OperationOptions): Promise<Examined> {
  const reference = formatReference(image.reference);
  const included = includeImage(image);
  if (typeof included === 'string') return { reference, message: included };
  const remarks: string[] = [];
  if (included.graph.absentManifests.length > 0)
    remarks.push('its index lacks manifests, so k3s before v1.30.2 refuses the archive');
  try {
    const window = await oversizedWindow(included, options);
    if (window !== undefined)
      remarks.push(`a layer asks for a zstd window of ${window} bytes; k3s itself reads 33554432`);
  } catch (error) {
    if (!isAirkitError(error, 'UNSUPPORTED', 'CONTENT_INVALID')) throw error;
    return { reference, message: error.message };
  }
  return { reference, included, message: remarks.length === 0 ? undefined : remarks.join('; ') };
}

interface Place {
  readonly folder: string;
  readonly path: string;
}

async function loadImages(
  { folder, path }: Place,
  images: readonly TargetImage[],
  options: TargetOptions = {},
): Promise<TargetOutcome> {
  const { results: surveyed, archive } = await surveyArchive(path, images, options);
  const mustWrite = surveyed.some(({ status }) => status === 'skipped');
  const sentBytes = mustWrite ? await writeArchive({ folder, path }, archive, options) : 0;
  const written = mustWrite ? await findArchive(path, options) : undefined;
  const results: TargetResult[] = [];
  for (const found of surveyed) {
    const after = written?.names.get(found.reference);
    const status = after === undefined ? 'failed' : 'loaded';
    const result: TargetResult = found.status === 'skipped' ? { ...found, status, after } : found;
    results.push(result);
    await options.onResult?.(result);
  }
  return { results, sentBytes };
}

/**
 * Writes beside the final name and renames: k3s goes by the end of a name, and `.tmp` is none of its own (k3s
 * pkg/agent/containerd/watcher.go).
 *
 * @returns bytes of content written
 */
async function writeArchive(
  { folder, path }: Place,
  archive: K3sArchive,
  options: OperationOptions,
): Promise<number> {
  const neededBytes = archiveBytes(archive);
  requireSpace(await measureSpace([{ path: folder, neededBytes }]), ROOM_HINT);
  let sentBytes = 0;
  const onSent = (bytes: number): void => {
    sentBytes += bytes;
  };
  await writeFileAtomically(path, packTar(archiveFiles(archive, onSent, options)));
  await syncFolder(folder);
  return sentBytes;
}

const ROOM_HINT =
  'Free some space there; archives in this folder that k3s has imported are no longer needed.';
