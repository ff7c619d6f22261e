/** Layers that ask for more memory than k3s gives to zstd. */
import { expect, it } from 'vitest';
import type { TargetImage } from '../../../src/content/image.ts';
import { digestOf } from '../../../src/oci/digest.ts';
import { openK3sTarget } from '../../../src/transports/k3s/target.ts';
import { buildImage, manifestRoot } from '../../support/image-builder.ts';
import { useTempFolder } from '../../support/temp-folder.ts';
import { targetImage } from '../registry/registry-world.ts';

const folder = useTempFolder();
const SKIPPABLE = '502a4d18 01000000 09';
const EMPTY_BLOCK = '010000';

/** A frame with that window descriptor (RFC 8878 §3.1.1.1.2), behind a skippable one. */
function frame(window: number): Buffer {
  const descriptor = window.toString(16).padStart(2, '0');
  const hex = `${SKIPPABLE} 28b52ffd 00 ${descriptor} ${EMPTY_BLOCK}`;
  return Buffer.from(hex.replaceAll(' ', ''), 'hex');
}

async function withLayer(bytes: Buffer): Promise<TargetImage> {
  const image = await buildImage({ layers: [1] });
  const [layer] = image.layers;
  if (layer === undefined) throw new Error('one layer');
  const root = manifestRoot({ ...image, layers: [{ ...layer, gzip: bytes }] });
  const document = String(root.blobs.get(root.descriptor.digest)).replace('tar+gzip', 'tar+zstd');
  const manifest = Buffer.from(document);
  const digest = digestOf(manifest);
  const descriptor = { ...root.descriptor, digest, size: manifest.byteLength };
  const blobs = new Map([...root.blobs, [digest, manifest]]);
  return targetImage('redis:7', { ...root, descriptor, blobs });
}

it.each([
  { title: 'is not remarked upon within 32 MiB', window: 15 << 3, status: 'loaded' },
  { title: 'is remarked upon above', window: (15 << 3) | 1, status: 'loaded', words: '37748736' },
  {
    title: 'is refused above 128 MiB',
    window: (17 << 3) | 1,
    status: 'failed',
    words: '150994944',
  },
])('a zstd window $title', async ({ window, status, words }) => {
  const target = openK3sTarget({
    folder: await folder.fresh(),
    kit: { name: 'edge', version: '1.0' },
  });
  const { results } = await target.load([await withLayer(frame(window))]);
  expect(results).toMatchObject([
    { status, message: words === undefined ? undefined : expect.stringContaining(words) },
  ]);
});
