import { createHash } from 'node:crypto';
import { truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { sumPartsAside } from '../../../src/archive/part-sums.ts';
import { openParts } from '../../../src/archive/read-parts.ts';
import { useTempFolder } from '../../support/temp-folder.ts';

const folder = useTempFolder();
const MIB = 1024 * 1024;

test('a large archive is summed on a thread while its owner reads the same memory', async () => {
  const path = await folder.fresh();
  const sizes = [20 * MIB + 7, 16 * MIB, 3];
  const parts = await Promise.all(
    sizes.map(async (size, position) => {
      const file = join(path, `part${position}`);
      await writeFile(file, `${position}`.repeat(100_000));
      await truncate(file, size);
      const start = sizes.slice(0, position).reduce((sum, one) => sum + one, 0);
      return { name: `part${position}`, path: file, start, size };
    }),
  );
  const { read, size } = await openParts(parts);
  await using sums = sumPartsAside(parts);
  expect(sums.allocate).toBeDefined();
  const own = createHash('sha256');
  const each = parts.map(() => createHash('sha256'));
  let position = 0;
  expect(await sums.result()).toBeUndefined();
  for await (const chunk of read(0, size, { allocate: sums.allocate })) {
    sums.update(chunk);
    own.update(chunk);
    each[parts.findLastIndex(({ start }) => start <= position)]?.update(chunk);
    position += chunk.byteLength;
  }
  const found = await sums.result();
  expect(found?.map(({ name, sha256 }) => [name, sha256])).toEqual(
    parts.map(({ name }, at) => [name, each[at]?.digest('hex')]),
  );
  const plain = createHash('sha256');
  for await (const chunk of read(0, size)) plain.update(chunk);
  expect(own.digest('hex')).toBe(plain.digest('hex'));
});

test('a file that ends early stops the reading, not the thread', async () => {
  const file = join(await folder.fresh(), 'short');
  await writeFile(file, 'x');
  const parts = [{ name: 'short', path: file, start: 0, size: 40 * MIB }];
  const { read } = await openParts(parts);
  await using sums = sumPartsAside(parts);
  const reading = async (): Promise<void> => {
    for await (const chunk of read(0, 40 * MIB, { allocate: sums.allocate })) sums.update(chunk);
  };
  await expect(reading()).rejects.toMatchObject({ code: 'DISK_FAILED' });
  expect(await sums.result()).toBeUndefined();
});
