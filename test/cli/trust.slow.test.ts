import { copyFile, readFile, stat, writeFile } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { pack, sign, trustAdd, trustList, trustRemove, verify } from '../../src/index.ts';
import { useTempFolder } from '../support/temp-folder.ts';
import { airkit } from './support/run-airkit.ts';
import { makeSampleSite, type Site } from './support/site.ts';
import { codesOf, runJson, siteWithKit } from './support/trusting.ts';

const folder = useTempFolder();
let site: Site;

beforeAll(async () => {
  site = await makeSampleSite(await folder.fresh());
  await pack(site.host, { key: 'env:RELEASE_KEY' });
});

/** A site of its own that trusts nobody yet, with the kit. */
async function freshSite(): Promise<Site> {
  return siteWithKit(site, await folder.fresh());
}

describe('trust', () => {
  test('adds a key that verify then needs no flag for, lists it, and removes it', async () => {
    const own = await freshSite();
    expect((await airkit(own, ['verify', 'kit'])).code).toBe(4);
    const added = await runJson(own, ['trust', 'add', 'release.pub', '--name', 'site-b']);
    const path = own.path('home', 'config', 'airkit', 'trust', 'site-b.pub');
    expect(added).toMatchObject({
      code: 0,
      document: { path, added: true, keys: [{ kind: 'ecdsa-sha2-nistp256' }] },
    });
    const again = await runJson(own, ['trust', 'add', 'release.pub', '--name', 'site-b']);
    expect(again).toMatchObject({ code: 0, document: { added: false } });
    expect((await airkit(own, ['verify', 'kit'])).code).toBe(0);
    const { document } = await runJson(own, ['trust', 'list']);
    const [key] = document.keys;
    expect(key).toMatchObject({
      path,
      status: 'valid',
      fingerprint: expect.stringMatching(/^SHA256:/),
    });
    const text = await airkit(own, ['trust', 'list']);
    expect(text.stdout).toContain(key?.keyId);
    expect((await airkit(own, ['trust', 'remove', key?.keyId ?? ''])).code).toBe(0);
    expect((await airkit(own, ['verify', 'kit'])).code).toBe(4);
    expect((await airkit(own, ['trust', 'remove', 'site-b'])).code).toBe(2);
  });

  test('refuses private keys, other things, names with folders, and other keys of one name', async () => {
    const own = await freshSite();
    await writeFile(own.path('private.pem'), own.environment['RELEASE_KEY'] ?? '');
    for (const args of [
      ['private.pem'],
      ['bundles.yaml'],
      ['missing.pub'],
      ['release.pub', '--name', '../x'],
      ['release.pub', '--name', '.x'],
    ]) {
      const { code, stdout, stderr } = await airkit(own, ['trust', 'add', ...args]);
      expect({ args, code }).toEqual({ args, code: 2 });
      expect(stdout + stderr).not.toContain(own.environment['RELEASE_KEY']?.split('\n')[1]);
    }
    await copyFile(own.path('release.pub'), own.path('kit', 'release.pub'));
    const beside = await runJson(own, ['trust', 'add', 'kit/release.pub']);
    expect(beside.document.error?.code).toBe('KEY_INVALID');
    await expect(stat(own.path('home', 'config', 'airkit', 'trust'))).rejects.toThrow('ENOENT');
    await airkit(own, ['trust', 'add', 'release.pub', '--name', 'x']);
    const taken = await runJson(own, ['trust', 'add', 'other.pub', '--name', 'x']);
    expect({ code: taken.code, error: taken.document.error?.code }).toEqual({
      code: 2,
      error: 'OUTPUT_EXISTS',
    });
  });

  test('removes one key of many and leaves the others', async () => {
    const own = await freshSite();
    const both = await Promise.all(
      ['release.pub', 'other.pub'].map((name) => readFile(own.path(name), 'utf8')),
    );
    await writeFile(own.path('both.pub'), both.join('# and\n'));
    const added = await runJson(own, ['trust', 'add', 'both.pub']);
    const [first, second] = added.document.keys;
    expect((await airkit(own, ['trust', 'remove', second?.fingerprint ?? ''])).code).toBe(0);
    const { document } = await runJson(own, ['trust', 'list']);
    expect(document.keys).toMatchObject([{ keyId: first?.keyId }]);
    expect((await airkit(own, ['verify', 'kit'])).code).toBe(0);
  });

  test('a bad file in the folder is a warning that names it; named by --trust it is an error', async () => {
    const own = await freshSite();
    await airkit(own, ['trust', 'add', 'release.pub']);
    const bad = own.path('home', 'config', 'airkit', 'trust', 'bad.pub');
    await writeFile(bad, 'hello');
    const { code, document } = await runJson(own, ['verify', 'kit']);
    expect(code).toBe(0);
    expect(document.findings).toMatchObject([
      { code: 'KEY_INVALID', severity: 'warning', subject: bad },
    ]);
    expect((await airkit(own, ['verify', 'kit', '--trust', bad])).code).toBe(2);
  });
});

test('the machine has a folder of its own, for all its users', async () => {
  const own = await freshSite();
  const host = { ...own.host, systemFolder: own.path('etc') };
  const { path } = await trustAdd(host, 'release.pub', { system: true });
  expect(path).toBe(own.path('etc', 'airkit', 'trust', 'release.pub'));
  expect(await verify(host, 'kit')).toMatchObject({ ok: true });
  await expect(trustRemove(host, 'release')).rejects.toMatchObject({ code: 'USAGE' });
  await trustAdd(host, 'release.pub', { revoked: true });
  expect(await verify(host, 'kit')).toMatchObject({ ok: false });
  expect(await trustList(host)).toMatchObject({ keys: [{ path, status: 'revoked' }] });
  expect(await trustRemove(host, 'release', { system: true })).toEqual({ files: [path] });
});

describe('a revoked key', () => {
  test.each(['release.pub', 'id'])(
    'given as %s never counts, not even with --trust and --at',
    async (how) => {
      const own = await freshSite();
      const { keyId } = (await verify(own.host, 'kit')).signers[0] ?? { keyId: '' };
      await airkit(own, ['trust', 'add', 'release.pub']);
      const what = how === 'id' ? keyId : how;
      expect((await airkit(own, ['trust', 'add', '--revoked', what])).code).toBe(0);
      for (const more of [[], ['--trust', 'release.pub'], ['--at', '2020-01-01']]) {
        const { code, document } = await runJson(own, ['verify', 'kit', ...more]);
        expect(code).toBe(4);
        expect(codesOf(document)).toContain('REVOKED_KEY');
      }
      const listed = await runJson(own, ['trust', 'list']);
      expect(listed.document.keys).toMatchObject([{ status: 'revoked' }]);
      await airkit(own, ['trust', 'remove', keyId]);
      expect((await airkit(own, ['verify', 'kit', '--trust', 'release.pub'])).code).toBe(4);
    },
  );

  test('beside a good one is a warning: that is how keys are rotated', async () => {
    const own = await freshSite();
    const rotated = {
      ...own.host,
      environment: { ...own.environment, OTHER_KEY: site.environment['OTHER_KEY'] ?? '' },
    };
    await sign(rotated, 'kit', { key: 'env:OTHER_KEY' });
    await airkit(own, ['trust', 'add', '--revoked', 'release.pub']);
    const { code, document } = await runJson(own, ['verify', 'kit', '--trust', 'other.pub']);
    expect(code).toBe(0);
    expect(codesOf(document)).toContain('REVOKED_KEY');
  });
});
