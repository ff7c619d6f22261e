import { open, readFile, stat } from 'node:fs/promises';
import { AirkitError, isAirkitError } from '../errors.ts';
import type { BundleBase } from '../archive/bundle-bases.ts';
import {
  BUNDLE_INDEX_MEDIA_TYPE,
  MAX_BUNDLE_INDEX_BYTES,
  parseBundleIndex,
  type BundleIndex,
} from '../archive/bundle-index.ts';
import { diskCall, isErrno } from '../content/file-bytes.ts';
import type { OperationOptions } from '../content/operation.ts';
import {
  INVENTORY_MEDIA_TYPE,
  MAX_INVENTORY_BYTES,
  parseInventory,
} from '../inventory/inventory-file.ts';
import { by } from '../oci/compare.ts';
import { digestOf } from '../oci/digest.ts';
import { parseJsonObject } from '../oci/json.ts';
import type { BaseContent } from '../plan/held-by-bases.ts';
import { resolvePath, type Host } from './host.ts';
import { verificationFailed } from './require-verified.ts';
import { readKit } from './read-kit.ts';

/** What a thin kit is packed against. */
export interface PackBase {
  /** As the bundle index names it. */
  readonly described: BundleBase;
  readonly content: BaseContent;
}

/**
 * Reads what `--base` names: kits, bundle.json files and inventories, each as a list of digests and nothing else. A
 * wrong list costs bytes or a later `--base`, never a wrong image, so no trusted key is asked for; a kit whose signature
 * does not fit is refused all the same. What a thin kit left out itself does not count.
 *
 * @returns sorted by digest, each once, so that the order of the names changes nothing
 * @throws AirkitError USAGE when there is nothing of that name, VERIFICATION_FAILED for a bad signature, CONTENT_INVALID,
 * UNSUPPORTED, ARCHIVE_MALFORMED, DISK_FAILED
 */
export async function readPackBases(
  host: Host,
  names: readonly string[],
  options: OperationOptions = {},
): Promise<PackBase[]> {
  const bases = new Map<string, PackBase>();
  for (const name of names) {
    options.signal?.throwIfAborted();
    const base = await readPackBase(host, name, options);
    bases.set(base.described.digest, base);
  }
  return [...bases.values()].toSorted(by(({ described }) => described.digest));
}

async function readPackBase(
  host: Host,
  name: string,
  options: OperationOptions,
): Promise<PackBase> {
  const document = await readDocumentFile(resolvePath(host, name), name);
  if (document === undefined) return readBaseKit(host, name, options);
  const { mediaType } = parseJsonObject(document, { where: name, maxBytes: MAX_INVENTORY_BYTES });
  if (mediaType === BUNDLE_INDEX_MEDIA_TYPE) return kitBase(document, parseBundleIndex(document));
  if (mediaType === INVENTORY_MEDIA_TYPE) return inventoryBase(document, name);
  throw new AirkitError('UNSUPPORTED', `--base ${name}: ${JSON.stringify(mediaType)} is no base`, {
    hint: 'Name a kit, the bundle.json of one, or a file that airkit inventory wrote.',
    context: { path: name },
  });
}

/** The bytes of a JSON file; undefined for a folder or an archive. */
async function readDocumentFile(path: string, name: string): Promise<Uint8Array | undefined> {
  const found = await diskCall(path, 'look at', () => stat(path)).catch((error: unknown) => {
    if (isAirkitError(error) && isErrno(error.cause, 'ENOENT')) throw noBase(name);
    throw error;
  });
  if (!found.isFile() || (await firstByte(path)) !== '{') return undefined;
  const most = Math.max(MAX_INVENTORY_BYTES, MAX_BUNDLE_INDEX_BYTES);
  if (found.size <= most) return diskCall(path, 'read', () => readFile(path));
  throw new AirkitError('CONTENT_INVALID', `${name}: ${found.size} bytes are too many for a base`);
}

/** An archive begins with the name of its first entry. */
async function firstByte(path: string): Promise<string> {
  return diskCall(path, 'read', async () => {
    await using file = await open(path);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(1), 0, 1, 0);
    return buffer.toString('latin1', 0, bytesRead);
  });
}

async function readBaseKit(host: Host, name: string, options: OperationOptions): Promise<PackBase> {
  const { kit, index, findings } = await readKit(host, name, options);
  const bad = findings.filter(({ code }) => code === 'BAD_SIGNATURE');
  if (bad.length > 0) throw verificationFailed(name, bad);
  return kitBase(kit.index, index);
}

function kitBase(bytes: Uint8Array, { name, version, members }: BundleIndex): PackBase {
  const digest = digestOf(bytes);
  const blobs = members.filter(({ path }) => path.startsWith('blobs/'));
  return {
    described: {
      mediaType: BUNDLE_INDEX_MEDIA_TYPE,
      digest,
      size: bytes.byteLength,
      name,
      version,
    },
    content: {
      blobs: new Set(blobs.map(({ sha256 }) => `sha256:${sha256}`)),
      chainIds: new Set(),
    },
  };
}

/** The target's own name stays out: it may be a path, or name a machine. */
function inventoryBase(bytes: Uint8Array, name: string): PackBase {
  const { blobs, chainIds } = parseInventory(bytes, name);
  return {
    described: {
      mediaType: INVENTORY_MEDIA_TYPE,
      digest: digestOf(bytes),
      size: bytes.byteLength,
    },
    content: { blobs, chainIds },
  };
}

/** `-from-VERSION` of every base, sorted, each once; empty without bases. */
export function fromBases(bases: readonly PackBase[]): string {
  const versions = bases.map(({ described }) => described.version ?? 'inventory');
  const sorted = [...new Set(versions)].toSorted();
  return sorted.length === 0 ? '' : `-from-${sorted.join('+')}`;
}

function noBase(name: string): AirkitError {
  return new AirkitError('USAGE', `--base ${name}: there is no such file or folder`, {
    hint: 'Name a kit, the bundle.json of one, or a file that airkit inventory wrote.',
    context: { path: name },
  });
}
