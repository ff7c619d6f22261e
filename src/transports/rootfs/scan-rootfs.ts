import { Buffer } from 'node:buffer';
import type { ByteStream, OperationOptions } from '../../content/operation.ts';
import { ELF_HEAD_BYTES, platformOfProgram } from '../../image-archive/elf-platform.ts';
import { meterStream } from '../../image-archive/stream-meter.ts';
import { isImageArchive, kindOf, walkArchive } from '../../image-archive/recognise-archive.ts';
import type { Digest } from '../../oci/digest.ts';
import { formatPlatform, type Platform } from '../../oci/platform.ts';
import type { WalkedEntry } from '../../tar/walk-tar.ts';

/** What one look through a root file system tells. */
export interface RootfsScan {
  readonly diffId: Digest;
  /** Bytes of the tar, uncompressed. */
  readonly size: number;
  /** What most programs in it were built for; undefined when it holds none. */
  readonly platform?: Platform | undefined;
}

const WRITER = 'docker export -o FILE CONTAINER writes a root file system.';

/**
 * Reads a root file system whole.
 *
 * @throws AirkitError ARCHIVE_MALFORMED, also for an image archive; CONTENT_INVALID, DISK_FAILED
 */
export async function scanRootfs(
  path: string,
  options: OperationOptions = {},
): Promise<RootfsScan> {
  const meter = meterStream();
  const programs = new Map<string, { readonly platform: Platform; count: number }>();
  const see = async (entry: WalkedEntry): Promise<void> => {
    const platform = await platformOfEntry(entry);
    if (platform === undefined) return;
    const name = formatPlatform(platform);
    const known = programs.get(name) ?? { platform, count: 0 };
    programs.set(name, { platform, count: known.count + 1 });
  };
  const plain = (bytes: ByteStream): ByteStream => meter.pass(bytes);
  const names = await walkArchive(path, { see, plain, hint: WRITER }, options);
  const kind = kindOf(names);
  if (kind === 'docker-archive' || kind === 'oci-archive') throw isImageArchive(path, kind);
  const [most] = [...programs.values()].toSorted((a, b) => b.count - a.count);
  return { diffId: meter.digest(), size: meter.size(), platform: most?.platform };
}

async function platformOfEntry(entry: WalkedEntry): Promise<Platform | undefined> {
  const isFile = entry.flag === '0' || entry.flag === '7';
  if (!isFile || entry.size < ELF_HEAD_BYTES) return undefined;
  const head: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of entry.body()) {
    head.push(chunk.subarray(0, ELF_HEAD_BYTES));
    length += chunk.byteLength;
    if (length >= ELF_HEAD_BYTES) break;
  }
  return platformOfProgram(Buffer.concat(head));
}
