/** cosign as an independent verifier of our signatures. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './command.ts';
import type { Outcome } from './command.ts';
import { newerCommand, newerRoot } from './newer-tree.ts';

/** The password of every key that cosign makes here. */
const env = { COSIGN_PASSWORD: 'sign and people' };

/** The newer tree's cosign, or this machine's own. */
export function cosign(...args: string[]): Promise<Outcome> {
  const tree = newerRoot();
  const own = tree !== undefined && existsSync(join(tree, 'usr/bin/cosign'));
  return run({ ...(own ? newerCommand('cosign', args) : { file: 'cosign', args }), env });
}
