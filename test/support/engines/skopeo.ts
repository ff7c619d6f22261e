/** skopeo, the copy tool most sites have. */
import { run } from './command.ts';
import type { Outcome } from './command.ts';
import { newerCommand } from './newer-tree.ts';

/** Debian stable's skopeo, without the machine's signature policy. */
export function skopeo(...args: string[]): Promise<Outcome> {
  return run({ file: 'skopeo', args: ['--insecure-policy', ...args] });
}

/** The newer tree's skopeo; needs the engine `newer-docker`. */
export function newerSkopeo(...args: string[]): Promise<Outcome> {
  return run(newerCommand('skopeo', ['--insecure-policy', ...args]));
}
