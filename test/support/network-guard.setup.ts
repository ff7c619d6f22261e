/** Puts a test process and what it starts under the network guard. A test that tries to leave the machine fails. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach } from 'vitest';
import { guardEnvironment, takeAttempts } from './network-guard.ts';

const folder = mkdtempSync(join(tmpdir(), 'airkit-guard-'));
process.env['AIRKIT_TEST_ATTEMPTS'] = join(folder, 'attempts');
Object.assign(process.env, guardEnvironment());
await import(new URL('network-guard.mjs', import.meta.url).href);

function requireNone(): void {
  const attempts = takeAttempts();
  if (attempts.length > 0) throw new Error(`tried to leave the machine: ${attempts.join(', ')}`);
}

afterEach(requireNone);
afterAll(() => {
  requireNone();
  rmSync(folder, { recursive: true, force: true });
});
