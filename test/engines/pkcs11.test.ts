/** The command that docs/trust.md gives for PKCS#11, with a real token in software. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { beforeAll, expect, test } from 'vitest';
import { pack, sign, verify } from '../../src/index.ts';
import { hostOf, makeSampleSite, type Site } from '../cli/support/site.ts';
import { describeWithEngines, SOFTHSM } from '../support/engines/availability.ts';
import { run, succeed } from '../support/engines/command.ts';
import { useTempFolder } from '../support/temp-folder.ts';

const PIN = '1234';

describeWithEngines(['pkcs11'], 'a key in a token', () => {
  const folder = useTempFolder();
  let site: Site;

  const token = async (file: string, ...args: string[]): Promise<string> =>
    succeed(run({ file, args, env: { SOFTHSM2_CONF: site.path('softhsm.conf') } }));

  beforeAll(async () => {
    site = await makeSampleSite(await folder.fresh());
    await mkdir(site.path('tokens'));
    await writeFile(site.path('softhsm.conf'), `directories.tokendir = ${site.path('tokens')}\n`);
    const pins = ['--pin', PIN, '--so-pin', PIN];
    await token('softhsm2-util', '--init-token', '--free', '--label', 'airkit', ...pins);
    const login = ['--module', SOFTHSM, '--login', '--pin', PIN, '--id', '01'];
    await token('pkcs11-tool', ...login, '--keypairgen', '--key-type', 'EC:prime256v1');
    const key = ['--read-object', '--type', 'pubkey', '--output-file', site.path('token.der')];
    await token('pkcs11-tool', ...login, ...key);
    const pem = ['-pubin', '-inform', 'DER', '-in', site.path('token.der')];
    await token('openssl', 'pkey', ...pem, '-out', site.path('token.pub'));
  });

  test('signs by the command of the documentation', async () => {
    const text = await readFile(new URL('../../docs/trust.md', import.meta.url), 'utf8');
    const [, command = ''] = /--exec '(pkcs11-tool [^']*)'/u.exec(text) ?? [];
    expect(command).toContain('--pin env:PIN');
    const environment = { ...site.environment, SOFTHSM2_CONF: site.path('softhsm.conf'), PIN };
    const host = hostOf(site.folder, environment);
    await pack(host, { output: 'kit' });
    await sign(host, 'kit', { key: `exec:${command}`, publicKey: 'token.pub' });
    const trusting = { trust: ['token.pub'] };
    expect(await verify(host, 'kit', trusting)).toMatchObject({ ok: true, findings: [] });
    const wrong = hostOf(site.folder, { ...environment, PIN: '4321' });
    const refused = sign(wrong, 'kit', { key: `exec:${command}`, publicKey: 'token.pub' });
    await expect(refused).rejects.toMatchObject({ code: 'KEY_INVALID' });
  });
});
