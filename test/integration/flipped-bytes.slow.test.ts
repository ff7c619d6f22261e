import { readdir, readFile, writeFile } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { parseBundleIndex, type BundleIndex } from '../../src/archive/bundle-index.ts';
import { checkFrames } from '../../src/archive/check-frames.ts';
import { bundleIndexSpan } from '../../src/archive/layout.ts';
import { bytesLocation } from '../../src/content/mapped-reader.ts';
import { pack, type Problem } from '../../src/index.ts';
import { makeSite, rootOf, writeBundles, writeLayout, type Site } from '../cli/support/site.ts';
import { useTempFolder } from '../support/temp-folder.ts';
import { isNamed, verifyReleased } from './support/kit-editor.ts';

const folder = useTempFolder();
let site: Site;
let kit: string;
let index: BundleIndex;
let archive: Buffer;
/** Where bundle.json's own entry ends. */
let base: number;

beforeAll(async () => {
  site = await makeSite(await folder.fresh());
  await writeLayout(site.path('layout'), [await rootOf({ names: ['redis:7'], layers: [1] })]);
  await writeBundles(site.path('bundles.yaml'));
  await pack(site.host, { key: 'env:RELEASE_KEY' });
  kit = site.path('kit');
  const bytes = await readFile(site.path('kit', 'bundle.json'));
  index = parseBundleIndex(bytes);
  base = bundleIndexSpan(bytes.byteLength);
  archive = await readFile(site.path('kit', 'bundle.tar'));
});

/** Verifies the kit with one bit of one file changed, which is restored afterwards. */
async function isFound(name: string, at: number, subject: string): Promise<boolean> {
  const path = site.path('kit', name);
  const bytes = await readFile(path);
  await writeFile(path, flipped(bytes, at));
  const report = await verifyReleased(site, kit);
  await writeFile(path, bytes);
  return !report.ok && isNamed(report, subject);
}

function flipped(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy.writeUInt8(copy.readUInt8(at) ^ (1 << (at % 8)), at);
  return copy;
}

/** Positions all over a file: its ends, and others at even distances. */
function positionsIn(size: number, count: number): number[] {
  const spread = Array.from({ length: count }, (_, step) => Math.floor((step * size) / count));
  return [...new Set([...spread, size - 1])];
}

describe('one flipped bit makes verify fail and name the file', () => {
  test('in every file of the folder', async () => {
    expect((await verifyReleased(site, kit)).findings).toEqual([]);
    const unfound: string[] = [];
    for (const name of await readdir(kit)) {
      const { byteLength } = await readFile(site.path('kit', name));
      for (const at of positionsIn(byteLength, 8))
        if (!(await isFound(name, at, name))) unfound.push(`${name}:${at}`);
    }
    expect(unfound).toEqual([]);
  });

  test('in header, body and padding of every member, and in the trailer', async () => {
    const unfound: string[] = [];
    for (const { path, offset, size } of index.members) {
      const start = base + offset;
      const padding =
        size % 512 === 0 ? [] : [start + size, start + Math.ceil(size / 512) * 512 - 1];
      for (const at of [start - 512, start - 300, start - 1, start, start + size - 1, ...padding])
        if (!(await isFound('bundle.tar', at, path))) unfound.push(`${path}:${at}`);
    }
    for (const at of [0, 156, 511, base - 1, archive.byteLength - 1024, archive.byteLength - 1])
      if (!(await isFound('bundle.tar', at, 'bundle.'))) unfound.push(`bundle.tar:${at}`);
    expect(unfound).toEqual([]);
  });
});

test('no byte of the archive after bundle.json can change without a finding that names its member', async () => {
  const unfound: number[] = [];
  for (let at = base; at < archive.byteLength; at += isLayer(at) ? 13 : 1) {
    const problems = await framesOf(flipped(archive, at));
    const subject = memberAt(at);
    if (!problems.some((problem) => problem.subject === subject)) unfound.push(at);
  }
  expect(unfound).toEqual([]);
});

/** Checks an archive in memory: thousands of times what the disk would allow. */
async function framesOf(bytes: Buffer): Promise<Problem[]> {
  const read = (
    offset: number,
    length: number,
  ): ReturnType<ReturnType<typeof bytesLocation>['open']> =>
    bytesLocation(bytes.subarray(offset, offset + length)).open();
  const size = bytes.byteLength;
  const own = { path: 'bundle.tar', index: bytes.subarray(512, base), base };
  const opened = { ...own, parts: [], size, read };
  return checkFrames({ archive: opened, index, readsBytes: true }, {});
}

function isLayer(at: number): boolean {
  const position = at - base;
  return index.members.some(
    ({ offset, size }) => size > 2048 && position >= offset && position < offset + size,
  );
}

/** The entry whose header, bytes or padding are there. */
function memberAt(at: number): string {
  if (at >= archive.byteLength - 1024) return 'bundle.tar';
  const [first, ...rest] = index.members.map(({ path, offset, size }) => ({
    path,
    end: offset + Math.ceil(size / 512) * 512,
  }));
  const folders = ['blobs/', 'blobs/sha256/'].map((path, position) => ({
    path,
    end: (first?.end ?? 0) + 512 * (position + 1),
  }));
  const entries = [...(first === undefined ? [] : [first]), ...folders, ...rest];
  return entries.find(({ end }) => at - base < end)?.path ?? '';
}
