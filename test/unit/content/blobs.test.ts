import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blobPath, openBlobFolder } from '../../../src/content/blob-folder.ts';
import { readFileRange } from '../../../src/content/file-bytes.ts';
import { collectBytes, readDocument } from '../../../src/content/read-document.ts';
import { verifyBytes } from '../../../src/content/verify-bytes.ts';
import { writeFileAtomically } from '../../../src/content/write-file.ts';
import { digestOf } from '../../../src/oci/digest.ts';
import { useTempFolder } from '../../support/temp-folder.ts';
import { collect, contentOf, failing, streamOf } from './memory-content.ts';

const folder = useTempFolder();
const hello = { mediaType: 'x', digest: digestOf('hello'), size: 5 };

const passesThrough = async (parts: Uint8Array[]): Promise<void> => {
  const bytes = Buffer.concat(parts);
  const target = { mediaType: 'x', digest: digestOf(bytes), size: bytes.byteLength };
  expect((await collect(verifyBytes(target, streamOf(...parts)))).equals(bytes)).toBe(true);
};

describe('verifyBytes', () => {
  it('passes right bytes through in any chunks', async () => {
    const parts = fc.array(fc.uint8Array(), { maxLength: 5 });
    await fc.assert(fc.asyncProperty(parts, passesThrough), { numRuns: 50 });
  });

  it.each([
    ['too few bytes', 'SIZE_MISMATCH', ['hell']],
    ['no bytes', 'SIZE_MISMATCH', []],
    ['too many bytes', 'SIZE_MISMATCH', ['hello', '!']],
    ['other bytes', 'DIGEST_MISMATCH', ['hel', 'lO']],
  ])('ends with an error on %s', async (_, code, chunks) => {
    await expect(collect(verifyBytes(hello, streamOf(...chunks)))).rejects.toMatchObject({ code });
  });

  it('keeps the last bytes of wrong content to itself', async () => {
    const passed: string[] = [];
    const read = async (): Promise<void> => {
      for await (const chunk of verifyBytes(hello, streamOf('hel', 'lO')))
        passed.push(Buffer.from(chunk).toString());
    };
    await expect(read()).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' });
    expect(passed).toEqual(['hel']);
  });

  it('stops at the first byte too many, however long the stream is', async () => {
    let chunks = 0;
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (;;) {
        chunks += 1;
        yield Buffer.from('hello');
      }
    }
    await expect(collect(verifyBytes(hello, endless()))).rejects.toMatchObject({
      code: 'SIZE_MISMATCH',
    });
    expect(chunks).toBe(2);
  });
});

describe('files', () => {
  it('appear whole or not at all, and leave nothing behind', async () => {
    const path = join(await folder.fresh(), 'a', 'file');
    await writeFileAtomically(path, streamOf('he', 'llo'));
    expect(await readFile(path, 'utf8')).toBe('hello');
    await expect(writeFileAtomically(path, failing(new Error('gone')))).rejects.toThrow('gone');
    expect(await readFile(path, 'utf8')).toBe('hello');
    expect(await readdir(join(path, '..'))).toEqual(['file']);
  });

  it('have the mode that was asked for', async () => {
    const path = join(await folder.fresh(), 'key');
    await writeFileAtomically(path, Buffer.from('x'), { mode: 0o600 });
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  it('fail with DISK_FAILED where no folder can be', async () => {
    const path = join(await folder.fresh(), 'file');
    await writeFile(path, 'x');
    const inFile = writeFileAtomically(join(path, 'inside'), Buffer.from('x'));
    await expect(inFile).rejects.toMatchObject({ code: 'DISK_FAILED', context: { path } });
  });

  it('are read in ranges, and one that is cut off is an error', async () => {
    const path = join(await folder.fresh(), 'file');
    await writeFile(path, '0123456789');
    const range = async (offset: number, length?: number): Promise<string> =>
      (await collect(readFileRange({ path, offset, length }))).toString();
    expect([await range(0), await range(3, 4), await range(10, 0)]).toEqual([
      '0123456789',
      '3456',
      '',
    ]);
    await expect(range(8, 3)).rejects.toMatchObject({ code: 'DISK_FAILED' });
  });
});

describe('a blob folder', () => {
  it('takes and gives verified bytes', async () => {
    const path = await folder.fresh();
    const blobs = openBlobFolder(path);
    expect(await blobs.has(hello)).toBe(false);
    await blobs.push(hello, streamOf('hello'));
    expect(await blobs.has(hello)).toBe(true);
    expect(await blobs.has({ ...hello, size: 6 })).toBe(false);
    expect((await collect(blobs.fetch(hello))).toString()).toBe('hello');
  });

  it.each([
    ['wrong bytes', 'DIGEST_MISMATCH', 'hellO'],
    ['too few', 'SIZE_MISMATCH', 'hell'],
  ])('keeps nothing of %s', async (_, code, text) => {
    const path = await folder.fresh();
    await expect(openBlobFolder(path).push(hello, streamOf(text))).rejects.toMatchObject({ code });
    expect(await readdir(join(path, 'blobs', 'sha256'))).toEqual([]);
  });

  it('notices damage when a blob is read', async () => {
    const path = await folder.fresh();
    const blobs = openBlobFolder(path);
    await blobs.push(hello, streamOf('hello'));
    await writeFile(blobPath(path, hello.digest), 'hellO');
    await expect(collect(blobs.fetch(hello))).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' });
    await writeFile(blobPath(path, hello.digest), 'hello!');
    await expect(collect(blobs.fetch(hello))).rejects.toMatchObject({ code: 'SIZE_MISMATCH' });
  });

  it('holds no blob where a folder stands in its place', async () => {
    const path = await folder.fresh();
    await mkdir(blobPath(path, hello.digest), { recursive: true });
    const blobs = openBlobFolder(path);
    expect(await blobs.has(hello)).toBe(false);
    await expect(collect(blobs.fetch(hello))).rejects.toMatchObject({ code: 'BLOB_MISSING' });
  });
});

describe('documents', () => {
  it('are read whole up to their limit', async () => {
    const content = contentOf(new Map([[hello.digest, Buffer.from('hello')]]));
    expect((await readDocument(content, hello)).toString()).toBe('hello');
    const huge = { ...hello, size: 4 * 1024 * 1024 + 1 };
    await expect(readDocument(content, huge)).rejects.toMatchObject({ code: 'CONTENT_INVALID' });
    await expect(collectBytes(streamOf('hello'), 4)).rejects.toMatchObject({
      code: 'CONTENT_INVALID',
    });
  });
});
