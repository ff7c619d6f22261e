import { expect, test } from 'vitest';
import { AirkitError } from '../../../src/errors.ts';
import { readAhead } from '../../../src/archive/read-ahead.ts';
import { collectBytes } from '../../../src/content/read-document.ts';
import { inMemory } from './sample-kit.ts';

const WINDOW_BYTES = 64 * 1024;
const bytes = Buffer.from(Array.from({ length: 3 * WINDOW_BYTES }, (_, at) => (at * at) % 251));

/** An archive that notes its reads, and cannot read beyond `readable`. */
function noted({ readable = bytes.byteLength } = {}): {
  readonly reads: readonly number[];
  readonly read: (offset: number, length: number) => Promise<Buffer>;
} {
  const reads: number[] = [];
  const memory = inMemory(bytes, { index: Buffer.of(), base: 0 });
  const archive = readAhead({
    ...memory,
    read: async function* (offset, length) {
      reads.push(offset);
      if (offset + length > readable) throw new AirkitError('DISK_FAILED', 'a bad sector');
      yield* memory.read(offset, length);
    },
  });
  return {
    reads,
    read: async (offset, length) => collectBytes(archive.read(offset, length), length),
  };
}

test('small ranges that follow each other take one read, and are the same bytes', async () => {
  const { reads, read } = noted();
  for (let offset = 0; offset < WINDOW_BYTES; offset += 512)
    expect((await read(offset, 512)).equals(bytes.subarray(offset, offset + 512))).toBe(true);
  expect(reads).toEqual([0]);
});

test.each([
  ['beyond the window', 2 * WINDOW_BYTES - 100, 200],
  ['before it', 10, 20],
  ['as large as a window', 5, WINDOW_BYTES],
  ['larger', 7, 2 * WINDOW_BYTES],
  ['at the end', bytes.byteLength - 512, 512],
  ['empty', 40, 0],
])('a range %s is read right', async (_, offset, length) => {
  const { read } = noted();
  await read(WINDOW_BYTES, 512);
  expect((await read(offset, length)).equals(bytes.subarray(offset, offset + length))).toBe(true);
});

test('where more cannot be read, what was asked for is', async () => {
  const { read } = noted({ readable: 1024 });
  expect((await read(0, 512)).equals(bytes.subarray(0, 512))).toBe(true);
  expect((await read(512, 512)).equals(bytes.subarray(512, 1024))).toBe(true);
  await expect(read(1024, 512)).rejects.toMatchObject({ code: 'DISK_FAILED' });
});
