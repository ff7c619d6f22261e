// npm run quickstart: the whole way of a kit on a machine with nothing but Node: no engine, no registry, no network.
// Writes only below quickstart-output/ and a temporary folder for key, cache and configuration.
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeExampleLayout } from './make-example-layout.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const CLI = join(ROOT, 'dist', 'cli', 'main.js');
const BUNDLES = join('examples', 'quickstart.yaml');
const OUTPUT = 'quickstart-output';
const LAYOUT = join(OUTPUT, 'layout');
const KIT = join(OUTPUT, 'quickstart-1.0.0');
const RESTORED = join(OUTPUT, 'restored');

/** Of the key, for this run only. */
const password = randomBytes(18).toString('base64');
const scratch = await mkdtemp(join(tmpdir(), 'airkit-quickstart-'));
try {
  await rm(join(ROOT, OUTPUT), { recursive: true, force: true });
  await mkdir(join(ROOT, OUTPUT));
  const key = join(scratch, 'release');
  const names = await makeExampleLayout(join(ROOT, LAYOUT));
  say(`airkit quickstart: images into a kit, and out of it again. No container engine is used.
The images were just generated, as an OCI layout in ${LAYOUT}:
${names.map((name) => `  ${name}`).join('\n')}`);
  packOutside(key);
  restoreInside(key);
  say(nextSteps());
} catch (error) {
  console.error(`\nquickstart: ${error.message}`);
  process.exitCode = 1;
} finally {
  await rm(scratch, { recursive: true, force: true });
}

function packOutside(key) {
  say('== Outside, where the images are');
  say(`1. ${BUNDLES} says what to pack and is kept in git. Check it:`);
  airkit('validate', BUNDLES);
  say(
    '2. See what would be packed, which pattern chose it, and how large it gets. Nothing is exported:',
  );
  airkit('plan', BUNDLES);
  say(`3. Make a key pair, once. The private key stays with you, the public key goes to the isolated site by a way that
   you trust. (For this run the password is random, and the keys are thrown away at the end.)`);
  airkit('keygen', '-o', key);
  say('4. Pack and sign. The result is one folder, ready to be copied to a disk:');
  airkit('pack', BUNDLES, '--key', `${key}.key`);
}

function restoreInside(key) {
  const trust = ['--trust', `${key}.pub`];
  say('== Inside, where there is no way out');
  say('5. Is this, byte for byte, what was signed? The public key decides:');
  airkit('verify', KIT, ...trust);
  say('6. See what is in it:');
  airkit('inspect', KIT, ...trust);
  say(`7. Restore the images: here into another OCI layout, since this machine may have no engine. Without --to, they go
   into Docker. The receipt records what was done:`);
  const load = ['load', KIT, ...trust, '--to', `oci:${RESTORED}`];
  airkit(...load, '--receipt', join(OUTPUT, 'receipt.json'));
  say('8. Load again, and nothing is sent, for everything is there:');
  airkit(...load, '--receipt', join(OUTPUT, 'receipt-2.json'));
}

function nextSteps() {
  return `== Next
- Your own images: \`airkit init\` writes a commented bundles.yaml, then \`airkit plan\` and \`airkit pack\`.
- At the isolated site: \`airkit load KIT --trust release.pub\`.
- A site without airkit: ${join(KIT, 'bundle.tar')} is an archive
  that \`docker load -i\`, \`podman load -i\`, \`ctr images import\` and \`skopeo copy\` take as well.
All that was written is in ${OUTPUT}/.`;
}

/** Runs a command and shows it as a person types it, with what it prints. */
function airkit(...args) {
  console.log(`\n   $ airkit ${args.map(quoted).join(' ')}`);
  const { status, stdout, stderr, error } = spawnSync(process.execPath, [CLI, ...args], {
    cwd: ROOT,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...surroundings() },
  });
  for (const text of [stdout, stderr])
    if (text) console.log(text.trimEnd().replaceAll(/^/gm, '   '));
  if (status === 0) return;
  throw new Error(`airkit ${args[0]} failed: ${error?.message ?? `exit code ${status}`}`);
}

/** Away from the person's own configuration, cache and keys. */
function surroundings() {
  return {
    AIRKIT_KEY_PASSWORD: password,
    XDG_CACHE_HOME: join(scratch, 'cache'),
    XDG_CONFIG_HOME: join(scratch, 'config'),
  };
}

function quoted(argument) {
  return /^[\w@%+=:,./-]+$/.test(argument)
    ? argument
    : `'${argument.replaceAll("'", String.raw`'\''`)}'`;
}

function say(text) {
  console.log(`\n${text}`);
}
