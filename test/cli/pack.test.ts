import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { pack } from '../../src/index.ts';
import { useTempFolder } from '../support/temp-folder.ts';
import { airkit, airkitJson } from './support/run-airkit.ts';
import { demoBundle, makeSampleSite, writeBundles, type Site } from './support/site.ts';

const KIT = ['SHA256SUMS', 'bundle.json', 'bundle.tar', 'images.txt', 'load.sh'];
const folder = useTempFolder();
let site: Site;

beforeAll(async () => {
  site = await makeSampleSite(await folder.fresh());
});

async function indexOf(kit: string): Promise<Record<string, unknown>> {
  const index: Record<string, unknown> = JSON.parse(
    await readFile(site.path(kit, 'bundle.json'), 'utf8'),
  );
  return index;
}

describe('pack', () => {
  test('writes the kit of the bundles file and tells what is in it', async () => {
    const { code, document } = await airkitJson(site, ['pack', '--key', 'env:RELEASE_KEY']);
    expect(code).toBe(0);
    expect(document).toMatchObject({
      kits: [
        {
          name: 'demo',
          version: '1.0',
          path: site.path('kit'),
          archive: { bytes: expect.any(Number), sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
          signedBy: expect.stringMatching(/^SHA256:/),
          images: [
            { reference: 'docker.io/library/redis:7', from: 'oci:layout', pattern: '*' },
            { reference: 'ghcr.io/acme/k8s-agent:2.3.0' },
            { reference: 'registry.k8s.io/kube-proxy:v1.30.2' },
          ],
        },
      ],
    });
    const files = await readdir(site.path('kit'));
    expect(files).toEqual(expect.arrayContaining([...KIT, 'bundle.json.sigstore.json']));
    for (const name of ['bundle.json.sshsig', 'SHA256SUMS.sig', 'SHA256SUMS.sshsig'])
      expect(files).toContain(name);
    expect(files.filter((name) => /lock|journal|tmp|partial/.test(name))).toEqual([]);
  });

  test('-o names the folder, relative to the working folder and not to the bundles file', async () => {
    const { code, stdout } = await airkit(
      site,
      ['pack', '../bundles.yaml', '-o', 'away/kit', '-q'],
      {
        cwd: site.path('home'),
      },
    );
    expect({ code, stdout }).toEqual({ code: 0, stdout: `${site.path('home', 'away', 'kit')}\n` });
    expect((await readdir(site.path('home', 'away'))).toSorted()).toEqual(['kit']);
  });

  test('takes --bundle, --annotation and SOURCE_DATE_EPOCH', async () => {
    const second = demoBundle({ name: 'second', version: '2', output: { path: 'second' } });
    await writeBundles(site.path('two.yaml'), [demoBundle({ output: { path: 'first' } }), second]);
    const annotations = ['--annotation', 'team=core', '--annotation', 'url=https://x/?a=b'];
    const { code } = await airkit(
      site,
      ['pack', 'two.yaml', '--bundle', 'second', '-o', 'chosen', ...annotations],
      { env: { SOURCE_DATE_EPOCH: '1700000000' } },
    );
    expect(code).toBe(0);
    expect(existsSync(site.path('first'))).toBe(false);
    expect(await indexOf('chosen')).toMatchObject({
      name: 'second',
      created: '2023-11-14T22:13:20Z',
      annotations: { team: 'core', url: 'https://x/?a=b' },
    });
  });

  test('writes every bundle where there are two', async () => {
    const second = demoBundle({
      name: 'second',
      version: '2',
      output: { path: 'b/{name}-{version}' },
    });
    await writeBundles(site.path('both.yaml'), [demoBundle({ output: { path: 'a' } }), second]);
    const { stdout } = await airkit(site, ['pack', 'both.yaml']);
    expect(stdout).toBe(`${site.path('a')}\n${site.path('b', 'second-2')}\n`);
  });

  test('without SOURCE_DATE_EPOCH no time is in the kit', async () => {
    await airkit(site, ['pack', '-o', 'timeless']);
    expect(await indexOf('timeless')).not.toHaveProperty('created');
  });

  test('--force replaces a kit, and leaves nothing beside it', async () => {
    await pack(site.host, { output: 'forced/kit' });
    await writeFile(site.path('forced', 'kit', 'stray'), 'x');
    const { code } = await airkit(site, ['pack', '-o', 'forced/kit', '--force']);
    expect(code).toBe(0);
    expect((await readdir(site.path('forced', 'kit'))).toSorted()).toEqual(KIT);
    expect(await readdir(site.path('forced'))).toEqual(['kit']);
  });

  test('--force where there is nothing to replace writes the kit', async () => {
    const { code, document } = await airkitJson(site, ['pack', '-o', 'first-time', '--force']);
    expect({ code, error: document.error }).toEqual({ code: 0, error: undefined });
    expect((await readdir(site.path('first-time'))).toSorted()).toEqual(KIT);
  });

  test('with the key of the bundles file, --key instead takes another', async () => {
    const own = await makeSampleSite(await folder.fresh(), { sign: { key: 'env:RELEASE_KEY' } });
    const [byFile] = await pack(own.host, { output: 'by-file' });
    const [byFlag] = await pack(own.host, { output: 'by-flag', key: 'env:OTHER_KEY' });
    expect(byFile?.signedBy).toMatch(/^SHA256:/);
    expect(byFlag?.signedBy).toMatch(/^SHA256:/);
    expect(byFlag?.signedBy).not.toBe(byFile?.signedBy);
  });
});

describe('pack refuses', () => {
  test('an output that exists, before any source is opened', async () => {
    await mkdir(site.path('there'));
    const selector = { from: 'docker-archive:missing.tar', include: ['*'] };
    await writeBundles(site.path('no-source.yaml'), [demoBundle({ images: [selector] })]);
    expect(await refused(['no-source.yaml', '-o', 'there'])).toEqual({
      code: 2,
      error: 'OUTPUT_EXISTS',
    });
    expect(await refused(['no-source.yaml', '-o', 'elsewhere'])).toEqual({
      code: 3,
      error: expect.stringMatching(/^(SOURCE|DISK)_FAILED$/),
    });
  });

  test('to replace with --force what is no kit', async () => {
    await mkdir(site.path('thesis'));
    await writeFile(site.path('thesis', 'chapter-1'), 'years of work');
    expect(await refused(['-o', 'thesis', '--force'])).toEqual({ code: 2, error: 'OUTPUT_EXISTS' });
    expect(await readFile(site.path('thesis', 'chapter-1'), 'utf8')).toBe('years of work');
  });

  test('-o for two bundles, and names that the file does not have', async () => {
    const second = demoBundle({ name: 'second', output: { path: 'second' } });
    await writeBundles(site.path('pair.yaml'), [demoBundle(), second]);
    expect(await refused(['pair.yaml', '-o', 'x'])).toEqual({ code: 2, error: 'USAGE' });
    expect(await refused(['pair.yaml', '--bundle', 'third'])).toEqual({ code: 2, error: 'USAGE' });
  });

  test.each([
    ['changes of images', { images: [{ from: 'oci:layout', changes: ['USER 1'] }] }],
    ['semver', { images: [{ from: 'oci:layout', include: ['*'], semver: '>=1.0.0' }] }],
    ['referrers', { images: [{ from: 'docker', include: ['a:1'], referrers: true }] }],
  ])('what means nothing for a source: %s', async (name, fields) => {
    const file = `misplaced-${name.replaceAll(/\W/g, '-')}.yaml`;
    await writeBundles(site.path(file), [demoBundle({ output: { path: 'misplaced' }, ...fields })]);
    expect(await refused([file])).toEqual({ code: 2, error: 'SPEC_INVALID' });
    expect(existsSync(site.path('misplaced.partial'))).toBe(false);
  });

  test('a layout that lacks a blob or holds a damaged one, and leaves no kit', async () => {
    const own = await makeSampleSite(await folder.fresh());
    const blobs = own.path('layout', 'blobs', 'sha256');
    const sizes = await Promise.all(
      (await readdir(blobs)).map(async (name) => ({
        name,
        bytes: await readFile(`${blobs}/${name}`),
      })),
    );
    const layer = sizes.find(({ bytes }) => bytes[0] === 0x1f);
    const damaged = Buffer.from(layer?.bytes ?? []);
    damaged.writeUInt8(damaged.readUInt8(100) ^ 1, 100);
    await writeFile(`${blobs}/${layer?.name}`, damaged);
    const { code, document } = await airkitJson(own, ['pack']);
    expect({ code, error: document.error?.code }).toEqual({ code: 3, error: 'DIGEST_MISMATCH' });
    expect(existsSync(own.path('kit'))).toBe(false);
  });
});

async function refused(args: readonly string[]): Promise<{ code: number | null; error: string }> {
  const { code, document } = await airkitJson(site, ['pack', ...args]);
  return { code, error: document.error?.code ?? '' };
}
