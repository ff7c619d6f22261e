import { createHash } from 'node:crypto';
import { AirkitError } from '../errors.ts';
import { readFileRange } from '../content/file-bytes.ts';
import type { OperationOptions } from '../content/operation.ts';
import { by } from '../oci/compare.ts';

/** One line of SHA256SUMS. */
export interface FileSum {
  readonly name: string;
  /** 64 hex digits. */
  readonly sha256: string;
}

/** Bytes of SHA256SUMS as `sha256sum` writes and checks them, sorted by name. */
export function formatSums(sums: readonly FileSum[]): Uint8Array {
  const lines = sums
    .toSorted(by(({ name }) => name))
    .map(({ name, sha256 }) => `${sha256}  ${name}\n`);
  return new TextEncoder().encode(lines.join(''));
}

const LINE = /^([0-9a-f]{64}) {2}([A-Za-z0-9][A-Za-z0-9._-]*)$/;

/**
 * Reads SHA256SUMS.
 *
 * @throws AirkitError CONTENT_INVALID for a line that is none, or a name with a folder in it
 */
export function parseSums(bytes: Uint8Array): FileSum[] {
  const lines = new TextDecoder().decode(bytes).split('\n');
  if (lines.pop() !== '')
    throw new AirkitError('CONTENT_INVALID', 'SHA256SUMS: the last line is cut off');
  const seen = new Set<string>();
  return lines.map((line, position) => {
    const [, sha256, name] = LINE.exec(line) ?? [];
    if (sha256 !== undefined && name !== undefined && !seen.has(name)) {
      seen.add(name);
      return { sha256, name };
    }
    throw new AirkitError(
      'CONTENT_INVALID',
      `SHA256SUMS:${position + 1}: not a sum and a file name, or a name for the second time`,
    );
  });
}

/** The sha256 of a file on disk, as 64 hex digits. @throws AirkitError DISK_FAILED */
export async function sumFile(path: string, options: OperationOptions = {}): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of readFileRange({ path }, options)) {
    hash.update(chunk);
    options.onProgress?.({ kind: 'bytes', bytes: chunk.byteLength });
  }
  return hash.digest('hex');
}
