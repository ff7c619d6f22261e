/** Podman: its command line and its Docker-compatible API over one store. */
import { join } from 'node:path';
import { run } from './command.ts';
import type { Command, Outcome } from './command.ts';
import { startDaemon } from './daemon.ts';
import { openFolder } from './folder.ts';
import type { EngineOptions } from './folder.ts';

export interface PodmanEngine {
  /** `unix://…/podman.sock`: the API, as CONTAINER_HOST or DOCKER_HOST take it. */
  readonly host: string;
  readonly folder: string;
  command(...args: string[]): Command;
  podman(...args: string[]): Promise<Outcome>;
  stop(): Promise<void>;
}

/** Flags for `podman run`: no network, and limits that machines with low hard limits allow too (podman raises them). */
export const podmanRunFlags: readonly string[] = [
  '--rm',
  '--network=none',
  '--ulimit=nofile=1024:1024',
  '--ulimit=nproc=1024:1024',
];

/** Starts podman's API over a store of its own. */
export async function startPodman(options: EngineOptions = {}): Promise<PodmanEngine> {
  const folder = await openFolder('podman', options);
  const host = `unix://${join(folder.path, 'podman.sock')}`;
  const command = (...args: string[]): Command => ({
    file: 'podman',
    args: [...globalFlags(folder.path), ...args],
  });
  const podman = (...args: string[]): Promise<Outcome> => run(command(...args));
  const daemon = await startDaemon({
    name: 'podman',
    folder: folder.path,
    command: command('system', 'service', '--time', '0', host),
    ready: async () => (await remote(host, 'version')).code === 0,
  });
  const stop = async (): Promise<void> => {
    await daemon.stop();
    await folder.release();
  };
  return { host, folder: folder.path, command, podman, stop };
}

/** runc, because crun refuses machines whose cgroups are hybrid (v1 and v2). */
function globalFlags(folder: string): string[] {
  return [
    `--root=${join(folder, 'root')}`,
    `--runroot=${join(folder, 'run')}`,
    '--storage-driver=overlay',
    '--events-backend=none',
    '--cgroup-manager=cgroupfs',
    '--runtime=runc',
  ];
}

function remote(host: string, ...args: string[]): Promise<Outcome> {
  return run({ file: 'podman', args: ['--remote', '--url', host, ...args] });
}
