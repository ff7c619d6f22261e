import { createHash } from 'node:crypto';
import { truncate, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { sumArchiveAside, sumFilesAside } from '../../../src/archive/part-sums.ts';
import { openParts, type PartsReader } from '../../../src/archive/read-parts.ts';
import type { ArchivePart } from '../../../src/archive/volumes.ts';
import { useTempFolder } from '../../support/temp-folder.ts';

const folder = useTempFolder();
const MIB = 1024 * 1024;

/** Files of these sizes, each beginning with bytes of its own. */
async function archiveOf(sizes: readonly number[]): Promise<PartsReader> {
  const path = await folder.fresh();
  const parts: ArchivePart[] = [];
  let start = 0;
  for (const [position, size] of sizes.entries()) {
    const file = join(path, `part${position}`);
    await writeFile(file, `${position}`.repeat(700_000));
    await truncate(file, size);
    parts.push({ name: `part${position}`, path: file, start, size });
    start += size;
  }
  return openParts(parts);
}

/** Of each file, and of all together: as they lie on the disk. */
async function sumsOf({ parts, size, read }: PartsReader): Promise<string[]> {
  const ranges = [...parts, { start: 0, size }];
  return Promise.all(
    ranges.map(async ({ start, size: length }) => {
      const hash = createHash('sha256');
      for await (const chunk of read(start, length)) hash.update(chunk);
      return hash.digest('hex');
    }),
  );
}

test('a large archive is summed on a thread while its owner has the same bytes', async () => {
  const archive = await archiveOf([20 * MIB + 7, 16 * MIB, 3]);
  await using sums = sumArchiveAside(archive);
  expect(await sums.result()).toBeUndefined();
  const own = createHash('sha256');
  for await (const chunk of sums.read(archive.size)) own.update(chunk);
  const found = await sums.result();
  const expected = await sumsOf(archive);
  const files = found?.files.map(({ sha256 }) => sha256) ?? [];
  expect([...files, found?.sha256]).toEqual(expected);
  expect(own.digest('hex')).toBe(expected.at(-1));
});

test('who stops early has no sums, and may close the file', async () => {
  const archive = await archiveOf([40 * MIB]);
  await using sums = sumFilesAside(archive);
  for await (const chunk of sums.read(archive.size)) {
    expect(chunk.byteLength).toBeGreaterThan(0);
    break;
  }
  expect(await sums.result()).toBeUndefined();
});

test('a signal stops the reading', async () => {
  const archive = await archiveOf([40 * MIB]);
  await using sums = sumFilesAside(archive);
  const abort = new AbortController();
  const reading = async (): Promise<void> => {
    for await (const chunk of sums.read(archive.size, { signal: abort.signal }))
      abort.abort(new Error(`enough after ${chunk.byteLength}`));
  };
  await expect(reading()).rejects.toThrow('enough');
});

test.each([
  { at: 'at once', there: 1 },
  { at: 'far behind what memory holds', there: 33 * MIB },
])('a file that ends early, $at, stops the reading, not the thread', async ({ there }) => {
  const archive = await archiveOf([40 * MIB]);
  const path = archive.parts[0]?.path ?? '';
  await truncate(path, there);
  await using sums = sumFilesAside(archive);
  let taken = 0;
  const reading = async (): Promise<void> => {
    for await (const chunk of sums.read(archive.size)) taken += chunk.byteLength;
  };
  await expect(reading()).rejects.toMatchObject({ code: 'DISK_FAILED', context: { path } });
  expect(taken).toBeLessThanOrEqual(there);
  expect(await sums.result()).toBeUndefined();
});

test.each([
  { what: 'gone', code: 'DISK_FAILED', isNamed: true },
  { what: 'not at hand', code: 'BLOB_MISSING', isNamed: false },
])('a file that is $what ends the reading', async ({ code, isNamed }) => {
  const { parts } = await archiveOf([33 * MIB, MIB]);
  const [first, second] = parts;
  if (first === undefined || second?.path === undefined) throw new Error('two parts');
  await unlink(second.path);
  const archive = await openParts([first, isNamed ? second : { ...second, path: undefined }]);
  await using sums = sumFilesAside(archive);
  const reading = async (): Promise<void> => {
    for await (const chunk of sums.read(archive.size)) expect(chunk.byteLength).toBeGreaterThan(0);
  };
  await expect(reading()).rejects.toMatchObject({ code });
});
