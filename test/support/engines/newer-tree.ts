/** The trees of other Debians that .ci/install-engines prepares. The newer one has Docker 28, skopeo, cosign. */
import { dirname, join } from 'node:path';
import type { Command } from './command.ts';

/** The folder of the tree, or `undefined` when this machine has none. */
export function newerRoot(): string | undefined {
  const root = process.env['AIRKIT_NEWER_DOCKER_ROOT'];
  return root === undefined || root === '' ? undefined : root;
}

/** The tree beside it with openssl 1.1.1 and ssh-keygen 8.4, or `undefined`. */
export function olderRoot(): string | undefined {
  const newer = newerRoot();
  return newer === undefined ? undefined : join(dirname(newer), 'older-debian');
}

/**
 * A tool of the tree run through the tree's own dynamic loader and libraries, without chroot: it sees the files and
 * sockets of this machine under their usual paths.
 */
export function newerCommand(tool: string, args: readonly string[]): Command {
  const root = newerRoot();
  if (root === undefined) throw new Error('AIRKIT_NEWER_DOCKER_ROOT is not set');
  const { loader, libraries } = dynamicLoading();
  const prefix = ['--library-path', join(root, libraries), join(root, 'usr/bin', tool)];
  return { file: join(root, loader), args: [...prefix, ...args] };
}

function dynamicLoading(): { loader: string; libraries: string } {
  return process.arch === 'arm64'
    ? { loader: 'usr/lib/ld-linux-aarch64.so.1', libraries: 'usr/lib/aarch64-linux-gnu' }
    : { loader: 'usr/lib64/ld-linux-x86-64.so.2', libraries: 'usr/lib/x86_64-linux-gnu' };
}
