import { cp, readdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { bundleIndexSpan } from '../../src/archive/layout.ts';
import { pack, verify } from '../../src/index.ts';
import { airkitJson } from '../cli/support/run-airkit.ts';
import { makeSampleSite, type Site } from '../cli/support/site.ts';
import { useTempFolder } from '../support/temp-folder.ts';
import { isNamed, openKitFolder, verifyReleased, withCopy } from './support/kit-editor.ts';

const SIGNATURES = [
  'SHA256SUMS.sig',
  'SHA256SUMS.sigstore.json',
  'SHA256SUMS.sshsig',
  'bundle.json.sigstore.json',
  'bundle.json.sshsig',
];
const REQUIRED = ['SHA256SUMS', 'bundle.json', 'bundle.tar', 'images.txt', 'load.sh'];
const folder = useTempFolder();
let site: Site;
let kit: string;

beforeAll(async () => {
  site = await makeSampleSite(await folder.fresh());
  kit = site.path('kit');
  const key = 'env:RELEASE_KEY';
  await pack(site.host, { key });
  await pack(site.host, { key, output: 'other', annotations: { of: 'another' } });
});

/** The exit code of verify for a copy of the kit that `change` has changed, and whether an error names `name`. */
async function verifyChanged(
  name: string,
  change: (copy: string) => Promise<void>,
): Promise<{ code: number | null; named: boolean }> {
  return withCopy(kit, async (copy) => {
    await change(copy);
    const { code, document } = await airkitJson(site, ['verify', copy, '--trust', 'release.pub']);
    return { code, named: JSON.stringify(document.error ?? {}).includes(name) };
  });
}

const FOUND = { code: 4, named: true };

describe('verify exits 4 and names the file when', () => {
  test('the kit has the files that this test thinks of', async () => {
    expect((await readdir(kit)).toSorted()).toEqual([...REQUIRED, ...SIGNATURES].toSorted());
  });

  test.each(REQUIRED)('%s is missing', async (name) => {
    expect(await verifyChanged(name, async (copy) => rm(join(copy, name)))).toEqual(FOUND);
  });

  test.each([...REQUIRED, ...SIGNATURES])('%s is empty', async (name) => {
    expect(await verifyChanged(name, async (copy) => truncate(join(copy, name), 0))).toEqual(FOUND);
  });

  test.each([...REQUIRED, ...SIGNATURES])('a byte follows %s', async (name) => {
    const append = async (copy: string): Promise<void> =>
      writeFile(join(copy, name), '\n', { flag: 'a' });
    expect(await verifyChanged(name, append)).toEqual(FOUND);
  });

  test.each([512, 1024, 10_240])('%i zeros follow the archive', async (count) => {
    const append = async (copy: string): Promise<void> =>
      writeFile(join(copy, 'bundle.tar'), Buffer.alloc(count), { flag: 'a' });
    expect(await verifyChanged('bundle.tar', append)).toEqual(FOUND);
  });

  test.each(['bundle.json', 'SHA256SUMS'])('all signatures of %s are missing', async (name) => {
    const signatures = SIGNATURES.filter((one) => one.startsWith(name));
    const remove = async (copy: string): Promise<void> => {
      for (const signature of signatures) await rm(join(copy, signature));
    };
    expect(await verifyChanged(name, remove)).toEqual(FOUND);
  });
});

test('the archive cut off at any block is found', async () => {
  await withCopy(kit, async (copy) => {
    const path = join(copy, 'bundle.tar');
    const { byteLength } = await readFile(path);
    const unfound: number[] = [];
    for (let size = byteLength - 512; size >= 0; size -= 512) {
      await truncate(path, size);
      const report = await verifyReleased(site, copy);
      if (report.ok || !isNamed(report, 'bundle.tar')) unfound.push(size);
    }
    expect(unfound).toEqual([]);
  });
});

test('two blobs of the same size that changed places are found, both', async () => {
  const { index } = await openKitFolder(kit);
  const blobs = index.members.filter(({ path }) => path.startsWith('blobs/'));
  const pairs = blobs.flatMap((a) =>
    blobs.filter((b) => b.size === a.size && b.path > a.path).map((b) => [a, b] as const),
  );
  const [pair] = pairs;
  if (pair === undefined) throw new Error('the sample has no two blobs of one size');
  await withCopy(kit, async (copy) => {
    const path = join(copy, 'bundle.tar');
    const bytes = await readFile(path);
    const base = bundleIndexSpan((await readFile(join(copy, 'bundle.json'))).byteLength);
    const [first, second] = pair.map(({ offset, size }) =>
      Buffer.from(bytes.subarray(base + offset, base + offset + size)),
    );
    bytes.set(second ?? [], base + pair[0].offset);
    bytes.set(first ?? [], base + pair[1].offset);
    await writeFile(path, bytes);
    const report = await verifyReleased(site, copy);
    for (const { path: name } of pair) expect(isNamed(report, name)).toBe(true);
  });
});

/** The findings about a kit whose SHA256SUMS does not list load.sh, after `change`. */
async function unlisted(change: (copy: string) => Promise<void>): Promise<unknown> {
  return withCopy(site.path('unsigned'), async (copy) => {
    const sums = await readFile(join(copy, 'SHA256SUMS'), 'utf8');
    await writeFile(join(copy, 'SHA256SUMS'), sums.replace(/^.*  load\.sh\n/mu, ''));
    await change(copy);
    const { findings } = await verify(site.host, copy, { allowUnsigned: true });
    return findings.filter(({ subject }) => subject === 'load.sh');
  });
}

describe('load.sh', () => {
  beforeAll(async () => pack(site.host, { output: 'unsigned' }));

  test('without a sum is an error, since people run it', async () => {
    const findings = await unlisted(() => Promise.resolve());
    expect(findings).toMatchObject([{ code: 'MEMBER_MISSING', severity: 'error' }]);
  });

  test('is not the only program that needs one', async () => {
    await withCopy(site.path('unsigned'), async (copy) => {
      await writeFile(join(copy, 'airkit-linux-x64'), 'x');
      const { findings } = await verify(site.host, copy, { allowUnsigned: true });
      const own = findings.filter(({ subject }) => subject === 'airkit-linux-x64');
      expect(own).toMatchObject([{ code: 'MEMBER_MISSING', severity: 'error' }]);
    });
  });

  test('may be missing where no sum speaks of it', async () => {
    const findings = await unlisted(async (copy) => rm(join(copy, 'load.sh')));
    expect(findings).toMatchObject([{ code: 'MEMBER_MISSING', severity: 'warning' }]);
  });
});

describe('files that do not belong', () => {
  test('an unknown one is a warning that names it', async () => {
    await withCopy(kit, async (copy) => {
      await writeFile(join(copy, 'Thumbs.db'), 'x');
      const report = await verifyReleased(site, copy);
      expect(report.ok).toBe(true);
      expect(report.findings).toMatchObject([
        { code: 'UNKNOWN_FILE', severity: 'warning', subject: 'Thumbs.db' },
      ]);
    });
  });

  test.each(SIGNATURES)('without %s the kit passes on the others, with a warning', async (name) => {
    await withCopy(kit, async (copy) => {
      await rm(join(copy, name));
      const report = await verifyReleased(site, copy);
      expect(report.ok).toBe(true);
      expect(report.findings).toMatchObject([{ severity: 'warning', subject: name }]);
    });
  });

  test.each(['SHA256SUMS', 'images.txt'])('%s under another name is missing', async (name) => {
    const change = async (copy: string): Promise<void> =>
      rename(join(copy, name), join(copy, `${name}.bak`));
    expect(await verifyChanged(name, change)).toEqual(FOUND);
  });

  test.each([
    ['bundle.json', ['bundle.json']],
    [
      'bundle.json with its signatures',
      ['bundle.json', 'bundle.json.sshsig', 'bundle.json.sigstore.json'],
    ],
    ['bundle.tar', ['bundle.tar']],
    ['all but bundle.tar', [...REQUIRED, ...SIGNATURES].filter((name) => name !== 'bundle.tar')],
    ['images.txt', ['images.txt']],
    ['SHA256SUMS with its signatures', ['SHA256SUMS', ...SIGNATURES.slice(0, 3)]],
  ])('%s of another kit by the same key is found', async (_, names) => {
    await withCopy(kit, async (copy) => {
      for (const name of names) await cp(site.path('other', name), join(copy, name));
      const sameText = names[0] === 'images.txt';
      if (sameText) await writeFile(join(copy, 'images.txt'), 'another\n');
      expect((await verifyReleased(site, copy)).ok).toBe(false);
    });
  });
});
