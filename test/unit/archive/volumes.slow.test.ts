/** However an archive is cut, its bytes are the same, and are found again. */
import { mkdtemp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { openJournal } from '../../../src/archive/journal.ts';
import { bundleIndexSpan } from '../../../src/archive/layout.ts';
import { sumParts } from '../../../src/archive/part-sums.ts';
import { placeVolumes } from '../../../src/archive/place-volumes.ts';
import { archiveContent, openVolumes } from '../../../src/archive/read-archive.ts';
import { openParts } from '../../../src/archive/read-parts.ts';
import { cutArchive, formatVolumeName, parseVolumeName } from '../../../src/archive/volumes.ts';
import { writeArchive } from '../../../src/archive/write-archive.ts';
import { collectBytes } from '../../../src/content/read-document.ts';
import { digestOf } from '../../../src/oci/digest.ts';
import { useTempFolder } from '../../support/temp-folder.ts';
import { assembleSample, sampleRoots, writeSample, type SampleKit } from './sample-kit.ts';

const folder = useTempFolder();
let kit: SampleKit;
let plain: Buffer = Buffer.of();

beforeAll(async () => {
  kit = await assembleSample(await sampleRoots());
  plain = await writeSample(await folder.fresh(), kit);
});

/** Numbers that are the same in every run (Numerical Recipes' generator). */
function seeded(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** Cuts of every kind: at headers, within them, within blobs, one byte short of the whole. */
const CUTS = [100, 511, 512, 513, 1024, 4096, 5000, 10_007, 16_384];

async function writeCut(
  volumeSize: number,
): Promise<{ name: string; path: string; start: number; size: number }[]> {
  const path = await mkdtemp(join(folder.path(), 'cut-'));
  const { indexBytes: index, layout, content } = kit;
  const total = bundleIndexSpan(index.byteLength) + layout.size;
  const files = cutArchive(total, volumeSize);
  const parts = files.map(({ name, start, size }) => ({
    name,
    start,
    size,
    path: join(path, name),
  }));
  const journal = await openJournal(join(path, 'journal'), 'plan');
  const originsOf = async (): Promise<{ where: string; content: typeof content }[]> => [
    { where: 'memory', content },
  ];
  expect(await writeArchive({ parts, index, layout, originsOf, journal })).toEqual([]);
  return parts;
}

describe.each(CUTS)('volumes of %d bytes', (volumeSize) => {
  test('are consecutive pieces of the plain archive, which reads across them', async () => {
    const parts = await writeCut(volumeSize);
    const bytes = await Promise.all(parts.map(async ({ path }) => readFile(path)));
    expect(bytes.slice(0, -1).every(({ byteLength }) => byteLength === volumeSize)).toBe(true);
    expect(Buffer.concat(bytes).equals(plain)).toBe(true);

    const archive = await openVolumes('kit', { parts });
    expect(Buffer.compare(archive.index, kit.indexBytes)).toBe(0);
    const random = seeded(volumeSize);
    for (let round = 0; round < 50; round += 1) {
      const offset = random(plain.byteLength);
      const length = random(plain.byteLength - offset);
      const found = await collectBytes(archive.read(offset, length), length);
      expect(found.equals(plain.subarray(offset, offset + length))).toBe(true);
    }
    const content = archiveContent(archive, kit.index);
    for (const { descriptor } of kit.index.images[0]?.manifests[0]?.layers ?? [])
      await collectBytes(content.fetch(descriptor), descriptor.size);
  });

  test('are summed each in one pass, in pieces of any size', () => {
    const files = cutArchive(plain.byteLength, volumeSize);
    const sums = sumParts(files);
    const random = seeded(volumeSize + 1);
    for (let at = 0; at < plain.byteLength;) {
      const length = 1 + random(3 * volumeSize);
      sums.update(plain.subarray(at, at + length));
      at += length;
    }
    const result = sums.result();
    expect(`sha256:${result?.sha256}`).toBe(digestOf(plain));
    for (const { start, size, sha256 } of result?.files ?? [])
      expect(`sha256:${sha256}`).toBe(digestOf(plain.subarray(start, start + size)));
  });

  test('show how the archive was cut, whichever of them are left', () => {
    const files = cutArchive(plain.byteLength, volumeSize);
    const found = files.map(({ size }, position) => ({ number: position + 1, size, path: 'x' }));
    const question = { total: plain.byteLength, count: files.length };
    for (const [position] of files.entries()) {
      const [only] = found.slice(position);
      const placed = placeVolumes(only === undefined ? [] : [only], question);
      expect(placed.map(({ start }) => start)).toEqual(files.map(({ start }) => start));
      expect(placed.filter(({ fitting }) => fitting.length > 0)).toHaveLength(1);
    }
  });
});

test('a file of another size counts less than the others', () => {
  const found = [1, 2, 3].map((number) => ({
    number,
    size: number === 2 ? 4196 : 4096,
    path: 'x',
  }));
  const placed = placeVolumes(found, { total: 13_000, count: 4 });
  expect(placed.map(({ fitting, misfits }) => [fitting.length, misfits.length])).toEqual([
    [1, 0],
    [0, 1],
    [1, 0],
    [0, 0],
  ]);
});

test('what lies in a volume that is not at hand cannot be read, all else can', async () => {
  const [first, second, ...rest] = await writeCut(4096);
  if (first === undefined || second === undefined) throw new Error('too small');
  const { read } = await openParts([first, { ...second, path: undefined }, ...rest]);
  await expect(collectBytes(read(4000, 200), 200)).rejects.toMatchObject({ code: 'BLOB_MISSING' });
  const after = await collectBytes(read(8192, 700), 700);
  expect(after.equals(plain.subarray(8192, 8892))).toBe(true);
});

test('names have three digits, and at most 999 volumes are made', () => {
  expect(cutArchive(999, 1).at(-1)?.name).toBe('bundle.tar.999');
  expect(() => cutArchive(1000, 1)).toThrow(expect.objectContaining({ code: 'UNSUPPORTED' }));
  expect(cutArchive(1000, 1000)).toEqual([{ name: 'bundle.tar', start: 0, size: 1000 }]);
  expect(parseVolumeName(formatVolumeName(42))).toBe(42);
  for (const name of [
    'bundle.tar',
    'bundle.tar.000',
    'bundle.tar.1',
    'bundle.tar.0010',
    'a.tar.001',
  ])
    expect(parseVolumeName(name)).toBeUndefined();
});
