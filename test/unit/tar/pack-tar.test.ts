import { Buffer } from 'node:buffer';
import { buffer } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { AirkitError } from '../../../src/errors.ts';
import { packTar, type TarInput } from '../../../src/tar/pack-tar.ts';
import { chunksOf, readAll } from './raw-tar.ts';

async function* inputs(...bodies: readonly AsyncIterable<Uint8Array>[]): AsyncGenerator<TarInput> {
  for (const [at, body] of bodies.entries()) yield { name: `file-${at}`, size: 5000, body };
}

async function* broken(): AsyncGenerator<Uint8Array> {
  yield Buffer.alloc(1000);
  throw new AirkitError('BLOB_MISSING', 'gone');
}

describe('packTar', () => {
  it('streams a tar that the strict reader takes', async () => {
    const tar = await buffer(packTar(inputs(chunksOf(Buffer.alloc(5000, 'a')))));
    expect(await readAll(tar)).toEqual([
      { name: 'file-0', kind: 'file', size: 5000, text: 'a'.repeat(5000) },
    ]);
  });

  it('destroys the stream with the error of a body, so no complete archive is seen', async () => {
    const tar = packTar(inputs(chunksOf(Buffer.alloc(5000)), broken()));
    await expect(buffer(tar)).rejects.toMatchObject({ code: 'BLOB_MISSING' });
  });

  it('fails when a body is shorter than it said', async () => {
    await expect(buffer(packTar(inputs(chunksOf(Buffer.alloc(4999)))))).rejects.toThrow();
  });
});
