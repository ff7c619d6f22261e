import { Buffer } from 'node:buffer';
import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  BLOCK_BYTES,
  decodeBlock,
  decodePax,
  encodeHeader,
  headerBytes,
  paddingOf,
} from '../../../src/tar/header.ts';
import { tarOf } from '../../support/image-builder.ts';
import { useTempFolder } from '../../support/temp-folder.ts';

const LIMIT = 8 * 1024 ** 3;
const folder = useTempFolder();

describe('headers that airkit writes', () => {
  it('are byte for byte those of GNU tar in ustar format', async ({ skip }) => {
    const script =
      'umask 022; mkdir blobs; printf 1234567 >blobs/one; ' +
      'tar -cf - --format=ustar --mtime=@0 --owner=:0 --group=:0 --numeric-owner blobs';
    const made = spawnSync('sh', ['-c', script], { cwd: await folder.fresh() });
    skip(made.status !== 0, 'needs GNU tar');
    const expected = Buffer.concat([
      encodeHeader({ name: 'blobs/', kind: 'directory', size: 0 }),
      encodeHeader({ name: 'blobs/one', kind: 'file', size: 7 }),
    ]);
    expect(made.stdout.subarray(0, 2 * BLOCK_BYTES).equals(expected)).toBe(true);
  });

  it('mean what the headers of tar-stream mean', async () => {
    for (const size of [0, 1, 511, 512, 513, 70_000]) {
      const packed = await tarOf([{ name: 'blobs/sha256/abc', body: Buffer.alloc(size) }]);
      const header = encodeHeader({ name: 'blobs/sha256/abc', kind: 'file', size });
      expect(decodeBlock(header)).toEqual(decodeBlock(packed.subarray(0, BLOCK_BYTES)));
    }
    const folderHeader = encodeHeader({ name: 'blobs/', kind: 'directory', size: 0 });
    const packed = await tarOf([{ name: 'blobs/' }]);
    expect(decodeBlock(folderHeader)).toEqual(decodeBlock(packed.subarray(0, BLOCK_BYTES)));
  });

  it('are read back as they were meant', () => {
    const names = fc.stringMatching(/^[a-z0-9./_-]{1,100}$/);
    const sizes = fc.integer({ min: 0, max: LIMIT - 1 });
    fc.assert(
      fc.property(names, sizes, (name, size) => {
        const header = encodeHeader({ name, kind: 'file', size });
        expect(header.byteLength).toBe(BLOCK_BYTES);
        expect(decodeBlock(header)).toEqual({ name, size, flag: '0', linkName: '' });
      }),
    );
  });

  it('state 8 GiB and more twice: in an extended header and in base 256, and equal', () => {
    const sizes = fc.integer({ min: LIMIT, max: Number.MAX_SAFE_INTEGER });
    fc.assert(
      fc.property(sizes, (size) => {
        const header = encodeHeader({ name: 'blobs/big', kind: 'file', size });
        expect(header.byteLength).toBe(3 * BLOCK_BYTES);
        const extended = decodeBlock(header.subarray(0, BLOCK_BYTES));
        const records = decodePax(header.subarray(BLOCK_BYTES, BLOCK_BYTES + extended.size));
        expect(extended.flag).toBe('x');
        expect([...records]).toEqual([['size', String(size)]]);
        const block = header.subarray(2 * BLOCK_BYTES);
        expect(block[124]).toBe(0x80);
        expect(decodeBlock(block)).toEqual({ name: 'blobs/big', size, flag: '0', linkName: '' });
      }),
    );
  });

  it('keep octal up to the last byte below 8 GiB', () => {
    const header = encodeHeader({ name: 'a', kind: 'file', size: LIMIT - 1 });
    expect(header.toString('latin1', 124, 136)).toBe('77777777777\0');
  });

  it('hold no owner, no time and no link', () => {
    const header = encodeHeader({ name: 'a', kind: 'file', size: 1 });
    expect(header.toString('latin1', 100, 124)).toBe('0000644\x000000000\x000000000\x00');
    expect(header.toString('latin1', 136, 148)).toBe('00000000000\x00');
    expect(header.subarray(157, 257).every((byte) => byte === 0)).toBe(true);
    expect(header.subarray(265, 329).every((byte) => byte === 0)).toBe(true);
  });

  it('refuse names that do not fit, rather than cut them', () => {
    const entry = { name: 'n'.repeat(101), kind: 'file' as const, size: 0 };
    expect(() => encodeHeader(entry)).toThrow();
  });
});

describe('arithmetic', () => {
  it('headerBytes is what encodeHeader takes', () => {
    for (const size of [0, 1, LIMIT - 1, LIMIT, LIMIT + 1, Number.MAX_SAFE_INTEGER]) {
      const header = encodeHeader({ name: 'a', kind: 'file', size });
      expect(header.byteLength).toBe(headerBytes(size));
    }
  });

  it('padding fills the last block and never a whole one', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (size) => {
        const padding = paddingOf(size);
        expect(padding).toBeLessThan(BLOCK_BYTES);
        expect((BigInt(size) + BigInt(padding)) % 512n).toBe(0n);
      }),
    );
  });
});
