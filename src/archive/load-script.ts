import { readFileSync } from 'node:fs';

/** The script's file in the package: seen the same from `src/archive` and from `dist/archive`. */
const SCRIPT_FILE = new URL('../../src/archive/load.sh', import.meta.url);

/** `load.sh` of every kit: loads it where airkit is not installed. The same bytes for one airkit version. */
export function loadScript(): Uint8Array {
  return readFileSync(SCRIPT_FILE);
}
