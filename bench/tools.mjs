// What has to be installed, said before hours are spent.
import { access, constants } from 'node:fs/promises';
import { join } from 'node:path';
import { missing, newerRoot } from './support.mjs';

/** Debian's package of each program. */
const PROGRAMS = {
  '/usr/bin/hyperfine': 'hyperfine',
  '/usr/bin/time': 'time',
  '/usr/bin/zstd': 'zstd',
  '/usr/bin/openssl': 'openssl',
  '/usr/sbin/nginx': 'nginx-light',
  '/usr/sbin/debootstrap': 'debootstrap',
  '/bin/busybox': 'busybox-static',
};

/** What to install first, in words for people; `undefined` when all is there. */
export async function missingTools() {
  const engines = missing(['docker', 'newer-docker', 'registry', 'skopeo']);
  if (engines !== undefined) return `${engines}; .ci/install-engines installs the engines`;
  const absent = [];
  for (const [program, name] of Object.entries(PROGRAMS)) {
    if (!(await isProgram(program))) absent.push(name);
  }
  if (absent.length > 0) return `apt-get install ${absent.join(' ')}`;
  const tree = newerRoot();
  if (await isProgram(join(tree, 'usr/bin/crane'))) return undefined;
  return `chroot ${tree} sh -c 'apt-get update && apt-get install crane'`;
}

async function isProgram(path) {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
