import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { diskCall } from '../content/file-bytes.ts';
import { isDigest, type Digest } from '../oci/digest.ts';

/** Which blobs of an unfinished archive are in place. */
export interface Journal {
  /** True when an earlier run of the same plan left something to go on with. */
  readonly isResumed: boolean;
  has(digest: Digest): boolean;
  record(digest: Digest): Promise<void>;
}

/**
 * Opens the journal of an unfinished archive. One of another plan is started over. Blobs are trusted no further than
 * this: the finished archive is read back whole before it is signed.
 *
 * @param key of the plan; one line
 * @throws AirkitError DISK_FAILED
 */
export async function openJournal(path: string, key: string): Promise<Journal> {
  const found = await readJournal(path);
  const isResumed = found.key === key;
  const done = new Set<string>(isResumed ? found.digests : []);
  const lines = [key, ...done].map((line) => `${line}\n`);
  await diskCall(path, 'write', () => writeFile(path, lines.join('')));
  const append = appender(path);
  return {
    isResumed,
    has: (digest) => done.has(digest),
    record: async (digest) => {
      done.add(digest);
      await append(`${digest}\n`);
    },
  };
}

/** Appends to a file; texts that come while it is written to go there together. */
function appender(path: string): (text: string) => Promise<void> {
  let waiting = '';
  let last: Promise<void> = Promise.resolve();
  const write = async (before: Promise<void>): Promise<void> => {
    await before;
    const text = waiting;
    waiting = '';
    if (text !== '') await diskCall(path, 'write', () => appendFile(path, text));
  };
  return async (text) => {
    waiting += text;
    last = write(last);
    return last;
  };
}

/** The plan that a journal is of, and the blobs that it lists; empty where there is none. */
export async function readJournal(path: string): Promise<{ key: string; digests: Digest[] }> {
  const text = await readFile(path, 'utf8').catch(() => '');
  const [key = '', ...found] = text.split('\n');
  return { key, digests: found.filter(isDigest) };
}
