import { cp, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { pack } from '../../src/index.ts';
import { useTempFolder } from '../support/temp-folder.ts';
import { airkit, airkitJson } from './support/run-airkit.ts';
import { demoBundle, makeSampleSite, writeBundles, type Site } from './support/site.ts';

interface Found {
  readonly code: number | null;
  readonly error: string | undefined;
  readonly codes: readonly unknown[];
}

const folder = useTempFolder();
let site: Site;

beforeAll(async () => {
  site = await makeSampleSite(await folder.fresh());
  await pack(site.host, { output: 'signed', key: 'env:RELEASE_KEY' });
  await pack(site.host, { output: 'unsigned' });
});

async function verified(args: readonly string[], from: Site = site): Promise<Found> {
  const { code, document } = await airkitJson(from, ['verify', ...args]);
  const findings = Array.isArray(document['findings']) ? document['findings'] : [];
  return {
    code,
    error: document.error?.code,
    codes: findings.map((one) => Reflect.get(Object(one), 'code')),
  };
}

/** Copies a kit and changes one byte of one of its files. */
async function damagedCopy(kit: string, name: string, at: number): Promise<string> {
  const copy = `${kit}-damaged-${name}-${at}`;
  await cp(site.path(kit), site.path(copy), { recursive: true });
  const bytes = await readFile(site.path(copy, name));
  bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
  await writeFile(site.path(copy, name), bytes);
  return copy;
}

describe('verify', () => {
  test('accepts a kit that a trusted key signed, and says by whom', async () => {
    const { code, document } = await airkitJson(site, [
      'verify',
      'signed',
      '--trust',
      'release.pub',
    ]);
    expect(code).toBe(0);
    expect(document).toMatchObject({
      schemaVersion: 1,
      ok: true,
      name: 'demo',
      version: '1.0',
      images: 3,
      complete: true,
      signers: [{ keyId: expect.stringMatching(/^SHA256:/), trusted: true }],
      findings: [],
    });
  });

  test.each([
    ['nothing signed it', ['unsigned', '--trust', 'release.pub'], 'UNSIGNED'],
    ['no key is trusted', ['signed'], 'UNKNOWN_KEY'],
    ['another key is trusted', ['signed', '--trust', 'other.pub'], 'UNKNOWN_KEY'],
    [
      'another key is, with --allow-unsigned',
      ['signed', '--trust', 'other.pub', '--allow-unsigned'],
      'UNKNOWN_KEY',
    ],
  ])('exits 4 when %s', async (_, args, finding) => {
    expect(await verified(args)).toEqual({
      code: 4,
      error: 'VERIFICATION_FAILED',
      codes: [finding],
    });
    const { code, stdout, stderr } = await airkit(site, ['verify', ...args]);
    expect({ code, stdout }).toEqual({ code: 4, stdout: '' });
    expect(stderr).toContain(finding);
  });

  test('names both key ids where the key is unknown', async () => {
    const wanted = await airkitJson(site, ['verify', 'signed', '--trust', 'release.pub']);
    await pack(site.host, { output: 'by-other', key: 'env:OTHER_KEY' });
    const { document } = await airkitJson(site, ['verify', 'by-other', '--trust', 'release.pub']);
    const [mine] = keyIdsIn(wanted.document['signers']);
    const [others] = keyIdsIn(document['signers']);
    expect(mine).not.toBe(others);
    const text = JSON.stringify(document['findings']);
    expect(text).toContain(mine);
    expect(text).toContain(others);
  });

  test('--allow-unsigned admits what has no signature at all, with a warning', async () => {
    expect(await verified(['unsigned', '--allow-unsigned'])).toEqual({
      code: 0,
      error: undefined,
      codes: ['UNSIGNED'],
    });
  });

  test.each([
    'bundle.json.sigstore.json',
    'bundle.json.sshsig',
    'SHA256SUMS.sig',
    'bundle.json',
    'SHA256SUMS',
  ])('--allow-unsigned does not excuse a damaged %s', async (name) => {
    const kit = await damagedCopy('signed', name, 40);
    const { code, codes } = await verified([kit, '--trust', 'release.pub', '--allow-unsigned']);
    expect(code).toBe(4);
    expect(codes).toContain('BAD_SIGNATURE');
  });

  test('a kit that has expired exits 4 and was warned of, one that expires in the future passes', async () => {
    for (const [name, expires, code] of [
      ['past', '2020-01-31', 4],
      ['future', '2999-12-31', 0],
    ] as const) {
      await writeBundles(site.path(`${name}.yaml`), [demoBundle({ expires })]);
      const packing = { file: `${name}.yaml`, output: name, key: 'env:RELEASE_KEY' };
      const [packed] = await pack(site.host, packing);
      expect(packed?.warnings).toHaveLength(code === 0 ? 0 : 1);
      expect(await verified([name, '--trust', 'release.pub'])).toMatchObject({
        code,
        codes: code === 0 ? [] : ['EXPIRED'],
      });
    }
  });

  test('takes trusted keys from $XDG_CONFIG_HOME/airkit/trust, and never from beside the kit', async () => {
    const own = await makeSampleSite(await folder.fresh());
    await pack(own.host, { output: 'kit', key: 'env:RELEASE_KEY' });
    for (const beside of ['kit', '.']) {
      await cp(own.path('release.pub'), own.path(beside, 'airkit.pub'));
      await mkdir(own.path(beside, 'trust'), { recursive: true });
      await cp(own.path('release.pub'), own.path(beside, 'trust', 'release.pub'));
    }
    expect(await verified(['kit'], own)).toMatchObject({ code: 4 });
    await rm(own.path('kit', 'trust'), { recursive: true });
    await rm(own.path('kit', 'airkit.pub'));
    const trust = own.path('home', 'config', 'airkit', 'trust');
    await mkdir(trust, { recursive: true });
    await cp(own.path('release.pub'), `${trust}/release.pub`);
    expect(await verified(['kit'], own)).toEqual({ code: 0, error: undefined, codes: [] });
  });

  test.each([['missing.pub'], ['bundles.yaml'], ['home']])(
    '--trust %s, which holds no key, exits 2',
    async (trust) => {
      expect(await verified(['signed', '--trust', trust])).toMatchObject({
        code: 2,
        error: 'KEY_INVALID',
      });
    },
  );

  test('takes the folder, the archive in it, and an archive that stands alone, which is unsigned', async () => {
    expect(await verified(['signed', '--trust', 'release.pub'])).toMatchObject({ code: 0 });
    expect(await verified(['signed/bundle.tar', '--trust', 'release.pub'])).toMatchObject({
      code: 0,
    });
    await cp(site.path('signed', 'bundle.tar'), site.path('moved', 'bundle.tar'));
    expect(await verified(['moved/bundle.tar', '--trust', 'release.pub'])).toMatchObject({
      code: 4,
      codes: ['UNSIGNED'],
    });
    expect(await verified(['moved/bundle.tar', '--allow-unsigned'])).toMatchObject({ code: 0 });
    await cp(site.path('signed', 'bundle.tar'), site.path('renamed.tar'));
    expect(await verified(['renamed.tar', '--allow-unsigned'])).toMatchObject({ code: 0 });
  });

  test('an archive that another tool wrote exits 4 and is not called a bug', async () => {
    await writeFile(site.path('other.tar'), Buffer.alloc(10_240));
    expect(await verified(['other.tar', '--allow-unsigned'])).toMatchObject({ code: 4 });
  });

  test('a kit that was not finished is refused', async () => {
    await cp(site.path('signed'), site.path('cut.partial'), { recursive: true });
    expect((await verified(['cut.partial', '--trust', 'release.pub'])).code).toBe(2);
  });
});

describe('depth', () => {
  test('--quick leaves the bytes of blobs unread, the default does not', async () => {
    const { size } = await stat(site.path('signed', 'bundle.tar'));
    const kit = await damagedCopy('signed', 'bundle.tar', Math.floor(size / 2));
    expect(await verified([kit, '--trust', 'release.pub', '--quick'])).toMatchObject({ code: 0 });
    const full = await verified([kit, '--trust', 'release.pub']);
    expect(full).toMatchObject({ code: 4 });
    expect(full.codes).toContain('DIGEST_MISMATCH');
  });

  test('--deep passes a good kit', async () => {
    expect(await verified(['signed', '--trust', 'release.pub', '--deep'])).toMatchObject({
      code: 0,
    });
  });
});

function keyIdsIn(signers: unknown): string[] {
  const list: unknown[] = Array.isArray(signers) ? signers : [];
  return list.map((one) => String(Reflect.get(Object(one), 'keyId')));
}
