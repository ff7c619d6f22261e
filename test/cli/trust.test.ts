import { createPublicKey } from 'node:crypto';
import { copyFile, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  load,
  pack,
  sign,
  trustAdd,
  trustList,
  trustRemove,
  verify,
  type Problem,
} from '../../src/index.ts';
import { readPublicKeys } from '../../src/signing/public-keys.ts';
import { useTempFolder } from '../support/temp-folder.ts';
import { airkit } from './support/run-airkit.ts';
import { demoBundle, makeSampleSite, writeBundles, type Site } from './support/site.ts';

const folder = useTempFolder();
let site: Site;

beforeAll(async () => {
  site = await makeSampleSite(await folder.fresh());
  await pack(site.host, { key: 'env:RELEASE_KEY' });
});

/** A site of its own that trusts nobody yet, with the kit. */
async function freshSite(): Promise<Site> {
  const own = await makeSampleSite(await folder.fresh());
  for (const name of ['release.pub', 'other.pub']) await copyFile(site.path(name), own.path(name));
  await mkdir(own.path('kit'));
  for (const name of await readdir(site.path('kit')))
    await copyFile(site.path('kit', name), own.path('kit', name));
  return own;
}

/** A line of allowed_signers for the release key. */
async function signerLine(options: string): Promise<string> {
  const [key] = readPublicKeys(await readFile(site.path('release.pub'), 'utf8'), { path: '' });
  return `ops ${options} ${key?.kind ?? ''} ${key?.sshBlob.toString('base64') ?? ''}\n`;
}

interface Document {
  readonly keys: readonly { readonly keyId: string; readonly fingerprint: string }[];
  readonly findings?: readonly Problem[];
  readonly warnings?: readonly Problem[];
  readonly error?: { readonly code: string; readonly problems?: readonly Problem[] };
}

async function runJson(
  own: Site,
  args: readonly string[],
): Promise<{ code: number | null; document: Document }> {
  const { code, stdout } = await airkit(own, [...args, '--json']);
  const document: Document = JSON.parse(stdout);
  return { code, document };
}

/** Of all findings, wherever the document has them. */
function codesOf({ error, findings = [], warnings = [] }: Document): string[] {
  const problems = [...(error?.problems ?? []), ...findings, ...warnings];
  return [...new Set(problems.map(({ code }) => code))];
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

describe('validity', () => {
  test.each([
    ['valid-before="20200101Z"', [], 4, 'EXPIRED_KEY'],
    ['valid-before="20200101Z"', ['--at', '2019-06-30'], 0, 'AT_DATE'],
    ['valid-before="20200101Z"', ['--at', '2020-01-01T00:00:01Z'], 4, 'EXPIRED_KEY'],
    ['valid-after="20200101Z",valid-before="29990101Z"', [], 0, undefined],
    ['valid-after="29990101Z"', [], 4, 'NOT_YET_VALID_KEY'],
    ['namespaces="airkit-*",valid-after="20200101"', [], 0, undefined],
    ['namespaces="git"', [], 2, undefined],
    ['cert-authority', [], 2, undefined],
  ])('%s %j exits %i', async (...row) => {
    const [options, more, code, finding] = row;
    const own = await freshSite();
    await writeFile(own.path('ops.allowed_signers'), await signerLine(options));
    const args = ['verify', 'kit', '--trust', 'ops.allowed_signers', ...more];
    const { document, ...outcome } = await runJson(own, args);
    expect(outcome.code).toBe(code);
    const codes = codesOf(document);
    expect(codes).toEqual(finding === undefined ? [] : expect.arrayContaining([finding]));
  });

  test('of a kit is judged by --at, too, also by load', async () => {
    const own = await freshSite();
    await writeBundles(own.path('old.yaml'), [demoBundle({ expires: '2021-06-30' })]);
    await pack(own.host, { file: 'old.yaml', output: 'old', key: 'env:RELEASE_KEY' });
    const publicKey = createPublicKey(own.environment['RELEASE_KEY'] ?? '');
    await writeFile(own.path('own.pub'), publicKey.export({ type: 'spki', format: 'pem' }));
    const trusting = ['old', '--trust', 'own.pub'];
    expect((await airkit(own, ['verify', ...trusting])).code).toBe(4);
    expect((await airkit(own, ['verify', ...trusting, '--at', '2021-06-30'])).code).toBe(0);
    expect((await airkit(own, ['verify', ...trusting, '--at', '2021-07-01'])).code).toBe(4);
    const to = ['--to', 'oci:into', '--receipt', 'r.json', '--at', '2021-06-30'];
    const loaded = await runJson(own, ['load', ...trusting, ...to]);
    expect(loaded.code).toBe(0);
    expect(codesOf(loaded.document)).toContain('AT_DATE');
    for (const date of ['2021-06-31', 'yesterday', '2021'])
      expect((await airkit(own, ['verify', ...trusting, '--at', date])).code).toBe(2);
  });
});

test('--threshold counts different trusted keys, and excludes --allow-unsigned', async () => {
  const own = await freshSite();
  await sign(site.host, 'kit', { key: 'env:OTHER_KEY' });
  const trust = ['--trust', 'release.pub', '--trust', 'other.pub'];
  const two = await runJson(own, ['verify', 'kit', ...trust, '--threshold', '2']);
  expect(two.code).toBe(4);
  expect(codesOf(two.document)).toEqual(['TOO_FEW_SIGNERS']);
  expect((await airkit(site, ['verify', 'kit', ...trust, '--threshold', '2'])).code).toBe(0);
  expect((await airkit(site, ['verify', 'kit', ...trust, '--threshold', '3'])).code).toBe(4);
  for (const wrong of [['0'], ['two'], ['2', '--allow-unsigned']])
    expect((await airkit(own, ['verify', 'kit', '--threshold', ...wrong])).code).toBe(2);
});

test('a serial below the last one loaded is a warning', async () => {
  const own = await freshSite();
  for (const serial of [5, 7]) {
    await writeBundles(own.path(`${serial}.yaml`), [demoBundle({ serial })]);
    await pack(own.host, { file: `${serial}.yaml`, output: `kit-${serial}` });
  }
  const options = { allowUnsigned: true };
  const codes = async (kit: string): Promise<string[]> =>
    (await verify(own.host, kit, options)).findings.map(({ code }) => code);
  expect(await codes('kit-5')).not.toContain('LOWER_SERIAL');
  await load(own.host, 'kit-7', { ...options, to: 'oci:into' });
  await writeFile(own.path('home', 'state', 'airkit', 'receipts', 'zz.json'), '{"kit":');
  expect(await codes('kit-5')).toContain('LOWER_SERIAL');
  expect(await codes('kit-7')).not.toContain('LOWER_SERIAL');
  const { warnings } = await load(own.host, 'kit-5', { ...options, to: 'oci:into' });
  expect(warnings).toContainEqual(
    expect.objectContaining({ code: 'LOWER_SERIAL', severity: 'warning' }),
  );
});
