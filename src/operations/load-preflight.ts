import { AirkitError, isAirkitError } from '../errors.ts';
import type { SpaceNeed } from '../content/image.ts';
import type { OperationOptions } from '../content/operation.ts';
import { lacksRoom, measureSpace } from '../content/free-space.ts';
import type { Host } from './host.ts';
import type { TargetRun } from './load-targets.ts';

/**
 * Asks every target what stands in the way before anything is sent: rights, and room on this machine.
 *
 * @param keepsGoing takes a target that cannot be loaded out of the load, in place of ending it
 * @throws AirkitError NO_SPACE, TARGET_FAILED, DISK_FAILED
 */
export async function checkTargets(
  host: Host,
  { runs, keepsGoing }: { readonly runs: readonly TargetRun[]; readonly keepsGoing: boolean },
  options: OperationOptions,
): Promise<void> {
  const needs: LocatedNeed[] = [];
  for (const run of runs.filter(({ error, images }) => error === undefined && images.length > 0)) {
    await unlessRefused(run, { keepsGoing, options }, async () => {
      const told = (await run.target?.preflight?.(run.images, options)) ?? [];
      const here = told.filter(({ hostname }) => (hostname ?? host.hostname) === host.hostname);
      for (const { path, bytes } of here) needs.push({ run, path, bytes });
    });
  }
  const spaces = await measureSpace(needs.map(({ path, bytes }) => ({ path, neededBytes: bytes })));
  for (const [position, space] of spaces.entries()) {
    const run = needs[position]?.run;
    if (run === undefined || !lacksRoom(space)) continue;
    await unlessRefused(run, { keepsGoing, options }, async () => {
      throw noRoom(run, space.path, [space.neededOnFileSystem, space.freeBytes]);
    });
  }
}

interface LocatedNeed extends SpaceNeed {
  readonly run: TargetRun;
}

async function unlessRefused(
  run: TargetRun,
  { keepsGoing, options }: { readonly keepsGoing: boolean; readonly options: OperationOptions },
  call: () => Promise<void>,
): Promise<void> {
  try {
    await call();
  } catch (error) {
    options.signal?.throwIfAborted();
    if (!keepsGoing || !isAirkitError(error)) throw error;
    run.error = error;
  }
}

function noRoom(
  run: TargetRun,
  path: string,
  [needed, free]: readonly [number, number],
): AirkitError {
  return new AirkitError(
    'NO_SPACE',
    `${run.place.text}: ${path}: at least ${needed} bytes are needed, ${free} are free`,
    {
      hint: 'Nothing was sent. Free some space there, or load fewer images with --include.',
      context: { path, neededBytes: needed, freeBytes: free },
    },
  );
}
