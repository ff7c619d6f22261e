/** Docker 28 from the tree of a newer Debian: with the containerd image store, or with the classic one. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Outcome } from './command.ts';
import { cosign } from './cosign.ts';
import { startDaemon } from './daemon.ts';
import { dockerClient, dockerdArguments } from './docker.ts';
import type { DockerEngine } from './docker.ts';
import { openFolder } from './folder.ts';
import type { EngineOptions } from './folder.ts';
import { newerCommand, newerRoot } from './newer-tree.ts';

export interface NewerDockerEngine extends DockerEngine {
  cosign(...args: string[]): Promise<Outcome>;
}

/**
 * Runs in a mount namespace of its own, so nothing it mounts is seen or left outside. `pivot_root` instead of `chroot`
 * makes the tree a real root mount, which `docker run` needs. $1 is the tree, $2 the engine's folder (seen as /d).
 */
const enterTree = `set -e
mkdir -p "$1/d" "$1/mnt"
mount --bind "$1" "$1"
mount --bind "$2" "$1/d"
for i in proc sys dev; do mount --rbind "/$i" "$1/$i"; done
for i in run tmp etc/docker; do mkdir -p "$1/$i"; mount -t tmpfs tmpfs "$1/$i"; done
ln -s /d/certs.d "$1/etc/docker/certs.d"
cd "$1"
pivot_root . mnt
umount -l /mnt
cd /
shift 2
exec /usr/sbin/dockerd "$@"`;

export interface NewerDockerOptions extends EngineOptions {
  /** The image store. Default: containerd's. */
  readonly store?: 'containerd' | 'classic' | undefined;
  /** Further members of its daemon.json. */
  readonly config?: object | undefined;
  /** Files below /etc/docker/certs.d, by their path there. */
  readonly certs?: Readonly<Record<string, string>> | undefined;
}

/** Starts a newer dockerd of its own, beside any other. */
export async function startNewerDocker(
  options: NewerDockerOptions = {},
): Promise<NewerDockerEngine> {
  const tree = newerRoot() ?? '';
  const folder = await openFolder('newer', options);
  const client = await dockerClient(folder.path, (args) => newerCommand('docker', args));
  const features = { 'containerd-snapshotter': options.store !== 'classic' };
  const { config, certs = {} } = options;
  await writeFile(join(folder.path, 'daemon.json'), JSON.stringify({ ...config, features }));
  for (const [name, content] of Object.entries(certs)) {
    const path = join(folder.path, 'certs.d', name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content);
  }
  const script = ['-c', enterTree, 'sh', tree, folder.path, ...dockerdArguments('/d')];
  const args = ['--mount', '--propagation', 'private', 'sh', ...script];
  const daemon = await startDaemon({
    name: 'newer-dockerd',
    folder: folder.path,
    command: { file: 'unshare', args, env: { TMPDIR: '/tmp' } },
    ready: client.answers,
  });
  const stop = async (): Promise<void> => {
    await daemon.stop();
    await folder.release();
  };
  return { ...client.engine, cosign, stop };
}
