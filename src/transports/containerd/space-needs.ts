import { join } from 'node:path';
import { isFile } from '../../content/file-bytes.ts';
import type { SpaceNeed, TargetImage } from '../../content/image.ts';
import type { OperationOptions } from '../../content/operation.ts';
import { hexOf, type Digest } from '../../oci/digest.ts';
import { runCtr } from './ctr.ts';
import { listBlobs } from './store.ts';
import type { OpenedStore } from './survey.ts';
import { wantedContent } from './wanted-content.ts';

/**
 * What the blobs of images take in the content store; what is unpacked from them comes on top. Told only where it is
 * certain that the folder which containerd names is this machine's: a blob that it has must lie there.
 *
 * @throws AirkitError TARGET_FAILED
 */
export async function spaceNeeds(
  store: OpenedStore,
  images: readonly TargetImage[],
  options?: OperationOptions,
): Promise<SpaceNeed[]> {
  const held = await listBlobs(store, options);
  const [some] = held;
  const root = some === undefined ? undefined : await contentRoot(store, options);
  if (some === undefined || root === undefined) return [];
  if (!(await isFile(join(root, 'blobs', 'sha256', hexOf(some))))) return [];
  const missing = new Map<Digest, number>();
  for (const image of images) {
    const wanted = wantedContent(image, store.platform);
    if (typeof wanted === 'string') continue;
    for (const { digest, size } of wanted.blobs) if (!held.has(digest)) missing.set(digest, size);
  }
  return [{ path: root, bytes: [...missing.values()].reduce((sum, size) => sum + size, 0) }];
}

/** The folder that the plugin of the content store exports, in paragraphs of `ctr plugins ls --detailed`. */
async function contentRoot(
  store: OpenedStore,
  options?: OperationOptions,
): Promise<string | undefined> {
  const args = ['plugins', 'ls', '--detailed'];
  const told = await runCtr(store, { what: 'ask for its folders', args }, options);
  const paragraphs = told.split(/^(?=Type:)/mu);
  const plugin = paragraphs.find((one) => /^Type:\s+io\.containerd\.content\.v1\s*$/mu.test(one));
  return /^\s+root\s+(\/.*?)\s*$/mu.exec(plugin ?? '')?.[1];
}
