import { Buffer } from 'node:buffer';
import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isAirkitError } from '../../../src/errors.ts';
import { streamCursor } from '../../../src/tar/cursor.ts';
import { walkTar } from '../../../src/tar/walk-tar.ts';
import { useTempFolder } from '../../support/temp-folder.ts';

const folder = useTempFolder();
const LONG = `${'deep/'.repeat(40)}file`;
const SCRIPT = `mkdir -p etc ${'deep/'.repeat(40)}; printf hello >etc/motd; printf 12 >${LONG}; \
ln -s motd etc/link; ln etc/motd etc/hard; mkfifo etc/pipe; truncate -s 1M etc/sparse; printf x >>etc/sparse`;

async function* chunksOf(bytes: Buffer, size = 1000): AsyncGenerator<Uint8Array, void> {
  for (let at = 0; at < bytes.byteLength; at += size) yield bytes.subarray(at, at + size);
}

async function walk(bytes: Buffer): Promise<Map<string, [string, number]>> {
  const found = new Map<string, [string, number]>();
  for await (const { name, flag, size } of walkTar(streamCursor(chunksOf(bytes))))
    found.set(name, [flag, size]);
  return found;
}

async function gnuTar(...flags: string[]): Promise<Buffer | undefined> {
  const cwd = await folder.fresh();
  if (spawnSync('sh', ['-c', SCRIPT], { cwd }).status !== 0) return undefined;
  const { status, stdout } = spawnSync('tar', ['-cf', '-', ...flags, './etc', './deep'], {
    cwd,
    maxBuffer: 2 ** 24,
  });
  return status === 0 ? stdout : undefined;
}

describe('a file system of GNU tar', () => {
  it.each([
    ['gnu', []],
    ['pax', []],
    ['gnu', ['--sparse']],
    ['pax', ['--sparse', '--sparse-version=0.0']],
    ['pax', ['--sparse', '--sparse-version=1.0']],
  ])('in format %s %j is walked to its end', async (format, flags) => {
    const bytes = await gnuTar(`--format=${format}`, '--sort=name', ...flags);
    if (bytes === undefined) throw new Error('needs GNU tar');
    const found = await walk(bytes);
    expect(found.get('etc/motd')?.[1] ?? found.get('etc/hard')?.[1]).toBeDefined();
    expect(found.get(LONG)).toEqual(['0', 2]);
    expect([...found.values()].map(([flag]) => flag)).toEqual(
      expect.arrayContaining(['1', '2', '5', '6']),
    );
  });

  it('that is cut anywhere, or damaged, is ARCHIVE_MALFORMED or still a tar', async () => {
    const bytes = await gnuTar('--format=gnu');
    if (bytes === undefined) throw new Error('needs GNU tar');
    const end = bytes.byteLength - 20 * 512;
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: end }), async (length) => {
        await expect(walk(bytes.subarray(0, length))).rejects.toMatchObject({
          code: 'ARCHIVE_MALFORMED',
        });
      }),
      { numRuns: 50 },
    );
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: 4096 }), fc.nat({ max: 255 }), async (at, value) => {
        const damaged = Buffer.from(bytes);
        damaged[at] = value;
        await walk(damaged).catch((error: unknown) => {
          expect(isAirkitError(error, 'ARCHIVE_MALFORMED')).toBe(true);
        });
      }),
      { numRuns: 50 },
    );
  });
});
