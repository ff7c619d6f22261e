/** Podman: its command line and its API over one store. */
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
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
  /** Leads a plain `podman` to the same store, without the API. */
  readonly environment: Readonly<Record<string, string>>;
  command(...args: string[]): Command;
  podman(...args: string[]): Promise<Outcome>;
  /** Ends the API as a power cut does; `stop` still has to be called. */
  crash(): void;
  stop(): Promise<void>;
}

export interface PodmanOptions extends EngineOptions {
  /** Starts the API in a network of its own, as on another machine: the loopback of the tests is not in it. */
  readonly isApart?: boolean | undefined;
}

/** Flags for `podman run`: no network, and limits that machines with low hard limits allow too (podman raises them). */
export const podmanRunFlags: readonly string[] = [
  '--rm',
  '--network=none',
  '--ulimit=nofile=1024:1024',
  '--ulimit=nproc=1024:1024',
];

/** Starts podman's API over a store of its own. */
export async function startPodman(options: PodmanOptions = {}): Promise<PodmanEngine> {
  const folder = await openFolder('podman', options);
  const host = `unix://${join(folder.path, 'podman.sock')}`;
  const command = (...args: string[]): Command => ({
    file: 'podman',
    args: [...globalFlags(folder.path), ...args],
  });
  const podman = (...args: string[]): Promise<Outcome> => run(command(...args));
  const service = command('system', 'service', '--time', '0', host);
  const environment = await writeConfiguration(folder.path);
  const daemon = await startDaemon({
    name: 'podman',
    folder: folder.path,
    command: options.isApart === true ? apart(service) : service,
    ready: async () => (await remote(host, 'version')).code === 0,
  });
  const stop = async (): Promise<void> => {
    await daemon.stop();
    await folder.release();
  };
  const crash = (): void => {
    process.kill(daemon.pid, 'SIGKILL');
  };
  return { host, folder: folder.path, environment, command, podman, crash, stop };
}

function apart({ file, args }: Command): Command {
  return { file: 'unshare', args: ['--net', file, ...args] };
}

/** What {@link globalFlags} says, for a podman without flags. */
async function writeConfiguration(folder: string): Promise<Record<string, string>> {
  // airkit prefers the machine's socket to the command: tests of the command would load into the machine's podman.
  if (existsSync('/run/podman/podman.sock')) throw new Error('stop podman.socket for these tests');
  const [storage, engine] = [join(folder, 'storage.conf'), join(folder, 'containers.conf')];
  const store = { graphroot: join(folder, 'root'), runroot: join(folder, 'run') };
  const lines = Object.entries({ driver: 'overlay', ...store }).map(assignment);
  await writeFile(storage, ['[storage]', ...lines, ''].join('\n'));
  const choices = { runtime: 'runc', cgroup_manager: 'cgroupfs', events_logger: 'none' };
  await writeFile(engine, ['[engine]', ...Object.entries(choices).map(assignment), ''].join('\n'));
  return { CONTAINERS_STORAGE_CONF: storage, CONTAINERS_CONF: engine };
}

function assignment([key, value]: [string, string]): string {
  return `${key} = ${JSON.stringify(value)}`;
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
