import { readFile, writeFile } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { inventory, pack } from '../../src/index.ts';
import { digestOf } from '../../src/oci/digest.ts';
import { useTempFolder } from '../support/temp-folder.ts';
import { damagedCopy } from './support/damaged-kit.ts';
import { airkit, airkitJson } from './support/run-airkit.ts';
import { blobsOf, copyKit, indexOf, makeThinSite } from './support/thin-kits.ts';
import type { Site } from './support/site.ts';

const folder = useTempFolder();
const TRUST = ['--trust', 'release.pub'];
let site: Site;

beforeAll(async () => {
  site = await makeThinSite(await folder.fresh());
});

const verify = async (...args: string[]): ReturnType<typeof airkitJson> =>
  airkitJson(site, ['verify', ...args, ...TRUST]);

const codesIn = (document: { readonly [member: string]: unknown }): unknown[] => {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- its shape is what the tests look at
  const findings = document['findings'] as { code: string; severity: string }[];
  return findings.filter(({ severity }) => severity === 'error').map(({ code }) => code);
};

describe('pack --base', () => {
  test('leaves out what the base has; both together hold what the full kit holds', async () => {
    const [base, thin, full] = await Promise.all(
      ['base', 'thin', 'full'].map(async (kit) => new Set(await blobsOf(site, kit))),
    );
    const index = await indexOf(site, 'thin');
    const left = index.absent.map(({ digest }) => `blobs/sha256/${digest.slice(7)}`);
    expect(left.length).toBeGreaterThan(4);
    expect(left.every((path) => base?.has(path))).toBe(true);
    expect([...(thin ?? []), ...left].toSorted()).toEqual([...(full ?? [])].toSorted());
    expect(new Set(index.absent.map(({ reason }) => reason))).toEqual(new Set(['base']));
    const bytes = await readFile(site.path('base', 'bundle.json'));
    const { mediaType } = index;
    const named = { mediaType, digest: digestOf(bytes), size: bytes.byteLength };
    expect(index.bases).toEqual([{ ...named, name: 'demo', version: '1.0' }]);
  });

  test('shows other programs the same images as the full kit', async () => {
    const [thin, full] = ['thin', 'full'].map((kit) => site.path(kit, 'images.txt'));
    expect(await readFile(thin ?? '', 'utf8')).toBe(await readFile(full ?? '', 'utf8'));
  });

  test('names the folder after the base, and tells what is left out as plan did', async () => {
    const args = ['next.yaml', '--base', 'base/bundle.json'];
    const planned = await airkitJson(site, ['plan', ...args]);
    const { document } = await airkitJson(site, ['pack', ...args]);
    const path = site.path('dist', 'demo-2.0-from-1.0');
    const index = await indexOf(site, 'thin');
    const bytes = index.absent.reduce((sum, { size }) => sum + size, 0);
    const told = { path, bases: index.bases, leftOut: { blobs: index.absent.length, bytes } };
    expect(planned.document).toMatchObject({ bundles: [told] });
    expect(document).toMatchObject({ kits: [told] });
    expect(await readFile(`${path}/bundle.json`)).toEqual(
      await readFile(site.path('thin', 'bundle.json')),
    );
  });

  test('of several bases leaves out what all have, in whatever order they are named', async () => {
    const first = { file: 'next.yaml', output: 'both', base: ['base', 'full', 'base'] };
    const [one] = await pack(site.host, first);
    const [other] = await pack(site.host, { ...first, output: 'turned', base: ['full', 'base'] });
    expect(other?.archiveSha256).toBe(one?.archiveSha256);
    const absent = async (kit: string): Promise<unknown> => (await indexOf(site, kit)).absent;
    expect(await absent('both')).toEqual(await absent('thin'));
    expect((await indexOf(site, 'both')).bases).toHaveLength(2);
  });

  test('takes of a thin base only what is in it', async () => {
    await pack(site.host, { file: 'next.yaml', output: 'chained', base: ['thin'] });
    const members = new Set(await blobsOf(site, 'thin'));
    const { absent } = await indexOf(site, 'chained');
    expect(absent.every(({ digest }) => members.has(`blobs/sha256/${digest.slice(7)}`))).toBe(true);
    expect(absent).toHaveLength(2);
  });

  test('takes inventories, and gives a full kit where they have nothing of it', async () => {
    await airkitJson(site, ['load', 'base', ...TRUST, '--to', 'oci:store', '--receipt', 'r.json']);
    await inventory(site.host, 'oci:store', { output: 'store.json' });
    await pack(site.host, { file: 'next.yaml', output: 'lean', base: ['store.json'] });
    const [lean, thin] = [await indexOf(site, 'lean'), await indexOf(site, 'thin')];
    expect(lean.absent).toEqual(thin.absent);
    expect(lean.bases).toMatchObject([{ digest: expect.any(String) }]);
    await inventory(site.host, 'oci:empty', { output: 'empty.json' });
    await pack(site.host, { file: 'next.yaml', output: 'whole', base: ['empty.json'] });
    expect(await readFile(site.path('whole', 'bundle.tar'))).toEqual(
      await readFile(site.path('full', 'bundle.tar')),
    );
  });

  test.each([
    ['nothing', 2, 'USAGE'],
    ['next.json', 2, 'UNSUPPORTED'],
    ['changed', 4, 'VERIFICATION_FAILED'],
  ])('%s is no base: exit %i', async (name, code, error) => {
    await writeFile(site.path('next.json'), '{"mediaType":"text/plain"}');
    await copyKit(site, 'base', 'changed');
    const text = await readFile(site.path('base', 'bundle.json'), 'utf8');
    await writeFile(site.path('changed', 'bundle.json'), text.replace('"1.0"', '"1.1"'));
    const args = ['pack', 'next.yaml', '-o', 'never', '--base', name];
    const outcome = await airkitJson(site, args);
    expect([outcome.code, outcome.document.error?.code]).toEqual([code, error]);
  });
});

describe('verify of a thin kit', () => {
  test('alone is good, and says that it is not complete', async () => {
    const { code, document } = await verify('thin');
    expect({ code, ...document }).toMatchObject({
      code: 0,
      ok: true,
      complete: false,
      bases: [{ name: 'demo', version: '1.0' }],
    });
  });

  test.each(['--quick', '--deep'])('with its base is complete (%s)', async (flag) => {
    const { code, document } = await verify('thin', '--base', 'base', flag);
    expect({ code, ...document }).toMatchObject({ code: 0, ok: true, complete: true });
  });

  test('with a kit that lacks them names the layers', async () => {
    await pack(site.host, {
      file: 'base.yaml',
      output: 'hollow',
      base: ['base'],
      key: 'env:RELEASE_KEY',
    });
    const { code, document } = await verify('thin', '--base', 'hollow');
    const { absent } = await indexOf(site, 'thin');
    expect({ code, ok: document['ok'], complete: document['complete'] }).toEqual({
      code: 4,
      ok: false,
      complete: false,
    });
    expect(codesIn(document)).toEqual(absent.map(() => 'BASE_MISSING'));
  });

  test('finds a damaged layer of the base, unless bytes are left out', async () => {
    const damage = { reference: 'docker.io/acme/multi:2', part: 'layer' } as const;
    await damagedCopy(site.path('base'), site.path('torn'), damage);
    const { code, document } = await verify('thin', '--base', 'torn');
    expect([code, document['complete'], codesIn(document)]).toEqual([
      4,
      false,
      ['DIGEST_MISMATCH'],
    ]);
    const quick = await verify('thin', '--base', 'torn', '--quick');
    expect([quick.code, quick.document['complete']]).toEqual([0, true]);
  });

  test('trusts no base of an unknown signer', async () => {
    await pack(site.host, { file: 'base.yaml', output: 'foreign', key: 'env:OTHER_KEY' });
    const { code, document } = await verify('thin', '--base', 'foreign');
    expect([code, document['complete']]).toEqual([4, false]);
    expect(codesIn(document)).toContain('UNKNOWN_KEY');
  });
});

describe('inspect of a thin kit', () => {
  test('says which base has what is not there', async () => {
    const { code, stdout } = await airkit(site, ['inspect', 'thin', '--layers']);
    expect(code).toBe(0);
    expect(stdout).toContain('not carried (base demo 1.0)');
  });

  test('tells what it was packed against, and why a layer is not there', async () => {
    const { document } = await airkitJson(site, ['inspect', 'thin']);
    const layers = [{ absent: 'base' }, { absent: 'base' }, { isPresent: true }];
    expect(document).toMatchObject({
      bases: [{ name: 'demo', version: '1.0' }],
      images: [{ manifests: [{ layers }] }, {}, {}],
    });
  });
});
