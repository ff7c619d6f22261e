/** A machine on which nothing was installed: busybox, a few tools with their libraries; no Node, no network. */
import { copyFile, mkdir, symlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { run, succeed, type Outcome } from './command.ts';

export interface BareRoot {
  /** Its root folder, where tests may add files. */
  readonly path: string;
  /** Runs a shell script in it, as root with `HOME=/root`. */
  sh(script: string, options?: BareRootOptions): Promise<Outcome>;
}

export interface BareRootOptions {
  /** The shell. Default: busybox's. */
  readonly shell?: string | undefined;
  /** Folders of this machine, by where they are seen inside. */
  readonly binds?: Readonly<Record<string, string>> | undefined;
  readonly env?: Readonly<Record<string, string>> | undefined;
}

/** The namespaces end with the command, and what was mounted in them. $1 is the root; pairs of folders end with `--`. */
const ENTER = `set -e
root=$1 && shift
mkdir -p "$root/dev" && mount --rbind /dev "$root/dev"
while [ "$1" != -- ]; do
  mkdir -p "$root$2" && mount --bind "$1" "$root$2" && shift 2
done
shift && exec chroot "$root" "$@"`;

/** Where the libraries of a Debian tree are. */
const LIBRARIES = `usr/lib/${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu`;

/**
 * Fills an empty folder.
 *
 * @param tools names or paths of programs of this machine, copied with the libraries that they need
 * @param tree of another Debian: what it has of them, and of their libraries, comes from there
 */
export async function makeBareRoot(
  path: string,
  tools: readonly string[],
  tree = '',
): Promise<BareRoot> {
  for (const folder of ['bin', 'tmp', 'root', 'etc']) await mkdir(join(path, folder));
  await copyFile('/bin/busybox', join(path, 'bin', 'busybox'));
  const applets = (await succeed(run({ file: 'busybox', args: ['--list'] }))).split('\n');
  const links = new Set(applets.filter((name) => name !== 'busybox' && !tools.includes(name)));
  for (const name of links) await symlink('busybox', join(path, 'bin', name));
  for (const tool of tools) await copyTool(tool, path, tree);
  await writeFile(join(path, 'etc', 'passwd'), 'root:x:0:0:root:/root:/bin/sh\n'); // ssh-keygen asks who runs it
  return { path, sh: async (script, options = {}) => enter(path, script, options) };
}

async function copyTool(tool: string, root: string, tree: string): Promise<void> {
  const env = { PATH: `${tree}/usr/bin:${process.env['PATH']}` };
  const file = await succeed(run({ file: 'sh', args: ['-c', 'command -v "$1"', 'sh', tool], env }));
  await copyFile(file, join(root, 'bin', basename(tool)));
  const libraries = { LD_LIBRARY_PATH: join('/', tree, LIBRARIES) };
  const { stdout } = await run({ file: 'ldd', args: [file], env: libraries }); // static programs need nothing
  for (const [library] of stdout.matchAll(/\/\S+(?= \()/gu)) {
    const inside = join(root, library.startsWith(tree) ? library.slice(tree.length) : library);
    await mkdir(dirname(inside), { recursive: true });
    await copyFile(library, inside);
  }
}

async function enter(
  root: string,
  script: string,
  { shell = 'sh', binds = {}, env = {} }: BareRootOptions,
): Promise<Outcome> {
  const pairs = Object.entries(binds).flatMap(([inside, outside]) => [outside, inside]);
  const variables = { PATH: '/bin', HOME: '/root', ...env };
  const assignments = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
  const command = ['/bin/env', '-i', ...assignments, `/bin/${shell}`, '-c', script];
  const namespaces = ['--net', '--mount', '--propagation', 'private'];
  const args = [...namespaces, 'sh', '-c', ENTER, 'sh', root, ...pairs, '--', ...command];
  return run({ file: 'unshare', args });
}
