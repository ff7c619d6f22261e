// Puts into the command line those files of dockerode and docker-modem that its requests run, and no others. The whole of dockerode
// evaluates 180 files, most of them for gRPC (BuildKit sessions), an SSH client and tar-fs, of which no command calls anything: that
// takes twice as long as Node itself. What is not bundled stays what npm installed, and is loaded from there when it is called.
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire, isBuiltin } from 'node:module';
import { dirname, join } from 'node:path';

/** Modules that export a function, which no command calls, or nearly none. */
const CALLED = new Set([
  './session', // builds with BuildKit
  '@balena/dockerignore', // builds
  './ssh', // airkit runs the system's ssh
  './http_duplex', // attach and exec
  'split-ca', // DOCKER_CERT_PATH
]);
/** Modules of which members are called, for builds too. */
const CALLED_MEMBERS = { 'tar-fs': ['pack'] };
/** A small one that every request calls, and one that is required where it is called. */
const REQUIRED = new Set(['debug', './buildkit']);

const INSTALLED = '\0installed';
const require = createRequire(import.meta.url);
const docker = require.resolve('dockerode');
const modem = createRequire(docker).resolve('docker-modem');
/** Folders of the files to bundle, each with the name of its package's `require` in {@link installed}. */
const owners = new Map([
  [dirname(docker), 'requireOfDocker'],
  [dirname(modem), 'requireOfModem'],
]);
const folders = [...owners.keys()].map((files) => dirname(files));

/** @returns {import('rolldown').Plugin} */
export function dockerClient() {
  return {
    name: 'docker-client',
    buildStart: checkLicences,
    banner: bannerOf,
    resolveId(source, importer = '') {
      if (source === 'dockerode') return docker;
      if (source === INSTALLED) return INSTALLED;
      const owner = owners.get(dirname(importer));
      if (owner === undefined || isBuiltin(source)) return undefined;
      if (source === 'docker-modem') return modem;
      if (codeOf(owner, source) !== undefined) return `${INSTALLED}:${owner}:${source}`;
      if (source.startsWith('./')) return undefined;
      throw new Error(`${importer} requires ${source}, of which docker-client.mjs says nothing`);
    },
    load(id) {
      if (id === INSTALLED) return installed();
      const [prefix, owner, source] = id.split(':');
      return prefix === INSTALLED ? codeOf(owner, source) : undefined;
    },
  };
}

/** As Node resolves them from the packages themselves: airkit's own folder need not see what they depend on. */
function installed() {
  return `import { createRequire } from 'node:module';
export const requireOfDocker = createRequire(createRequire(import.meta.url).resolve('dockerode'));
export const requireOfModem = createRequire(requireOfDocker.resolve('docker-modem'));`;
}

/** What a module becomes that is not bundled; undefined for one that is. */
function codeOf(owner, source) {
  const loaded = `${owner}(${JSON.stringify(source)})`;
  const start = `const { ${owner} } = require('${INSTALLED.replace('\0', '\\0')}');\n`;
  if (REQUIRED.has(source)) return `${start}module.exports = ${loaded};`;
  // A constructor too: what it returns is then the new object.
  if (CALLED.has(source))
    return `${start}module.exports = function (...args) {
  return new.target === undefined ? ${loaded}(...args) : Reflect.construct(${loaded}, args);
};`;
  const members = CALLED_MEMBERS[source]?.map(
    (name) => `${name}: (...args) => ${loaded}.${name}(...args)`,
  );
  return members && `${start}module.exports = { ${members.join(', ')} };`;
}

/** airkit's own LICENSE is the text of theirs, and neither has a NOTICE: nothing else has to go with them. */
function checkLicences() {
  for (const folder of folders) {
    const { name, license } = manifestOf(folder);
    if (license !== 'Apache-2.0' || readdirSync(folder).some((file) => file.startsWith('NOTICE')))
      throw new Error(`${name}: what its licence asks for has changed`);
  }
}

/** Says what is in the chunk, as the licence wants of changed files. */
function bannerOf({ moduleIds }) {
  if (!moduleIds.includes(docker)) return '';
  const names = folders.map(manifestOf).map(({ name, version }) => `${name} ${version}`);
  return `/*! With files of ${names.join(' and ')} (Apache-2.0, github.com/apocas), which load what they rarely use when it is called. */`;
}

function manifestOf(folder) {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
}
