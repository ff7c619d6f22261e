/** The folder an engine lives in: given by the caller, or temporary. */
import { mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Options every engine takes. */
export interface EngineOptions {
  /** Must be short: Unix socket paths end at 107 bytes. Kept on stop. Without it a temporary folder, removed on stop. */
  readonly folder?: string | undefined;
}

export interface EngineFolder {
  readonly path: string;
  /** Removes a temporary folder; leaves a given one. */
  release(): Promise<void>;
}

/** Makes the folder of an engine. */
export async function openFolder(name: string, options: EngineOptions): Promise<EngineFolder> {
  if (options.folder !== undefined) {
    await mkdir(options.folder, { recursive: true });
    return { path: await realpath(options.folder), release: () => Promise.resolve() };
  }
  const path = await mkdtemp(join(await realpath(tmpdir()), `airkit-${name}-`));
  return { path, release: () => rm(path, { recursive: true, force: true }) };
}
