import { AirkitError, isAirkitError, messageOf } from '../errors.ts';
import { parseBundleIndex } from '../archive/bundle-index.ts';
import { archiveContent } from '../archive/read-archive.ts';
import type { ContentReader } from '../content/content.ts';
import type { Host } from './host.ts';
import { openKit, type OpenKitOptions } from './open-kit.ts';
import { verificationFailed } from './require-verified.ts';
import { settleVolumes } from './settle-volumes.ts';

/** A kit whose blobs stand in for downloads. */
export interface ReusedKit extends ContentReader {
  /** As it was named. */
  readonly name: string;
}

/**
 * Opens kits given with `--reuse`. No signature is asked for: the bundle.json in the archive serves only as a table of
 * offsets, and each blob is checked against the digest that a source gave for it, so a kit can offer nothing but
 * bytes that are right. One that is damaged is told as a warning and not used.
 *
 * @throws AirkitError USAGE when there is no kit of that name, UNSUPPORTED for a newer format
 */
export async function openReusedKits(
  host: Host,
  names: readonly string[],
  options: OpenKitOptions = {},
): Promise<ReusedKit[]> {
  const kits: ReusedKit[] = [];
  for (const name of names) {
    try {
      const found = await openKit(host, name, options);
      const index = parseBundleIndex(found.archive.index);
      const { kit, problems } = await settleVolumes(found, index, options);
      if (problems.length > 0) throw verificationFailed(name, problems);
      kits.push({ name, ...archiveContent(kit.archive, index) });
    } catch (error) {
      if (!(error instanceof AirkitError) || isAirkitError(error, 'USAGE', 'UNSUPPORTED'))
        throw error;
      const message = `${name} is damaged, nothing of it is reused: ${messageOf(error)}`;
      options.onProgress?.({ kind: 'warning', message });
    }
  }
  return kits;
}
