import type { Problem } from '../errors.ts';
import { parseBundleIndex, type BundleIndex } from '../archive/bundle-index.ts';
import type { Host } from './host.ts';
import { judgeKit, type TrustOptions } from './judge-kit.ts';
import { openKit, type FoundKit, type OpenKitOptions } from './open-kit.ts';

/** A kit that is only looked at. */
export interface ReadKit {
  readonly kit: FoundKit;
  /** bundle.json as it stands there; nothing says that it can be trusted. */
  readonly index: BundleIndex;
  /** What signatures and dates say of it. */
  readonly findings: readonly Problem[];
}

/**
 * Reads the table of contents of a kit for people: nothing that is found stands in the way, and nothing may be done with
 * the kit because of it.
 *
 * @throws AirkitError USAGE, ARCHIVE_MALFORMED, CONTENT_INVALID, KEY_INVALID, DISK_FAILED
 */
export async function readKit(
  host: Host,
  path: string,
  { trust, ...options }: Pick<TrustOptions, 'trust'> & OpenKitOptions = {},
): Promise<ReadKit> {
  const kit = await openKit(host, path, options);
  const { index, findings } = await judgeKit(kit, host, { trust, allowUnsigned: true });
  return { kit, index: index ?? parseBundleIndex(kit.index), findings };
}
