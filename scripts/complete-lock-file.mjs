// npm leaves packages of other platforms out of package-lock.json when the registry at hand does not offer them, and
// `npm ci` then refuses the lock file. This adds an entry for each: name, version and platform, no address. Run it
// after every `npm install`: `npm run complete-lock-file`.
import { readFileSync, writeFileSync } from 'node:fs';

const FILE = new URL('../package-lock.json', import.meta.url);
const SYSTEM = /\b(android|darwin|freebsd|linux|openharmony|win32|aix|sunos|netbsd|openbsd)\b/;
const PROCESSOR = /\b(arm64|x64|ia32|arm|ppc64|riscv64|s390x|loong64)\b/;

const lock = JSON.parse(readFileSync(FILE, 'utf8'));
for (const [path, entry] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    const known =
      lock.packages[`node_modules/${name}`] ?? lock.packages[`${path}/node_modules/${name}`];
    if (known === undefined && /^\d/.test(version)) {
      lock.packages[`node_modules/${name}`] = placeholder(name, version, entry.dev === true);
    }
  }
}
const [root, ...others] = Object.entries(lock.packages);
lock.packages = Object.fromEntries([
  root,
  ...others.toSorted(([a], [b]) => a.localeCompare(b, 'en')),
]);
writeFileSync(FILE, `${JSON.stringify(lock, null, 2)}\n`);

function placeholder(name, version, dev) {
  const system = SYSTEM.exec(name)?.[1];
  const processor = PROCESSOR.exec(name)?.[1];
  return {
    version,
    ...(processor && { cpu: [processor] }),
    ...(dev && { dev: true }),
    ...(name.includes('musl') ? { libc: ['musl'] } : name.includes('-gnu') && { libc: ['glibc'] }),
    optional: true,
    ...(system && { os: [system] }),
  };
}
