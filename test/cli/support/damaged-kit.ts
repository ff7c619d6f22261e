/** Kits of which one byte is not what was signed. */
import { cp, readFile, writeFile } from 'node:fs/promises';
import type { BundleIndex } from '../../../src/index.ts';

/** What of an image is damaged. */
export type DamagedPart = 'layer' | 'config';

/** Copies a kit, and changes a byte of an image's own top layer or of its config. */
export async function damagedCopy(
  kit: string,
  copy: string,
  { reference, part }: { readonly reference: string; readonly part: DamagedPart },
): Promise<void> {
  await cp(kit, copy, { recursive: true });
  const bytes = await readFile(`${copy}/bundle.json`);
  const index: BundleIndex = JSON.parse(bytes.toString());
  const [manifest] = index.images.find((image) => image.reference === reference)?.manifests ?? [];
  const descriptor = part === 'config' ? manifest?.config : manifest?.layers.at(-1)?.descriptor;
  const hex = descriptor?.digest.slice('sha256:'.length) ?? '-';
  const member = index.members.find(({ path }) => path.endsWith(hex));
  const archive = await readFile(`${copy}/bundle.tar`);
  const at = 512 + Math.ceil(bytes.byteLength / 512) * 512 + (member?.offset ?? 0) + 20;
  archive.writeUInt8(archive.readUInt8(at) ^ 0x10, at);
  await writeFile(`${copy}/bundle.tar`, archive);
}
