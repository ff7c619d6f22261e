/** What tests have to know of the guard that keeps them off the network. */
import { existsSync, readFileSync, rmSync } from 'node:fs';

const GUARD = new URL('network-guard.mjs', import.meta.url).href;

/** Variables that put a node process under the guard. */
export function guardEnvironment(): Record<string, string> {
  const attempts = process.env['AIRKIT_TEST_ATTEMPTS'];
  return {
    NODE_OPTIONS: `--import=${GUARD}`,
    ...(attempts === undefined ? {} : { AIRKIT_TEST_ATTEMPTS: attempts }),
  };
}

/** What this test and its processes tried to reach; asked once, it is forgotten. */
export function takeAttempts(): string[] {
  const path = process.env['AIRKIT_TEST_ATTEMPTS'] ?? '';
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, 'utf8').split('\n');
  rmSync(path);
  return lines.filter((line) => line !== '');
}
