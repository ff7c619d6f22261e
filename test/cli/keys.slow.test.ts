import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { pack, sign, verify } from '../../src/index.ts';
import { useTempFolder } from '../support/temp-folder.ts';
import { airkit, airkitJson } from './support/run-airkit.ts';
import { makeSampleSite, type Site } from './support/site.ts';

const PASSWORD = 'correct horse battery staple';
const folder = useTempFolder();
let site: Site;

beforeAll(async () => {
  site = await makeSampleSite(await folder.fresh());
});

describe('keygen', () => {
  test('makes a protected key that only its owner reads, packs with it, and never says the password', async () => {
    const env = { AIRKIT_KEY_PASSWORD: PASSWORD };
    const made = await airkitJson(site, ['keygen', '-o', 'keys/site-b'], { env });
    expect(made.code).toBe(0);
    expect(made.document).toMatchObject({
      keyId: expect.stringMatching(/^SHA256:/),
      privateKey: site.path('keys', 'site-b.key'),
      publicKey: site.path('keys', 'site-b.pub'),
      allowedSigners: site.path('keys', 'site-b.allowed_signers'),
    });
    expect((await stat(site.path('keys', 'site-b.key'))).mode & 0o777).toBe(0o600);
    const text = await readFile(site.path('keys', 'site-b.key'), 'utf8');
    expect(text).toContain('ENCRYPTED');

    const packed = await airkit(site, ['pack', '--key', 'keys/site-b.key'], { env });
    expect(packed.code).toBe(0);
    const trusted = await airkit(site, ['verify', 'kit', '--trust', 'keys/site-b.pub']);
    expect(trusted.code).toBe(0);
    const wrong = await airkit(site, ['pack', '--key', 'keys/site-b.key', '-o', 'wrong'], {
      env: { AIRKIT_KEY_PASSWORD: 'a wrong one' },
    });
    expect(wrong.code).toBe(2);
    const left = await readdir(site.folder);
    expect(left.filter((name) => name.startsWith('wrong'))).toEqual([]);
    const said = [JSON.stringify(made), packed, trusted, wrong].map((one) => JSON.stringify(one));
    for (const output of said) {
      expect(output).not.toContain(PASSWORD);
      expect(output).not.toContain('a wrong one');
      expect(output).not.toContain('PRIVATE KEY');
    }
  });

  test.each(['key', 'pub', 'allowed_signers'])('never overwrites a .%s', async (suffix) => {
    await writeFile(site.path(`old.${suffix}`), 'precious');
    const { code, document } = await airkitJson(site, ['keygen', '-o', 'old'], {
      env: { AIRKIT_KEY_PASSWORD: PASSWORD },
    });
    expect({ code, error: document.error?.code }).toEqual({ code: 2, error: 'OUTPUT_EXISTS' });
    expect(await readFile(site.path(`old.${suffix}`), 'utf8')).toBe('precious');
    await rm(site.path(`old.${suffix}`));
  });

  test('without a terminal and without the variable is wrong usage, and writes nothing', async () => {
    const before = await readdir(site.folder);
    const { code, document } = await airkitJson(site, ['keygen', '-o', 'nobody']);
    expect({ code, error: document.error?.code }).toEqual({ code: 2, error: 'USAGE' });
    expect(document.error?.hint).toContain('AIRKIT_KEY_PASSWORD');
    expect(await readdir(site.folder)).toEqual(before);
  });
});

describe('--key', () => {
  test.each([
    ['env:NOT_SET', 'KEY_INVALID'],
    ['missing.key', 'KEY_INVALID'],
    ['release.pub', 'KEY_INVALID'],
    ['exec:echo no signature', 'KEY_INVALID'],
    ['exec:exit 3', 'KEY_INVALID'],
    ['agent:nobody', 'KEY_INVALID'],
  ])('%s is refused before any work', async (key, error) => {
    const { code, document } = await airkitJson(site, ['pack', '-o', 'unsigned', '--key', key]);
    expect({ code, error: document.error?.code }).toEqual({ code: 2, error });
    await expect(stat(site.path('unsigned.partial'))).rejects.toThrow('ENOENT');
  });

  test('that is the key itself is refused without repeating it', async () => {
    const key = site.environment['RELEASE_KEY'] ?? '';
    const { code, stdout, stderr } = await airkit(site, ['pack', '-o', 'x', '--key', key]);
    expect(code).toBe(2);
    expect(stdout + stderr).not.toContain(key.split('\n')[1]);
  });
});

describe('sign', () => {
  test('adds a first signature to an unsigned kit', async () => {
    await pack(site.host, { output: 'later' });
    const { code, document } = await airkitJson(site, [
      'sign',
      'later',
      '--key',
      'env:RELEASE_KEY',
    ]);
    expect(code).toBe(0);
    expect(document['files']).toContain('bundle.json.sigstore.json');
    expect(await verify(site.host, 'later', { trust: ['release.pub'] })).toMatchObject({
      ok: true,
    });
  });

  test('adds a further one: either key verifies, and an unknown one beside it is a warning', async () => {
    await pack(site.host, { output: 'both', key: 'env:RELEASE_KEY' });
    const { code, document } = await airkitJson(site, ['sign', 'both', '--key', 'env:OTHER_KEY']);
    expect(code).toBe(0);
    expect(document['files']).toHaveLength(5);
    expect(document['files']).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^bundle\.json\.[0-9a-f]{16}\.sigstore\.json$/),
      ]),
    );
    for (const trust of ['release.pub', 'other.pub']) {
      const report = await verify(site.host, 'both', { trust: [trust] });
      expect(report.ok).toBe(true);
      expect(report.findings).toMatchObject([{ code: 'UNKNOWN_KEY', severity: 'warning' }]);
    }
    const both = await verify(site.host, 'both', { trust: ['release.pub', 'other.pub'] });
    expect(both).toMatchObject({ ok: true, findings: [] });
  });

  test('again with the same key changes nothing about who signed', async () => {
    await pack(site.host, { output: 'again', key: 'env:RELEASE_KEY' });
    const before = await readdir(site.path('again'));
    await sign(site.host, 'again', { key: 'env:RELEASE_KEY' });
    expect(await readdir(site.path('again'))).toEqual(before);
    const report = await verify(site.host, 'again', { trust: ['release.pub'] });
    expect(report).toMatchObject({ ok: true, signers: [{ trusted: true }] });
  });

  test('refuses a damaged kit and writes nothing', async () => {
    await pack(site.host, { output: 'damaged' });
    const archive = site.path('damaged', 'bundle.tar');
    const bytes = await readFile(archive);
    bytes.writeUInt8(bytes.readUInt8(bytes.byteLength / 2) ^ 1, bytes.byteLength / 2);
    await writeFile(archive, bytes);
    const before = await readdir(site.path('damaged'));
    const { code, document } = await airkitJson(site, [
      'sign',
      'damaged',
      '--key',
      'env:OTHER_KEY',
    ]);
    expect({ code, error: document.error?.code }).toEqual({
      code: 4,
      error: 'VERIFICATION_FAILED',
    });
    expect(await readdir(site.path('damaged'))).toEqual(before);
  });

  test('of an archive that stands alone is wrong usage', async () => {
    await pack(site.host, { output: 'whole' });
    await writeFile(site.path('alone.tar'), await readFile(site.path('whole', 'bundle.tar')));
    const { code, document } = await airkitJson(site, [
      'sign',
      'alone.tar',
      '--key',
      'env:OTHER_KEY',
    ]);
    expect({ code, error: document.error?.code }).toEqual({ code: 2, error: 'USAGE' });
  });
});
