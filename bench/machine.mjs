// What was measured on, and with which versions.
import { cpus, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { runAirkit } from './measuring.mjs';
import { newerRoot, run, sh } from './support.mjs';

const PACKAGES = [
  'docker.io',
  'docker-registry',
  'skopeo',
  'nginx-light',
  'openssl',
  'gzip',
  'zstd',
  'hyperfine',
];

const NEWER_PACKAGES = ['docker.io', 'crane'];

/** @param {import('./workplace.mjs').Workplace} place */
export async function describeMachine(place) {
  const fileSystem = await sh('findmnt -no FSTYPE -T "$1"', place.folder);
  const processors = cpus();
  return {
    date: new Date().toISOString().slice(0, 10),
    method: methodOf(place),
    machine: [
      `${processors.length} × ${processors[0]?.model.trim()}`,
      `${(totalmem() / 2 ** 30).toFixed(0)} GiB memory`,
      `Linux ${release()}`,
      fileSystem,
    ],
    versions: [await airkitVersion(place), `Node ${process.version}`, ...(await toolVersions())],
  };
}

function methodOf({ rounds, quick }) {
  const method = `Medians of ${rounds} rounds, airkit and peer in turn; memory is the highest peak`;
  return quick ? `${method}. Small images: the bars are for the realistic ones` : method;
}

async function airkitVersion(place) {
  const { stdout } = await runAirkit(place, ['--version']);
  return `airkit ${stdout}`;
}

/** Of Debian's packages, here and in the tree of a newer Debian. */
async function toolVersions() {
  const tree = newerRoot();
  const here = await packageVersions([], PACKAGES);
  if (tree === undefined) return here;
  const newer = await packageVersions(['--admindir', join(tree, 'var/lib/dpkg')], NEWER_PACKAGES);
  return [...here, ...newer.map((version) => `newer ${version}`)];
}

async function packageVersions(flags, names) {
  const format = '--showformat=${Package} ${Version}\\n'; // eslint-disable-line no-template-curly-in-string
  const { stdout } = await run({
    file: 'dpkg-query',
    args: [...flags, '--show', format, ...names],
  });
  return stdout.trim().split('\n');
}
