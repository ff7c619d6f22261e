import { randomBytes } from 'node:crypto';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { AirkitError, isAirkitError, type Problem } from '../errors.ts';
import { decompress } from '../compression/decompress.ts';
import { reportBytes } from '../content/count-bytes.ts';
import { diskCall, writeHandle } from '../content/file-bytes.ts';
import { makeFolder } from '../content/write-file.ts';
import type { OperationOptions } from '../content/operation.ts';
import { inFile } from '../image-archive/recognise-archive.ts';
import { peekCompression } from '../image-archive/peek-compression.ts';
import { cacheFolderOf, type Host } from './host.ts';

const STDIN = 'standard input';

/** Standard input as a file that can be read in any order. */
export interface SpooledInput extends AsyncDisposable {
  readonly path: string;
}

/**
 * Brings standard input to hand. A file that was redirected is read where it is. A pipe is written, decompressed, into
 * the cache's folder for unfinished work until this is closed: an archive's table of contents comes last, and its images
 * are compared with what targets have before anything is sent.
 *
 * @throws AirkitError USAGE when nothing is piped in, NO_SPACE, DISK_FAILED, CONTENT_INVALID for damaged compression
 */
export async function spoolStdin(host: Host, options: OperationOptions): Promise<SpooledInput> {
  const { stdin } = host;
  if (stdin === undefined || stdin.isTerminal) {
    throw new AirkitError('USAGE', '-: nothing is piped in', {
      hint: 'Pipe an archive in, as in "ssh build7 airkit save redis:7 | airkit load - --allow-unsigned", or name a file.',
    });
  }
  if (stdin.path !== undefined)
    return { path: stdin.path, [Symbol.asyncDispose]: async () => undefined };
  const folder = join(cacheFolderOf(host), 'ingest');
  await makeFolder(folder);
  const path = join(folder, `stdin-${randomBytes(8).toString('hex')}.tar`);
  const remove = async (): Promise<void> => rm(path, { force: true });
  options.onProgress?.({ kind: 'phase', phase: 'receive' });
  try {
    const file = await diskCall(path, 'create', () => open(path, 'wx', 0o600));
    try {
      const { compression, whole } = await peekCompression(
        reportBytes(stdin.open(options.signal), options),
      );
      const bytes = compression === 'none' ? whole : decompress(whole, { ...options, compression });
      await writeHandle(file, bytes, { path });
    } finally {
      await file.close();
    }
  } catch (error) {
    await remove();
    options.signal?.throwIfAborted();
    throw isAirkitError(error, 'CONTENT_INVALID') ? inFile(STDIN, error) : error;
  }
  return { path, [Symbol.asyncDispose]: remove };
}

/** An error about the file that stands for standard input, told as people know it. */
export function aboutStdin(error: unknown, { path }: SpooledInput): unknown {
  if (!isAirkitError(error)) return error;
  const { code, context, cause } = error;
  const told = (text: string): string => text.replaceAll(path, STDIN);
  const toldIf = (text: string | undefined): string | undefined =>
    text === undefined ? undefined : told(text);
  const problems = error.problems.map((problem): Problem => ({
    ...problem,
    message: told(problem.message),
    subject: toldIf(problem.subject),
    hint: toldIf(problem.hint),
  }));
  const { path: place, ...others } = context;
  const where = place === undefined ? {} : { path: told(String(place)) };
  return new AirkitError(code, told(error.message), {
    hint: toldIf(error.hint),
    context: { ...others, ...where },
    problems,
    cause,
  });
}
