import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { AirkitError, messageOf, type Problem } from '../errors.ts';
import { MAX_BUNDLE_INDEX_BYTES, parseBundleIndex } from '../archive/bundle-index.ts';
import { KIT_FILES } from '../archive/kit-folder.ts';
import { parseSums } from '../archive/sums.ts';
import { isSignatureFile } from '../signing/signature-files.ts';
import { kitFinding } from './check-sums.ts';
import { resolvePath, type Host } from './host.ts';
import { readSmall } from './open-kit.ts';

/** The signed files of a kit without its archive. */
export interface KitTables {
  /** Absolute. */
  readonly folder: string;
  readonly index: Uint8Array;
  readonly sums: Uint8Array;
  readonly signatures: ReadonlyMap<string, Uint8Array>;
}

/**
 * Opens a folder that holds `bundle.json` and `SHA256SUMS`, maybe signatures, and nothing else of a kit: one with
 * `images.txt` has lost its archive. Undefined for any other folder.
 *
 * @throws AirkitError DISK_FAILED, ARCHIVE_MALFORMED for a table that is too large
 */
export async function openTables(host: Host, path: string): Promise<KitTables | undefined> {
  const folder = resolvePath(host, path);
  const files = await readdir(folder).catch((): string[] => []);
  const isTables = [KIT_FILES.index, KIT_FILES.sums].every((name) => files.includes(name));
  const isKit = files.some(
    (name) => name === KIT_FILES.images || name.startsWith(KIT_FILES.archive),
  );
  if (!isTables || isKit) return undefined;
  const signatures = new Map<string, Uint8Array>();
  for (const file of files.filter(isSignatureFile).toSorted())
    signatures.set(file, await readSmall(join(folder, file)));
  return {
    folder,
    index: await readSmall(join(folder, KIT_FILES.index), MAX_BUNDLE_INDEX_BYTES),
    sums: await readSmall(join(folder, KIT_FILES.sums)),
    signatures,
  };
}

/** Whether the two are tables of one kit. */
export function checkTables({ index, sums }: KitTables): Problem[] {
  try {
    parseBundleIndex(index);
  } catch (error) {
    return [kitFinding('CONTENT_INVALID', KIT_FILES.index, messageOf(error))];
  }
  try {
    const listed = new Map(parseSums(sums).map(({ name, sha256 }) => [name, sha256]));
    const actual = createHash('sha256').update(index).digest('hex');
    const said = listed.get(KIT_FILES.index);
    if (said === actual) return [];
    const message = `its sha256 is ${actual}, SHA256SUMS says ${said ?? 'nothing of it'}`;
    return [kitFinding('DIGEST_MISMATCH', KIT_FILES.index, message)];
  } catch (error) {
    if (!(error instanceof AirkitError)) throw error;
    return [kitFinding('CONTENT_INVALID', KIT_FILES.sums, messageOf(error))];
  }
}
