/** An archive is summed while it is written: no byte too early, no damaged byte unseen. */
import { mkdtemp, open, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { expectPieces } from '../../../src/archive/check-frames.ts';
import { sumParts, type ArchiveSums } from '../../../src/archive/part-sums.ts';
import type { WrittenPart } from '../../../src/archive/part-writer.ts';
import { openSettledBytes, type SettledBytes } from '../../../src/archive/settled-bytes.ts';
import { sumBehind } from '../../../src/archive/sum-behind.ts';
import { cutArchive } from '../../../src/archive/volumes.ts';
import { useTempFolder } from '../../support/temp-folder.ts';
import { assembleSample, sampleRoots, writeSample, type SampleKit } from './sample-kit.ts';

const folder = useTempFolder();
let kit: SampleKit;
let plain: Buffer = Buffer.of();

beforeAll(async () => {
  kit = await assembleSample(await sampleRoots());
  plain = await writeSample(await folder.fresh(), kit);
});

/** The files of an archive with these bytes. */
async function write(bytes: Buffer, volumeSize?: number): Promise<WrittenPart[]> {
  const path = await mkdtemp(join(folder.path(), 'sums-'));
  const parts = cutArchive(bytes.byteLength, volumeSize).map((file) =>
    Object.assign(file, { path: join(path, file.name) }),
  );
  for (const part of parts)
    await writeFile(part.path, bytes.subarray(part.start, part.start + part.size));
  return parts;
}

async function sum(
  parts: readonly WrittenPart[],
  settled: SettledBytes,
  signal = new AbortController().signal,
): Promise<ArchiveSums | undefined> {
  const pieces = expectPieces({ path: 'kit', index: kit.indexBytes }, kit.index);
  return sumBehind({ parts, pieces, settled }, { signal });
}

function allSettled(): SettledBytes {
  const settled = openSettledBytes();
  settled.advance(plain.byteLength);
  return settled;
}

describe.each([undefined, 512, 5000, 10_007])('volumes of %s bytes', (volumeSize) => {
  test('their sums are those of their bytes', async () => {
    const parts = await write(plain, volumeSize);
    const expected = sumParts(parts);
    expected.update(plain);
    expect(await sum(parts, allSettled())).toEqual(
      expect.objectContaining({
        sha256: expected.result()?.sha256,
        files: expected.result()?.files.map((file) => expect.objectContaining(file)),
      }),
    );
  });

  test('no byte is read before it is settled', async () => {
    const parts = await write(Buffer.alloc(plain.byteLength, 0xff), volumeSize);
    const settled = openSettledBytes();
    const summing = sum(parts, settled);
    for (let end = 0; end < plain.byteLength;) {
      end = Math.min(plain.byteLength, end + Math.ceil(plain.byteLength / 5));
      await writeInto(parts, plain.subarray(0, end));
      settled.advance(end);
      await sleep(10);
    }
    expect(await summing).toBeDefined();
  });
});

async function writeInto(parts: readonly WrittenPart[], bytes: Buffer): Promise<void> {
  for (const { path, start, size } of parts) {
    const file = await open(path, 'r+');
    await file.write(bytes.subarray(start, start + size), 0);
    await file.close();
  }
}

test('each changed byte is seen, wherever it is', async () => {
  const step = Math.ceil(plain.byteLength / 40);
  for (let at = 0; at < plain.byteLength; at += step) {
    const damaged = Buffer.from(plain);
    damaged.writeUInt8(damaged.readUInt8(at) ^ 1, at);
    expect([at, await sum(await write(damaged), allSettled())]).toEqual([at, undefined]);
  }
});

test('a file that ends too soon, or is not there, is a failure of the disk', async () => {
  const parts = await write(plain, 5000);
  await truncate(parts[1]?.path ?? '', 4000);
  await expect(sum(parts, allSettled())).rejects.toMatchObject({ code: 'DISK_FAILED' });
  const nowhere = parts.map((part) => Object.assign(part, { path: `${part.path}.gone` }));
  await expect(sum(nowhere, allSettled())).rejects.toMatchObject({ code: 'DISK_FAILED' });
});

test('a file that cannot be read is a failure of the disk', async () => {
  const parts = cutArchive(plain.byteLength).map((file) =>
    Object.assign(file, { path: '/proc/self/mem' }),
  );
  await expect(sum(parts, allSettled())).rejects.toMatchObject({ code: 'DISK_FAILED' });
});

test('a signal ends the wait for bytes', async () => {
  const stop = new AbortController();
  const summing = sum(await write(plain), openSettledBytes(), stop.signal);
  stop.abort(new Error('enough'));
  await expect(summing).rejects.toThrow('enough');
});
