// The engines of the tests, for the benchmarks too: TypeScript, which Node 20 does not read by itself.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runnerImport } from 'vite';

export const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** Where .ci/install-engines puts the tree of a newer Debian, unless the environment names another. */
const engineCache = process.env['AIRKIT_ENGINE_CACHE'] ?? '/var/cache/airkit-engines';
process.env['AIRKIT_NEWER_DOCKER_ROOT'] ??= join(engineCache, 'newer-debian');

/** @param {string} path below test/support */
async function load(path) {
  const options = { root: ROOT, configFile: false, logLevel: 'error' };
  const { module } = await runnerImport(join(ROOT, 'test/support', path), options);
  return module;
}

export const { missing } = await load('engines/availability.ts');
export const { run, succeed } = await load('engines/command.ts');
export const { startDocker } = await load('engines/docker.ts');
export const { startNewerDocker } = await load('engines/newer-docker.ts');
export const { newerRoot, newerCommand } = await load('engines/newer-tree.ts');
export const { startRegistry, freePort, isListening } = await load('engines/registry.ts');
export const { startDaemon } = await load('engines/daemon.ts');
export const { unmountBelow } = await load('engines/mounts.ts');
export const { busyboxNames, buildBusyboxImages } = await load('busybox-images.ts');
export const { tarOf } = await load('image-builder.ts');

/** Runs a shell script that must succeed; `$1`, `$2` … are the further arguments. */
export function sh(script, ...args) {
  return succeed(
    run({ file: 'bash', args: ['-ec', `set -o pipefail; ${script}`, 'bash', ...args] }),
  );
}
