import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { blobPath } from '../../../src/content/blob-folder.ts';
import { openCache, type Cache } from '../../../src/content/cache.ts';
import { listCache, pruneCache } from '../../../src/content/prune-cache.ts';
import { digestOf } from '../../../src/oci/digest.ts';
import { useTempFolder } from '../../support/temp-folder.ts';
import { collect, failing, streamOf } from './memory-content.ts';

const folder = useTempFolder();
const hello = { mediaType: 'x', digest: digestOf('hello'), size: 5 };
const record = { descriptor: hello, diffId: digestOf('plain'), uncompressedSize: 9 };
let cache: Cache;

beforeEach(async () => {
  cache = openCache(join(await folder.fresh(), 'cache'));
});

describe('the cache', () => {
  it('makes no folder before it is written to', async () => {
    expect(await cache.has(hello)).toBe(false);
    expect(await cache.sizeOf(hello.digest)).toBeUndefined();
    expect(await cache.list()).toEqual(new Set());
    expect(await cache.findLayer(record.diffId, 'gzip')).toBeUndefined();
    expect(await listCache(cache.folder)).toEqual([]);
    expect(await readdir(join(cache.folder, '..'))).toEqual([]);
  });

  it('takes bytes of an unknown digest', async () => {
    expect(await cache.ingest(streamOf('hel', 'lo'))).toEqual({ digest: hello.digest, size: 5 });
    expect(await cache.has(hello)).toBe(true);
    expect(await cache.sizeOf(hello.digest)).toBe(5);
    expect(await cache.list()).toEqual(new Set([hello.digest]));
    expect((await collect(cache.fetch(hello))).toString()).toBe('hello');
  });

  it('keeps nothing of a stream that fails', async () => {
    await expect(cache.ingest(failing(new Error('gone')))).rejects.toThrow('gone');
    expect(await listCache(cache.folder)).toEqual([]);
  });

  it('finds a layer for the encoder that wrote it, and only while its blob is there', async () => {
    await cache.recordLayer(record, 'zstd-3/v1');
    expect(await cache.findLayer(record.diffId, 'zstd-3/v1')).toBeUndefined();
    await cache.ingest(streamOf('hello'));
    expect(await cache.findLayer(record.diffId, 'zstd-3/v1')).toEqual(record);
    expect(await cache.findLayer(record.diffId, 'gzip')).toBeUndefined();
    expect(await cache.findLayer(hello.digest, 'zstd-3/v1')).toBeUndefined();
  });

  it.each([
    ['other bytes', 'hellO'],
    ['fewer bytes', 'hell'],
    ['more bytes', 'hello!'],
  ])('removes an entry that holds %s when it is read', async (_, text) => {
    await cache.ingest(streamOf('hello'));
    await writeFile(blobPath(cache.folder, hello.digest), text);
    await expect(collect(cache.fetch(hello))).rejects.toMatchObject({ code: 'CACHE_DAMAGED' });
    expect(await cache.sizeOf(hello.digest)).toBeUndefined();
    await cache.push(hello, streamOf('hello'));
    expect((await collect(cache.fetch(hello))).toString()).toBe('hello');
  });

  it('is pruned by the time of last use', async () => {
    await cache.ingest(streamOf('hello'));
    await cache.ingest(streamOf('other'));
    await cache.recordLayer(record, 'gzip');
    expect((await listCache(cache.folder)).map(({ kind }) => kind)).toEqual([
      'blob',
      'blob',
      'layer-record',
    ]);
    expect(await pruneCache(cache.folder, 0)).toEqual([]);
    expect(await pruneCache(cache.folder, Date.now() + 60_000)).toHaveLength(3);
    expect(await listCache(cache.folder)).toEqual([]);
  });
});
