import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import type { BundleIndex } from '../../src/archive/bundle-index.ts';
import { formatBundleIndex } from '../../src/archive/bundle-index.ts';
import { checkFrames } from '../../src/archive/check-frames.ts';
import { checkImages } from '../../src/archive/check-images.ts';
import { bundleIndexSpan } from '../../src/archive/layout.ts';
import { archiveContent, type OpenedArchive } from '../../src/archive/read-archive.ts';
import type { Problem } from '../../src/errors.ts';
import { digestFromHex, digestOf, hexOf } from '../../src/oci/digest.ts';
import { useTempFolder } from '../support/temp-folder.ts';
import { jsonBytes } from '../support/image-builder.ts';
import {
  assembleSample,
  inMemory,
  sampleRoots,
  writeSample,
  type SampleKit,
} from '../unit/archive/sample-kit.ts';

const folder = useTempFolder();
let kit: SampleKit;
let bytes: Buffer;
let base = 0;

beforeAll(async () => {
  kit = await assembleSample(await sampleRoots(), ['linux/amd64']);
  bytes = await writeSample(await folder.fresh(), kit);
  base = bundleIndexSpan(kit.indexBytes.byteLength);
});

function opened(archive: Buffer): OpenedArchive {
  return inMemory(archive, { index: kit.indexBytes, base });
}

async function frames(archive: Buffer, index: BundleIndex = kit.index): Promise<Problem[]> {
  return checkFrames({ archive: opened(archive), index, readsBytes: true });
}

async function tables(
  archive: Buffer,
  index: BundleIndex = kit.index,
): Promise<readonly Problem[]> {
  const one = opened(archive);
  const content = archiveContent(one, index);
  return (await checkImages(one, { index, content })).problems;
}

/** The archive and index of somebody who replaces a member and its sum; the size must not change. */
function forged(path: string, change: (text: string) => string): [Buffer, BundleIndex] {
  const member = kit.index.members.find((one) => one.path === path);
  if (member === undefined) throw new Error(`there is no ${path}`);
  const start = base + member.offset;
  const body = Buffer.from(change(bytes.toString('utf8', start, start + member.size)));
  if (body.byteLength !== member.size) throw new Error('the size changed');
  const archive = Buffer.from(bytes);
  archive.set(body, start);
  const sha256 = hexOf(digestOf(body));
  const members = kit.index.members.map((one) => (one === member ? { ...one, sha256 } : one));
  return [archive, { ...kit.index, members }];
}

function withMember(position: number, change: object): BundleIndex {
  const members = kit.index.members.map((one, at) =>
    at === position ? Object.assign({}, one, change) : one,
  );
  return { ...kit.index, members };
}

describe('frames of an archive', () => {
  it('are whole when nothing was touched', async () => {
    expect(await frames(bytes)).toEqual([]);
    expect(await tables(bytes)).toEqual([]);
  });

  it('tell of any byte that changed, wherever it is', async () => {
    const position = fc
      .nat(bytes.byteLength - 1)
      .filter((at) => at < 512 || at >= 512 + kit.indexBytes.byteLength);
    const change = fc.integer({ min: 1, max: 255 });
    const check = async (at: number, mask: number): Promise<void> => {
      const archive = Buffer.from(bytes);
      archive[at] = (archive[at] ?? 0) ^ mask;
      expect(await frames(archive)).not.toEqual([]);
    };
    await fc.assert(fc.asyncProperty(position, change, check), { numRuns: 150 });
  });

  it('cover headers, padding and the end marker with every single byte', async () => {
    const dataBytes = new Set<number>();
    for (const { offset, size } of kit.index.members)
      for (let at = 0; at < size; at += 1) dataBytes.add(base + offset + at);
    for (let at = base; at < bytes.byteLength; at += 37) {
      if (dataBytes.has(at)) continue;
      const archive = Buffer.from(bytes);
      archive[at] = (archive[at] ?? 0) ^ 0x01;
      expect(await frames(archive), `byte ${at}`).not.toEqual([]);
    }
  });

  it('tell of an archive that is cut off or goes on', async () => {
    for (let cut = base; cut < bytes.byteLength; cut += 512)
      expect(await frames(bytes.subarray(0, cut)), `cut at ${cut}`).not.toEqual([]);
    expect(await frames(Buffer.concat([bytes, Buffer.alloc(512)]))).not.toEqual([]);
    expect(await frames(Buffer.concat([bytes, bytes.subarray(base)]))).not.toEqual([]);
  });

  it.each<[string, () => BundleIndex]>([
    ['a member that is somewhere else', () => withMember(2, { offset: 0 })],
    ['two members in one place', () => withMember(2, { offset: kit.index.members[1]?.offset })],
    ['a member of a huge size', () => withMember(2, { size: Number.MAX_SAFE_INTEGER - 2 ** 20 })],
    ['a member with a name of its own', () => withMember(2, { path: 'etc/passwd' })],
    ['a member with .. in its name', () => withMember(2, { path: '../blobs/sha256/x' })],
    [
      'a blob under the name of another digest',
      () => withMember(2, { path: kit.index.members[1]?.path }),
    ],
    [
      'a member twice',
      () => ({
        ...kit.index,
        members: [...kit.index.members.slice(0, 2), ...kit.index.members.slice(1)],
      }),
    ],
    ['a member less', () => ({ ...kit.index, members: kit.index.members.toSpliced(2, 1) })],
    ['no members', () => ({ ...kit.index, members: [] })],
    ['manifest.json not last', () => ({ ...kit.index, members: kit.index.members.toReversed() })],
  ])('must be those of an index, which may not have %s', async (_, index) => {
    expect(await frames(bytes, index())).not.toEqual([]);
  });

  it('stop when the signal is aborted', async () => {
    const signal = AbortSignal.abort(new Error('enough'));
    const check = { archive: opened(bytes), index: kit.index, readsBytes: true };
    await expect(checkFrames(check, { signal })).rejects.toThrow('enough');
  });
});

describe('tables of contents', () => {
  const [app, other] = ['docker.io/library/app:1', 'docker.io/library/bad:1'];

  it.each<[string, string, (text: string) => string]>([
    ['index.json names another image', 'index.json', (text) => text.replaceAll(app, other)],
    ['manifest.json names another image', 'manifest.json', (text) => text.replace(app, other)],
    [
      'manifest.json leaves out an image',
      'manifest.json',
      (text) => shortened(text, (items) => items.slice(1)),
    ],
    [
      'manifest.json swaps the layers of two images',
      'manifest.json',
      (text) => shortened(text, swapped),
    ],
    ['manifest.json is null', 'manifest.json', (text) => 'null'.padEnd(text.length)],
    ['oci-layout is of another version', 'oci-layout', (text) => text.replace('1.0.0', '2.0.0')],
  ])('disagree when %s', async (_, path, change) => {
    const [archive, index] = forged(path, change);
    expect(await frames(archive, index)).toEqual([]);
    expect(await tables(archive, index)).not.toEqual([]);
  });

  it.each<[string, (index: BundleIndex) => Partial<BundleIndex>]>([
    ['an image is missing', ({ images }) => ({ images: images.slice(1) })],
    ['an image stands twice', ({ images }) => ({ images: images.flatMap((one) => [one, one]) })],
    ['images are out of order', ({ images }) => ({ images: images.toReversed() })],
    [
      'a name is not canonical',
      ({ images }) => ({
        images: images.map((one, at) =>
          at === 0 ? Object.assign({}, one, { reference: 'app:1' }) : one,
        ),
      }),
    ],
    [
      'a manifest is missing',
      ({ images }) => ({
        images: images.map((one) => Object.assign({}, one, { manifests: one.manifests.slice(1) })),
      }),
    ],
    [
      'a diffID is another',
      ({ images }) => ({
        images: JSON.parse(JSON.stringify(images).replace(/("diffID":"sha256:)..../, '$10000')),
      }),
    ],
    [
      'a platform is another',
      ({ images }) => ({
        images: JSON.parse(JSON.stringify(images).replace('"amd64"', '"arm64"')),
      }),
    ],
    [
      'a blob that is there is called absent',
      ({ members, absent }) => ({ absent: [...absent, ...members.slice(3, 4).map(absentOf)] }),
    ],
    ['a blob that is not there is not called absent', () => ({ absent: [] })],
    [
      'a referrer is made up',
      ({ images }) => ({
        images: images.map((one) =>
          Object.assign({}, one, {
            referrers: [{ mediaType: 'x', digest: digestOf('y'), size: 1 }],
          }),
        ),
      }),
    ],
  ])('disagree with bundle.json when %s', async (_, change) => {
    const index = { ...kit.index, ...change(kit.index) };
    expect(formatBundleIndex(index)).not.toEqual(kit.indexBytes);
    expect(await tables(bytes, index)).not.toEqual([]);
  });

  it('disagree when there is a blob that no image needs', async () => {
    const images = kit.index.images.slice(0, 2);
    const problems = await tables(bytes, { ...kit.index, images });
    expect(problems.map(({ subject }) => subject)).toContain(kit.index.members.at(-3)?.path);
  });
});

function absentOf({ sha256, size }: BundleIndex['members'][number]): BundleIndex['absent'][number] {
  return { digest: digestFromHex(sha256), size, reason: 'base' };
}

type Items = { Layers: unknown }[];

/** Rewrites manifest.json to the same length. */
function shortened(text: string, change: (items: Items) => Items): string {
  return jsonBytes(change(JSON.parse(text)))
    .toString()
    .padEnd(text.length);
}

function swapped(items: Items): Items {
  const layers = items.map(({ Layers }) => Layers).toReversed();
  return items.map((item, at) => Object.assign({}, item, { Layers: layers[at] }));
}
