import { expect, test } from 'vitest';
import { bytesLocation } from '../../../src/content/mapped-reader.ts';
import { collectBytes } from '../../../src/content/read-document.ts';
import { packTar, type TarInput } from '../../../src/tar/pack-tar.ts';
import { streamTar } from '../../../src/tar/stream-tar.ts';

async function* files(...sizes: readonly [number, number][]): AsyncGenerator<TarInput, void> {
  for (const [size, given] of sizes)
    yield {
      name: `blobs/sha256/${size}`,
      size,
      body: bytesLocation(Buffer.alloc(given, 7)).open(),
    };
}

test('a streamed tar is the one that is packed', async () => {
  const sizes: [number, number][] = [0, 1, 511, 512, 513, 100_000].map((size) => [size, size]);
  const streamed = await collectBytes(streamTar(files(...sizes)), 1_000_000);
  const packed = await collectBytes(packTar(files(...sizes)), 1_000_000);
  // The two write the same fields; only the form of their numbers and the owners' names may differ.
  const [shape, other] = [streamed, packed].map((tar) => [
    tar.byteLength,
    sizes.map(([size]) => tar.indexOf(`blobs/sha256/${size}\0`)),
  ]);
  expect(shape).toEqual(other);
  expect(streamed.subarray(-1024).every((byte) => byte === 0)).toBe(true);
});

test.each([3, 5])('a file of 4 bytes that has %d ends the stream by an error', async (given) => {
  const bytes = streamTar(files([4, given]));
  await expect(collectBytes(bytes, 10_000)).rejects.toMatchObject({ code: 'SIZE_MISMATCH' });
});
