import { createPublicKey } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { load, pack, sign, verify } from '../../src/index.ts';
import { readPublicKeys } from '../../src/signing/public-keys.ts';
import { useTempFolder } from '../support/temp-folder.ts';
import { airkit } from './support/run-airkit.ts';
import { demoBundle, makeSampleSite, writeBundles, type Site } from './support/site.ts';
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

/** A line of allowed_signers for the release key. */
async function signerLine(options: string): Promise<string> {
  const [key] = readPublicKeys(await readFile(site.path('release.pub'), 'utf8'), { path: '' });
  return `ops ${options} ${key?.kind ?? ''} ${key?.sshBlob.toString('base64') ?? ''}\n`;
}

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

test('--threshold and --at are judged by every command that uses kits', async () => {
  const own = await freshSite();
  await writeFile(own.path('old.allowed_signers'), await signerLine('valid-before="20200101Z"'));
  const commands = [
    ['serve', 'kit', '--mirror-config', 'k3s', '--listen', '10.0.0.5:5000'],
    ['serve', 'kit', '--listen', '127.0.0.1:0'],
    ['load', 'kit', '--to', 'oci:never', '--receipt', 'r.json'],
    ['convert', 'kit', 'oci:converted'],
    ['gather', 'kit', '--into', 'gathered'],
  ];
  const old = ['--trust', 'old.allowed_signers'];
  for (const args of commands) {
    for (const [flags, code] of [
      [['--trust', 'release.pub', '--threshold', '2'], 4],
      [old, 4],
      [[...old, '--at', 'yesterday'], 2],
    ] as const) {
      await rm(own.path('gathered'), { recursive: true, force: true });
      const outcome = await airkit(own, [...args, ...flags]);
      expect({ args, flags, code: outcome.code }).toEqual({ args, flags, code });
    }
  }
  for (const args of commands.filter(([, , flag]) => flag !== '--listen')) {
    await rm(own.path('gathered'), { recursive: true, force: true });
    const outcome = await airkit(own, [...args, ...old, '--at', '2019-06-30']);
    expect({ args, code: outcome.code }).toEqual({ args, code: 0 });
  }
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
