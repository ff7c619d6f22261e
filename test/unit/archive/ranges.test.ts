import { beforeAll, describe, expect, test } from 'vitest';
import { archiveContent, openArchive } from '../../../src/archive/read-archive.ts';
import type { RangeReader } from '../../../src/content/content.ts';
import { collectBytes } from '../../../src/content/read-document.ts';
import type { Descriptor } from '../../../src/oci/descriptor.ts';
import { digestOf } from '../../../src/oci/digest.ts';
import { useTempFolder } from '../../support/temp-folder.ts';
import { assembleSample, sampleRoots, writeSample } from './sample-kit.ts';

const folder = useTempFolder();
let content: RangeReader;
let layer: Descriptor;
let bytes: Buffer = Buffer.of();

beforeAll(async () => {
  const kit = await assembleSample(await sampleRoots());
  const path = await folder.fresh();
  await writeSample(path, kit);
  content = archiveContent(await openArchive(`${path}/bundle.tar`), kit.index);
  const descriptor = kit.index.images[0]?.manifests[0]?.layers[0]?.descriptor;
  if (descriptor === undefined) throw new Error('no layer');
  layer = descriptor;
  bytes = await collectBytes(content.fetch(layer), layer.size);
});

describe('fetchRange', () => {
  test.each([
    [0, 1],
    [17, 300],
    [0, Infinity],
    [40, 0],
  ])('gives the bytes from %d on, %d of them', async (offset, count) => {
    const length = Math.min(count, layer.size);
    const found = await collectBytes(content.fetchRange(layer, { offset, length }), layer.size);
    expect(found.equals(bytes.subarray(offset, offset + length))).toBe(true);
  });

  test.each([
    ['USAGE', { offset: 1, length: Infinity }, {}],
    ['USAGE', { offset: -1, length: 1 }, {}],
    ['BLOB_MISSING', { offset: 0, length: 1 }, { digest: digestOf('x') }],
    ['SIZE_MISMATCH', { offset: 0, length: 1 }, { size: 1 }],
  ])('throws %s for %j of %j', async (code, { offset, length }, change) => {
    const range = { offset, length: Math.min(length, layer.size) };
    const found = collectBytes(content.fetchRange({ ...layer, ...change }, range), layer.size);
    await expect(found).rejects.toMatchObject({ code });
  });
});
