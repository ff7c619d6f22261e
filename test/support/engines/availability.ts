/**
 * Which real engines this machine can start.
 *
 * Tests that need one are skipped with the reason in their title; with AIRKIT_REQUIRE_ENGINES=1, as in CI, a missing
 * engine is a failure instead.
 */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, test } from 'vitest';
import { newerRoot, olderRoot } from './newer-tree.ts';

/** The single-file airkit that `npm run build:loader` makes for this machine. */
export const LOADER: string = loaderFor(process.arch);
/** The same for arm64. */
export const ARM64_LOADER: string = loaderFor('arm64');
/** The arm64 C and C++ libraries of Debian's cross packages, for qemu. */
export const ARM64_LIBRARIES = '/usr/aarch64-linux-gnu';
/** The token in software, as a PKCS#11 module. */
export const SOFTHSM = '/usr/lib/softhsm/libsofthsm2.so';

function loaderFor(architecture: string): string {
  return fileURLToPath(new URL(`../../../loader/airkit-linux-${architecture}`, import.meta.url));
}

/** The engines of the harness. */
export type EngineName =
  | 'docker'
  | 'newer-docker'
  | 'podman'
  | 'containerd'
  | 'newer-containerd'
  | 'registry'
  | 'skopeo'
  | 'cosign'
  | 'ssh'
  /** No engine: the single-file airkit for this machine, built. */
  | 'loader'
  /** Its arm64 build, and qemu to run it on another architecture. */
  | 'arm64-loader'
  /** openssl 1.1.1 and ssh-keygen 8.4. */
  | 'older-openssl'
  /** A token in software, and the command that signs with it. */
  | 'pkcs11'
  /** No engines, but as much a part of the machine: file systems of a size of their own. */
  | 'tmpfs'
  | 'ext4'
  | 'fat32';

/** A `describe` whose tests need the engines; this is the one way for a test to ask for an engine. */
export function describeWithEngines(
  engines: readonly EngineName[],
  title: string,
  body: () => void,
): void {
  const reason = missing(engines);
  if (reason === undefined) {
    describe(title, body);
  } else if (process.env['AIRKIT_REQUIRE_ENGINES'] === '1') {
    describe(title, () => {
      test('the engines are installed', () => {
        throw new Error(reason);
      });
    });
  } else {
    describe.skip(`${title} [skipped: ${reason}]`, body);
  }
}

/** Why the engines cannot be started here, in words for people; `undefined` when they can. */
export function missing(engines: readonly EngineName[]): string | undefined {
  for (const engine of engines) {
    const reason = checks[engine]();
    if (reason !== undefined) return `${engine}: ${reason}`;
  }
  return undefined;
}

type Check = () => string | undefined;

const checks: Record<EngineName, Check> = {
  docker: all(tools('dockerd', 'docker', 'containerd', 'runc', 'busybox', 'setpriv'), mounting),
  'newer-docker': all(newerTree, tools('unshare', 'setpriv'), mounting),
  podman: all(tools('podman', 'runc', 'setpriv'), mounting),
  containerd: all(tools('containerd', 'ctr', 'runc', 'setpriv'), mounting),
  'newer-containerd': all(newerTree, tools('containerd-shim-runc-v2', 'runc', 'setpriv'), mounting),
  registry: tools('docker-registry', 'setpriv'),
  skopeo: tools('skopeo'),
  cosign: () => (tools('cosign')() === undefined ? undefined : newerTree()),
  ssh: all(tools('/usr/sbin/sshd', 'ssh', 'ssh-keygen', 'setpriv'), root),
  loader: () => (existsSync(LOADER) ? undefined : 'npm run build:loader makes it'),
  'arm64-loader': all(arm64Loader, tools('qemu-aarch64-static'), arm64Libraries),
  'older-openssl': all(olderTree, mounting),
  pkcs11: all(tools('softhsm2-util', 'pkcs11-tool'), softhsm),
  tmpfs: () => root() ?? mountNamespaces(),
  ext4: all(tools('mkfs.ext4'), loopDevices, mounting),
  fat32: all(tools('mkfs.fat'), loopDevices, mounting, fat),
};

function all(...parts: Check[]): Check {
  return () => parts.map((part) => part()).find((reason) => reason !== undefined);
}

function tools(...names: string[]): Check {
  return () => {
    const name = names.find((tool) => !isInstalled(tool));
    return name === undefined ? undefined : `${name} is not installed`;
  };
}

function isInstalled(tool: string): boolean {
  const folders = tool.startsWith('/') ? [''] : (process.env['PATH'] ?? '').split(delimiter);
  return folders.some((folder) => {
    try {
      accessSync(join(folder, tool), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

function root(): string | undefined {
  return process.getuid?.() === 0 ? undefined : 'needs root';
}

let mountable: string | undefined | null = null;

/** Engines mount overlay filesystems: root alone is not enough in a container. */
function mounting(): string | undefined {
  if (mountable === null) mountable = root() ?? mountNamespaces() ?? overlay();
  return mountable;
}

function mountNamespaces(): string | undefined {
  const { status } = spawnSync('unshare', ['--mount', 'true'], { stdio: 'ignore' });
  return status === 0 ? undefined : 'may not mount here (CAP_SYS_ADMIN is missing)';
}

function overlay(): string | undefined {
  if (hasOverlay()) return undefined;
  spawnSync('modprobe', ['overlay'], { stdio: 'ignore' });
  return hasOverlay() ? undefined : 'the kernel has no overlayfs';
}

function hasOverlay(): boolean {
  return hasFileSystem('overlay');
}

/** Whether the kernel mounts that type as it is. */
export function hasFileSystem(type: string): boolean {
  return readFileSync('/proc/filesystems', 'utf8').includes(`\t${type}\n`);
}

function loopDevices(): string | undefined {
  return existsSync('/dev/loop-control') ? undefined : 'no loop devices here';
}

/** Not every kernel has FAT; fusefat has it in user space. */
function fat(): string | undefined {
  if (hasFileSystem('vfat')) return undefined;
  spawnSync('modprobe', ['vfat'], { stdio: 'ignore' });
  return hasFileSystem('vfat') ? undefined : tools('fusefat')();
}

function newerTree(): string | undefined {
  const tree = newerRoot();
  if (tree === undefined)
    return 'AIRKIT_NEWER_DOCKER_ROOT is not set; .ci/install-engines makes one';
  return existsSync(join(tree, 'usr/sbin/dockerd')) ? undefined : `no dockerd in ${tree}`;
}

function olderTree(): string | undefined {
  const tree = olderRoot();
  if (tree !== undefined && existsSync(join(tree, 'usr/bin/openssl'))) return undefined;
  return 'no older-debian beside AIRKIT_NEWER_DOCKER_ROOT; .ci/install-engines makes it';
}

function arm64Loader(): string | undefined {
  return existsSync(ARM64_LOADER) ? undefined : 'npm run build:loader -- linux-arm64 makes it';
}

function arm64Libraries(): string | undefined {
  const library = join(ARM64_LIBRARIES, 'lib/libstdc++.so.6');
  return existsSync(library) ? undefined : 'libstdc++6-arm64-cross is not installed';
}

function softhsm(): string | undefined {
  return existsSync(SOFTHSM) ? undefined : `no ${SOFTHSM}`;
}
