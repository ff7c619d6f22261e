/** What tests of the registry transport share: registries that end with the test, and a clock that does not wait. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, expect } from 'vitest';
import type { RegistryAccess, Timing } from '../../../src/transports/registry/access.ts';
import {
  startTestRegistry,
  TEST_LOGIN,
  type RegistrySwitches,
  type TestRegistry,
} from '../../support/test-registry.ts';

export { contentOf, targetImage } from '../../support/target-image.ts';

const running: { stop(): Promise<void> }[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map(async (one) => one.stop()));
});

export async function startRegistry(switches: RegistrySwitches = {}): Promise<TestRegistry> {
  const registry = await startTestRegistry(switches);
  running.push(registry);
  return registry;
}

export interface FakeTiming extends Timing {
  /** Every wait so far, in milliseconds. */
  readonly waits: number[];
}

/** A clock that moves only by waiting, from 2026-01-01. */
export function fakeTiming(): FakeTiming {
  const waits: number[] = [];
  let now = Date.UTC(2026, 0, 1);
  return {
    waits,
    now: () => now,
    sleep: async (milliseconds, signal) => {
      signal?.throwIfAborted();
      waits.push(milliseconds);
      now += milliseconds;
    },
  };
}

export function accessOf(
  more: Partial<RegistryAccess> = {},
): RegistryAccess & { timing: FakeTiming } {
  return {
    settings: {},
    environment: {},
    certificateFolders: [],
    ...more,
    timing: fakeTiming(),
  };
}

/** An environment in which docker is logged in to a host as the test registry's user. */
export async function loggedIn(host: string, entry?: object): Promise<Record<string, string>> {
  const folder = await mkdtemp(join(tmpdir(), 'airkit-test-'));
  running.push({ stop: async () => rm(folder, { recursive: true, force: true }) });
  const { username, password } = TEST_LOGIN;
  const auth = Buffer.from(`${username}:${password}`).toString('base64');
  const config = { auths: { [host]: entry ?? { auth } } };
  await writeFile(join(folder, 'config.json'), JSON.stringify(config));
  return { DOCKER_CONFIG: folder };
}

/** Everything that an error could show, with causes and context. */
export function everythingIn(error: unknown): string {
  const messages = inspect(error, { depth: 12, showHidden: true });
  const causes =
    error instanceof Error && error.cause !== undefined ? everythingIn(error.cause) : '';
  return `${messages}\n${causes}`;
}

export function expectNoSecrets(text: string): void {
  const { username, password } = TEST_LOGIN;
  const basic = Buffer.from(`${username}:${password}`).toString('base64');
  for (const secret of [
    password,
    encodeURIComponent(password),
    basic,
    'verysecret',
    's1gnature',
    'r3fresh',
  ])
    expect(text).not.toContain(secret);
}

export async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => expect.fail('it did not fail'),
    (error: unknown) => error,
  );
}

export async function collect(bytes: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of bytes) chunks.push(chunk);
  return Buffer.concat(chunks);
}
