import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';

export interface TempFolder {
  /** A path in the folder; nothing is made. */
  path(...parts: string[]): string;
  /** A new empty folder in it. */
  fresh(): Promise<string>;
}

/** A folder for the tests of one file, removed after them. Call it at the top level of the file or of a `describe`. */
export function useTempFolder(): TempFolder {
  let root = '';
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'airkit-test-'));
  });
  afterAll(async () => rm(root, { recursive: true, force: true }));
  return {
    path: (...parts) => join(root, ...parts),
    fresh: async () => mkdtemp(join(root, 'part-')),
  };
}
