/** Copies of a kit with something changed, and kits whose tables lie although a trusted key signed them. */
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  formatBundleIndex,
  parseBundleIndex,
  type BundleIndex,
  type BundleMember,
} from '../../../src/archive/bundle-index.ts';
import { bundleIndexSpan, placeEntries } from '../../../src/archive/layout.ts';
import { formatSums } from '../../../src/archive/sums.ts';
import { verify, type Problem, type VerifyReport } from '../../../src/index.ts';
import { digestOf, hexOf } from '../../../src/oci/digest.ts';
import { encodeHeader, paddingOf, TRAILER_BYTES } from '../../../src/tar/header.ts';
import { signKitFolder } from '../../../src/operations/sign-kit.ts';
import { readPrivateKey } from '../../../src/signing/private-key.ts';
import type { Site } from '../../cli/support/site.ts';

/** A file in an archive. */
export interface ArchiveFile {
  path: string;
  bytes: Buffer;
  /** What bundle.json says instead of the truth. */
  stated?: Partial<BundleMember>;
}

/** A kit taken apart: change it as you like, then write it. */
export interface OpenKit {
  index: BundleIndex;
  /** Members in order, oci-layout first. */
  files: ArchiveFile[];
  imagesTxt: Buffer;
  loadScript: Buffer;
}

/** Calls `use` with a copy of a kit, which is gone afterwards. */
export async function withCopy<T>(kit: string, use: (copy: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(`${kit}-copy-`);
  try {
    await cp(kit, join(folder, 'kit'), { recursive: true });
    return await use(join(folder, 'kit'));
  } finally {
    await rm(folder, { recursive: true });
  }
}

export async function openKitFolder(kit: string): Promise<OpenKit> {
  const bytes = await readFile(join(kit, 'bundle.json'));
  const archive = await readFile(join(kit, 'bundle.tar'));
  const index = parseBundleIndex(bytes);
  const base = bundleIndexSpan(bytes.byteLength);
  const files = index.members.map(({ path, offset, size }) => ({
    path,
    bytes: archive.subarray(base + offset, base + offset + size),
  }));
  const imagesTxt = await readFile(join(kit, 'images.txt'));
  return { index, files, imagesTxt, loadScript: await readFile(join(kit, 'load.sh')) };
}

/** The file of that path; its bytes may be replaced. */
export function fileIn(kit: OpenKit, path: string): ArchiveFile {
  const file = kit.files.find((one) => one.path === path);
  if (file === undefined) throw new Error(`no ${path} in the kit`);
  return file;
}

/** Writes a kit over another, its members, offsets and sums recomputed, and signs it with the release key. */
export async function writeSigned(site: Site, folder: string, kit: OpenKit): Promise<void> {
  const { entries } = placeEntries(entriesOf(kit.files));
  const members = kit.files.map(({ path, bytes, stated }, position) => ({
    path,
    offset: entries[position === 0 ? 0 : position + 2]?.offset ?? 0,
    size: bytes.byteLength,
    sha256: hexOf(digestOf(bytes)),
    ...stated,
  }));
  const index = Buffer.from(formatBundleIndex({ ...kit.index, members }));
  const archive = archiveOf(index, kit.files);
  const files = {
    'bundle.json': index,
    'bundle.tar': archive,
    'images.txt': kit.imagesTxt,
    'load.sh': kit.loadScript,
  };
  for (const [name, bytes] of Object.entries(files)) await writeFile(join(folder, name), bytes);
  const sums = Object.entries(files).map(([name, bytes]) => ({
    name,
    sha256: hexOf(digestOf(bytes)),
  }));
  const sumsBytes = formatSums(sums);
  await writeFile(join(folder, 'SHA256SUMS'), sumsBytes);
  const signed = { 'bundle.json': index, SHA256SUMS: sumsBytes };
  const key = await readPrivateKey(site.environment['RELEASE_KEY'] ?? '');
  await signKitFolder({ folder, signed }, { key });
}

/** Verifies with the release key trusted. */
export async function verifyReleased(
  site: Site,
  kit: string,
  depth: 'quick' | 'full' | 'deep' = 'full',
): Promise<VerifyReport> {
  return verify(site.host, kit, { trust: [site.path('release.pub')], depth });
}

/** The findings that forbid using the kit. */
export function errorsOf({ findings }: VerifyReport): Problem[] {
  return findings.filter(({ severity }) => severity === 'error');
}

/** True when an error speaks of a file or member. */
export function isNamed(report: VerifyReport, name: string): boolean {
  return errorsOf(report).some(({ subject, message }) => `${subject} ${message}`.includes(name));
}

interface Entry {
  readonly name: string;
  readonly size: number;
  readonly bytes: Buffer;
}

function entriesOf(files: readonly ArchiveFile[]): Entry[] {
  const all = files.map(({ path, bytes }) => ({ name: path, size: bytes.byteLength, bytes }));
  const folders = ['blobs/', 'blobs/sha256/'].map((name) => ({
    name,
    size: 0,
    bytes: Buffer.alloc(0),
  }));
  return [...all.slice(0, 1), ...folders, ...all.slice(1)];
}

function archiveOf(index: Buffer, files: readonly ArchiveFile[]): Buffer {
  const first = { name: 'bundle.json', size: index.byteLength, bytes: index };
  const parts = [first, ...entriesOf(files)].flatMap(({ name, size, bytes }) => [
    encodeHeader({ name, kind: name.endsWith('/') ? 'directory' : 'file', size }),
    bytes,
    Buffer.alloc(paddingOf(size)),
  ]);
  return Buffer.concat([...parts, Buffer.alloc(TRAILER_BYTES)]);
}
