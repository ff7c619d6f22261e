import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, copyFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { pack, verify } from '../../src/index.ts';
import { useTempFolder } from '../support/temp-folder.ts';
import { airkit, airkitJson } from './support/run-airkit.ts';
import { demoBundle, makeSampleSite, writeBundles, type Site } from './support/site.ts';

const NAMESPACE = 'airkit-bundle-index@v1';
const folder = useTempFolder();
let site: Site;

beforeAll(async () => {
  site = await makeSampleSite(await folder.fresh());
  for (const name of ['release', 'other']) {
    const pem = site.environment[`${name.toUpperCase()}_KEY`] ?? '';
    await writeFile(site.path(`${name}.pem`), pem, { mode: 0o600 });
  }
});

function run(command: string, env: Readonly<Record<string, string>> = {}): number | null {
  const environment = { ...site.environment, ...env };
  return spawnSync('sh', ['-c', command], { cwd: site.folder, env: environment }).status;
}

const hasOpenssl = spawnSync('openssl', ['version']).status === 0;
const hasSsh = spawnSync('ssh-add', ['-l']).status !== null;

describe.skipIf(!hasOpenssl)('--exec', () => {
  const EXEC = 'openssl pkeyutl -sign -inkey release.pem';

  test('signs by a command whose public key is named, or trusted', async () => {
    await pack(site.host, { output: 'exec' });
    const unknown = await airkitJson(site, ['sign', 'exec', '--exec', EXEC]);
    expect({ code: unknown.code, error: unknown.document.error?.code }).toEqual({
      code: 2,
      error: 'KEY_INVALID',
    });
    const named = ['--exec', EXEC, '--public-key', 'release.pub'];
    expect((await airkit(site, ['sign', 'exec', ...named])).code).toBe(0);
    expect(await verify(site.host, 'exec', { trust: ['release.pub'] })).toMatchObject({
      ok: true,
      findings: [],
    });
    const wrong = await airkitJson(site, [
      'sign',
      'exec',
      '--exec',
      EXEC,
      '--public-key',
      'other.pub',
    ]);
    expect(wrong.document.error?.code).toBe('KEY_INVALID');
    await airkit(site, ['trust', 'add', 'release.pub']);
    expect((await airkit(site, ['sign', 'exec', '--exec', EXEC])).code).toBe(0);
    await airkit(site, ['trust', 'remove', 'release']);
  });

  test('is exec: of --key and of the bundles file, with sign.publicKey', async () => {
    const hashing = 'exec:openssl dgst -sha256 -sign release.pem';
    const packed = ['pack', '-o', 'by-flag', '--key', hashing, '--public-key', 'release.pub'];
    expect((await airkit(site, packed)).code).toBe(0);
    const signing = { key: hashing, publicKey: 'release.pub' };
    await writeBundles(site.path('signing.yaml'), [demoBundle({ sign: signing })]);
    expect((await airkit(site, ['pack', 'signing.yaml', '-o', 'by-file'])).code).toBe(0);
    for (const kit of ['by-flag', 'by-file'])
      expect(await verify(site.host, kit, { trust: ['release.pub'] })).toMatchObject({
        ok: true,
        findings: [],
      });
  });

  test('that fails half-way leaves nothing behind', async () => {
    await pack(site.host, { output: 'half' });
    const before = await readdir(site.path('half'));
    const flaky = `n=$(cat n 2>/dev/null || echo 0); echo $((n + 1)) > n; [ $n -lt 3 ] && ${EXEC}`;
    const args = ['sign', 'half', '--exec', flaky, '--public-key', 'release.pub'];
    expect((await airkit(site, args)).code).toBe(2);
    expect((await readFile(site.path('n'), 'utf8')).trim()).toBe('4');
    expect(await readdir(site.path('half'))).toEqual(before);
  });
});

describe('a folder with bundle.json and SHA256SUMS only', () => {
  test('is signed, and its signatures fit the kit they came from', async () => {
    await pack(site.host, { output: 'far', key: 'env:RELEASE_KEY' });
    await mkdir(site.path('carried'));
    for (const name of await readdir(site.path('far')))
      if (!['bundle.tar', 'images.txt'].includes(name))
        await copyFile(site.path('far', name), site.path('carried', name));
    const { code, document } = await airkitJson(site, [
      'sign',
      'carried',
      '--key',
      'env:OTHER_KEY',
    ]);
    expect(code).toBe(0);
    expect(document['warnings']).toHaveLength(1);
    for (const name of await readdir(site.path('carried')))
      await copyFile(site.path('carried', name), site.path('far', name));
    const trusting = { trust: ['release.pub', 'other.pub'], threshold: 2 };
    expect(await verify(site.host, 'far', trusting)).toMatchObject({ ok: true, findings: [] });
    expect((await airkit(site, ['verify', 'carried', '--trust', 'other.pub'])).code).toBe(4);
  });

  test('is no kit that lost its archive', async () => {
    await pack(site.host, { output: 'lost' });
    await rm(site.path('lost', 'bundle.tar'));
    expect((await airkit(site, ['sign', 'lost', '--key', 'env:OTHER_KEY'])).code).toBe(4);
  });

  test('is refused when the two are not of one kit', async () => {
    await pack(site.host, { output: 'one' });
    await writeBundles(site.path('two.yaml'), [demoBundle({ version: '2.0' })]);
    await pack(site.host, { file: 'two.yaml', output: 'two' });
    await mkdir(site.path('mixed'));
    await copyFile(site.path('one', 'bundle.json'), site.path('mixed', 'bundle.json'));
    await copyFile(site.path('two', 'SHA256SUMS'), site.path('mixed', 'SHA256SUMS'));
    const { code } = await airkit(site, ['sign', 'mixed', '--key', 'env:OTHER_KEY']);
    expect(code).toBe(4);
    expect(await readdir(site.path('mixed'))).toEqual(['SHA256SUMS', 'bundle.json']);
  });
});

test('a key file that others can read is told, and used', async () => {
  await copyFile(site.path('release.pem'), site.path('open.pem'));
  await chmod(site.path('open.pem'), 0o640);
  const open = await airkit(site, ['pack', '-o', 'open', '--key', 'open.pem']);
  expect(open.code).toBe(0);
  expect(open.stderr).toContain('chmod 600');
  const closed = await airkit(site, ['pack', '-o', 'closed', '--key', 'release.pem']);
  expect(closed.stderr).not.toContain('chmod');
});

describe.skipIf(!hasSsh)('keys of ssh', () => {
  test('an ed25519 key of ssh-agent signs; its allowed_signers line is trusted here and by ssh-keygen', async () => {
    expect(run("ssh-keygen -q -t ed25519 -N '' -C ops -f id")).toBe(0);
    const agent = await startAgent(site.path('agent.sock'));
    expect(run('ssh-add -q id', agent)).toBe(0);
    await pack(site.host, { output: 'agent' });
    const { code, document } = await airkitJson(site, ['sign', 'agent', '--key', 'agent:id.pub'], {
      env: agent,
    });
    expect({ code, files: document['files'] }).toEqual({
      code: 0,
      files: ['bundle.json.sshsig', 'SHA256SUMS.sshsig'],
    });
    const key = (await readFile(site.path('id.pub'), 'utf8')).trim();
    await writeFile(site.path('ops.allowed_signers'), `ops namespaces="${NAMESPACE}" ${key}\n`);
    for (const trust of ['id.pub', 'ops.allowed_signers'])
      expect(await verify(site.host, 'agent', { trust: [trust] })).toMatchObject({
        ok: true,
        findings: [],
      });
    expect((await airkit(site, ['verify', 'agent', '--trust', 'release.pub'])).code).toBe(4);
    for (const name of ['bundle.json', 'SHA256SUMS'])
      expect(
        run(
          `ssh-keygen -Y verify -f ops.allowed_signers -I ops -n ${NAMESPACE} -s agent/${name}.sshsig < agent/${name}`,
        ),
      ).toBe(0);
    const further = await airkitJson(site, ['sign', 'agent', '--key', 'env:RELEASE_KEY']);
    expect(further.document['files']).toHaveLength(5);
    const trusting = { trust: ['id.pub', 'release.pub'], threshold: 2 };
    expect(await verify(site.host, 'agent', trusting)).toMatchObject({ ok: true, findings: [] });
  });

  test('signatures made by hand count, in their namespace only', async () => {
    expect(run("ssh-keygen -q -t ed25519 -N '' -C hand -f hand")).toBe(0);
    for (const [kit, namespace, code] of [
      ['good', NAMESPACE, 0],
      ['file', 'file', 4],
    ] as const) {
      await pack(site.host, { output: kit });
      for (const name of ['bundle.json', 'SHA256SUMS'])
        expect(
          run(
            `ssh-keygen -q -Y sign -f hand -n ${namespace} ${kit}/${name} && mv ${kit}/${name}.sig ${kit}/${name}.sshsig`,
          ),
        ).toBe(0);
      expect((await airkit(site, ['verify', kit, '--trust', 'hand.pub'])).code).toBe(code);
    }
  });
});

async function startAgent(socketPath: string): Promise<{ SSH_AUTH_SOCK: string }> {
  const agent = spawn('ssh-agent', ['-D', '-a', socketPath], { stdio: 'ignore' });
  onTestFinished(async () => {
    agent.kill();
    if (agent.exitCode === null && agent.signalCode === null) await once(agent, 'exit');
  });
  for (let tries = 0; !existsSync(socketPath); tries += 1) {
    if (tries > 200) throw new Error('ssh-agent did not start');
    await sleep(25);
  }
  return { SSH_AUTH_SOCK: socketPath };
}
