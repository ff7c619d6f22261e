import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BLOCK_BYTES } from '../../../src/tar/header.ts';
import { tarOf } from '../../support/image-builder.ts';
import {
  paxEntry,
  paxRecord,
  rawEntry,
  rawHeader,
  rawTar,
  readAll,
  rawTrailer,
} from './raw-tar.ts';

const refused = { code: 'ARCHIVE_MALFORMED' };
const hello = rawEntry({ name: 'hello' }, 'hello\n');
const MAX_OCTAL = 8 * 1024 ** 3;

function base256(size: bigint): Buffer {
  const field = Buffer.alloc(12);
  field[0] = 0x80;
  field.writeBigUInt64BE(size, 4);
  return field;
}

async function readsBack(bodies: readonly Uint8Array[]): Promise<void> {
  const files = bodies.map((body, at) => ({ name: `file-${at}`, body: Buffer.from(body) }));
  const texts = (await readAll(await tarOf(files))).map(({ text }) => text);
  expect(texts).toEqual(files.map(({ body }) => body.toString('latin1')));
}

async function refusesFlip(position: number, bit: number): Promise<void> {
  const tar = Buffer.from(rawTar(hello));
  tar[position] = (tar[position] ?? 0) ^ (1 << bit);
  await expect(readAll(tar)).rejects.toMatchObject(refused);
}

async function failsInOneWay(at: number, junk: Uint8Array): Promise<void> {
  const tar = Buffer.from(rawTar(paxEntry({ path: 'p' }), hello, rawEntry({ name: 'other' })));
  tar.set(junk.subarray(0, tar.byteLength - at), at);
  await readAll(tar).catch((error: unknown) => expect(error).toMatchObject(refused));
}

const device = (flag: string): Buffer => rawTar(rawEntry({ name: 'odd', flag }));
const named = (name: string): Buffer => rawTar(rawEntry({ name }, 'x'));
const pathed = (path: string): Buffer => rawTar(paxEntry({ path }), rawEntry({ name: 'a' }, 'x'));
const sized = (sizeField: Buffer): Buffer => rawTar(rawEntry({ name: 'a', sizeField }, 'x'));
const sizedTwice = (pax: string, size: number, body = 'x'): Buffer =>
  rawTar(paxEntry({ size: pax }), rawEntry({ name: 'a', size }, body));

describe('tars that are read', () => {
  it('gives files, folders and links in their order', async () => {
    const entries = await readAll(
      rawTar(
        rawEntry({ name: './', flag: '5' }),
        rawEntry({ name: './blobs/', flag: '5' }),
        rawEntry({ name: './blobs/one' }, 'one'),
        rawEntry({ name: 'soft', flag: '2', linkName: 'blobs/one' }),
        rawEntry({ name: 'hard', flag: '1', linkName: 'blobs/one' }),
      ),
    );
    expect(entries).toEqual([
      { name: 'blobs', kind: 'directory', size: 0, text: '' },
      { name: 'blobs/one', kind: 'file', size: 3, text: 'one' },
      { name: 'soft', kind: 'symlink', size: 0, text: '' },
      { name: 'hard', kind: 'hardlink', size: 0, text: '' },
    ]);
  });

  it('takes a type flag of NUL for a file, as tars before POSIX have it', async () => {
    const old = rawEntry({ name: 'old', flag: '\0' }, 'old');
    expect(await readAll(rawTar(old))).toMatchObject([{ name: 'old', kind: 'file' }]);
  });

  it('takes long names from an extended header, from GNU tar and from the prefix field', async () => {
    const name = `${'d/'.repeat(70)}file`;
    const prefixed = rawHeader({ name: 'name', spoil: (block) => block.write('pre/fix', 345) });
    const gnu = rawEntry({ name: '././@LongLink', flag: 'L' }, `${name}2\0`);
    const tar = rawTar(
      paxEntry({ path: name }),
      rawEntry({ name: 'short' }),
      gnu,
      rawEntry({ name: 'short' }),
      prefixed,
    );
    const names = (await readAll(tar)).map((entry) => entry.name);
    expect(names).toEqual([name, `${name}2`, 'pre/fix/name']);
  });

  it('ignores extended records that say nothing about name, link and size', async () => {
    const tar = rawTar(paxEntry({ mtime: '1.5', 'SCHILY.xattr.user.a': 'b' }), hello);
    expect(await readAll(tar)).toHaveLength(1);
  });

  it('takes any number of zero blocks after the end marker, as GNU tar pads to 10 KiB', async () => {
    expect(await readAll(Buffer.concat([rawTar(hello), Buffer.alloc(8192)]))).toHaveLength(1);
  });

  it('reads back what tar-stream packs, whatever the sizes', async () => {
    const bodies = fc.array(fc.uint8Array({ maxLength: 2000 }), { maxLength: 6 });
    await fc.assert(fc.asyncProperty(bodies, readsBack), { numRuns: 40 });
  });
});

describe('tars that are refused', () => {
  const inner = rawEntry({ name: 'inner' }, 'x');
  const around = rawEntry({ name: 'around' }, inner);
  it.each<[string, Buffer]>([
    ['nothing at all', Buffer.alloc(0)],
    ['no end marker', hello],
    ['half an end marker', Buffer.concat([hello, Buffer.alloc(BLOCK_BYTES)])],
    ['a zero block between entries', Buffer.concat([hello, Buffer.alloc(512), hello, rawTrailer])],
    ['an entry after the end marker', Buffer.concat([rawTar(hello), hello])],
    ['one byte after the end marker', Buffer.concat([rawTar(hello), Buffer.from('x')])],
    ['JSON after the end marker', Buffer.concat([rawTar(hello), Buffer.from('{"message":"x"}')])],
    ['a name twice', rawTar(hello, hello)],
    ['a name twice, once with ./', rawTar(hello, rawEntry({ name: './hello' }))],
    ['a name as file and then as link', rawTar(hello, rawEntry({ name: 'hello', flag: '2' }))],
    ['a name as file and then as folder', rawTar(hello, rawEntry({ name: 'hello/', flag: '5' }))],
    ['a name as folder and then as file', rawTar(rawEntry({ name: 'hello/', flag: '5' }), hello)],
    ['a name with ..', named('../evil')],
    ['a name with .. inside', named('a/../b')],
    ['an absolute name', named('/etc/passwd')],
    ['a name with a backslash', named(String.raw`a\b`)],
    ['a .. in an extended header', pathed('../evil')],
    ['an absolute name in an extended header', pathed('/evil')],
    ['a NUL in an extended name', pathed('a\0b')],
    ['an empty extended name', pathed('')],
    ['an empty extended name over a hidden entry', rawTar(paxEntry({ path: '' }), around)],
    ['a file without a name over a hidden entry', rawTar(rawEntry({ name: '' }, inner))],
    ['a file named . over a hidden entry', rawTar(rawEntry({ name: './' }, inner))],
    ['a folder named . over a hidden entry', rawTar(rawEntry({ name: './', flag: '5' }, inner))],
    ['a link named . over a hidden entry', rawTar(rawEntry({ name: '.', flag: '2' }, inner))],
    ['a file without a name', named('')],
    ['a file named .', named('./')],
    ['a file whose name ends in a slash', named('manifest.json/')],
    ['a global header', rawTar(paxEntry({ comment: 'x' }, 'g'), hello)],
    ['a sparse file of pax', rawTar(paxEntry({ 'GNU.sparse.major': '1' }), hello)],
    [
      'two extended headers for an entry',
      rawTar(paxEntry({ path: 'a' }), paxEntry({ path: 'b' }), hello),
    ],
    ['an extended header without an entry', rawTar(hello, paxEntry({ path: 'x' }))],
    [
      'an extended header that is too long',
      rawTar(paxEntry({ comment: 'x'.repeat(70_000) }), hello),
    ],
    [
      'a key twice in an extended header',
      rawTar(
        rawEntry({ name: 'x', flag: 'x' }, paxRecord('path', 'a') + paxRecord('path', 'b')),
        hello,
      ),
    ],
  ])('%s', async (_, tar) => {
    await expect(readAll(tar)).rejects.toMatchObject(refused);
  });

  // Devices, fifo, contiguous file, GNU sparse and multi-volume, Solaris' extended header, and one of no standard.
  it.each(Array.from('3467SMX?'))('an entry of the type %s', async (flag) => {
    await expect(readAll(device(flag))).rejects.toMatchObject(refused);
  });

  it.each([
    ['no blank', '9path=a\n'],
    ['no line end', '9 path=a '],
    ['no equals sign', '9 patha.\n'],
    ['no key', '5 =a\n'],
    ['a length of 0', '0 path=a\n'],
    ['a negative length', '-9 path=a\n'],
    ['a length beyond the end', '99 path=a\n'],
    ['a length with an exponent', '1e1 path=a\n'],
    ['a length in hex', '0xb path=a\n'],
    ['a length with a sign', '+10 path=a\n'],
    ['a length after a line end', '\n10 path=a\n'],
  ])('an extended record with %s', async (_, record) => {
    const tar = rawTar(rawEntry({ name: 'x', flag: 'x' }, record), hello);
    await expect(readAll(tar)).rejects.toMatchObject(refused);
  });

  it.each(['5', '2', '1'])('an entry of type %s that claims a body', async (flag) => {
    const smuggled = rawEntry({ name: 'inner' }, 'x');
    const tar = rawTar(rawEntry({ name: 'outer', flag, linkName: 'hello' }, smuggled));
    await expect(readAll(tar)).rejects.toMatchObject(refused);
  });
});

describe('sizes', () => {
  it.each<[string, Buffer]>([
    ['larger than the archive', rawTar(rawHeader({ name: 'a', size: MAX_OCTAL - 1 }))],
    ['negative in base 256', sized(Buffer.alloc(12, 0xff))],
    ['of 2^63 in base 256', sized(base256(2n ** 63n))],
    ['above 2^53 in base 256', sized(base256(2n ** 53n))],
    ['of more than 64 bits', sized(Buffer.from('800000010000000000000001', 'hex'))],
    ['that is no number', sized(Buffer.from('0000000000x\0'))],
    ['with a digit 8', sized(Buffer.from('00000000008\0'))],
    ['that is negative in octal', sized(Buffer.from('-0000000001\0'))],
    ['that an extended header states larger', sizedTwice('2', 1)],
    ['that an extended header states smaller', sizedTwice('512', 1024, 'x'.repeat(1024))],
    ['that only an extended header states', sizedTwice('512', 0, 'x'.repeat(512))],
    ['that is negative in an extended header', sizedTwice('-1', 0, '')],
    ['that is no number in an extended header', sizedTwice('x', 1)],
    ['that is empty in an extended header', sizedTwice('', 0, '')],
    ['in hex in an extended header', sizedTwice('0x1', 1)],
    ['with an exponent in an extended header', sizedTwice('1e0', 1)],
    ['with a fraction in an extended header', sizedTwice('1.0', 1)],
    ['with blanks in an extended header', sizedTwice(' 1', 1)],
    ['above 2^53 in an extended header', sizedTwice('9007199254740993', 0, '')],
  ])('a size %s is refused', async (_, tar) => {
    await expect(readAll(tar)).rejects.toMatchObject(refused);
  });

  it('may stand in both headers when they agree', async () => {
    expect(await readAll(sizedTwice('1', 1))).toMatchObject([{ name: 'a', text: 'x' }]);
  });

  it('may be in base 256 where octal would do', async () => {
    expect(await readAll(sized(base256(1n)))).toMatchObject([{ name: 'a', text: 'x' }]);
  });
});

describe('damage', () => {
  it('is refused when the archive is cut off at any block, or inside one', async () => {
    const tar = rawTar(
      paxEntry({ path: 'long' }),
      rawEntry({ name: 'a' }, 'x'.repeat(1200)),
      rawEntry({ name: 'b', flag: '2', linkName: 'a' }),
      rawEntry({ name: 'c' }, 'y'.repeat(512)),
    );
    const cuts = Array.from({ length: tar.byteLength / 256 }, (_, at) => at * 256);
    for (const cut of cuts)
      await expect(readAll(tar.subarray(0, cut)), `cut at ${cut}`).rejects.toMatchObject(refused);
    expect(await readAll(tar)).toHaveLength(3);
  });

  it('is refused when any bit of a header is flipped', async () => {
    // The last two bytes of the checksum field are NUL and blank by habit; readers do not look at them.
    const position = fc.integer({ min: 0, max: 511 }).filter((at) => at < 148 || at > 155);
    const bit = fc.integer({ min: 0, max: 7 });
    await fc.assert(fc.asyncProperty(position, bit, refusesFlip), { numRuns: 200 });
  });

  it('never gives anything but entries or the coded error, whatever the bytes', async () => {
    const at = fc.integer({ min: 0, max: 2000 });
    await fc.assert(fc.asyncProperty(at, fc.uint8Array({ maxLength: 64 }), failsInOneWay), {
      numRuns: 200,
    });
  });
});
