// Builds the realistic images: debootstrap and real packages, without any registry.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BASE } from './image-sets.mjs';
import { run, sh, succeed } from './support.mjs';

/** What slim images of Debian leave out. */
const SLIM = `rm -rf "$1"/var/lib/apt/lists/* "$1"/var/cache/apt/* "$1"/var/log/* \\
  "$1"/usr/share/{doc,man,info,locale,lintian}/*`;

const MIRROR = `awk '/^URIs/ { print $2; exit }' /etc/apt/sources.list.d/debian.sources`;

/** Packages link their manual pages, and fail without the folder. */
const INSTALL = `mkdir -p /usr/share/man/man1 && apt-get update -q && apt-get install -qy --no-install-recommends`;

const CLEAN = `rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/log/* /usr/share/doc/* /usr/share/man/*`;

/**
 * @param {{ command: Function, docker: Function }} engine a running Docker
 * @param {import('./image-sets.mjs').Recipe[]} recipes each after the one that it is built on
 */
export async function buildImages(engine, recipes) {
  const scratch = await mkdtemp(join(tmpdir(), 'airkit-bench-'));
  try {
    if (await isMissing(engine, BASE)) await importBase(engine, join(scratch, 'base'));
    for (const recipe of recipes) {
      if (await isMissing(engine, recipe.name)) await build(engine, scratch, recipe);
    }
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** What an interrupted run built is kept. */
async function isMissing(engine, name) {
  return (await engine.docker('image', 'inspect', name)).code !== 0;
}

async function importBase(engine, root) {
  console.error(`bench: building ${BASE}`);
  const debootstrap = `debootstrap --variant=minbase --include=ca-certificates bookworm "$1" "$(${MIRROR})"`;
  await sh(
    `${debootstrap} >&2 && cp -r /etc/apt/apt.conf.d/. "$1/etc/apt/apt.conf.d/" && ${SLIM}`,
    root,
  );
  const { file, args } = engine.command('import', '-', BASE);
  await sh(`root=$1; shift; tar -C "$root" --numeric-owner -cf - . | "$@"`, root, file, ...args);
}

async function build(engine, scratch, recipe) {
  console.error(`bench: building ${recipe.name}`);
  const context = await mkdtemp(join(scratch, 'context-'));
  await writeFile(join(context, 'Dockerfile'), dockerfile(recipe));
  await sh(`cp /bin/busybox "$1"/`, context);
  const flags = ['--quiet', '--force-rm', '--network', 'host', '--tag', recipe.name];
  const command = engine.command('build', ...flags, context);
  await succeed(run({ ...command, env: { ...command.env, DOCKER_BUILDKIT: '0' } }));
}

function dockerfile({ name, from, packages }) {
  if (from === 'scratch')
    return 'FROM scratch\nCOPY busybox /pause\nCMD ["/pause", "sleep", "inf"]\n';
  if (packages.length === 0) return `FROM ${from}\nRUN echo ${name} > /etc/release-name\n`;
  const script = `${INSTALL} ${packages.join(' ')} && ${CLEAN}`;
  return `FROM ${from}\nENV DEBIAN_FRONTEND=noninteractive\nRUN ${script}\n`;
}
