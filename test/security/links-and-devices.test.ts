/** Links, pipes and devices where files and folders are expected: planted in an output folder, or carried in on a disk. */
import { spawnSync } from 'node:child_process';
import { cp, mkdir, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { inspect, load, pack, verify } from '../../src/index.ts';
import { copyFile, unfinishedName } from '../../src/content/copy-file.ts';
import { openForReading, readSmallFile } from '../../src/content/file-bytes.ts';
import { openLayoutSource } from '../../src/transports/oci/source.ts';
import { makeSampleSite, type Site } from '../cli/support/site.ts';
import { useTempFolder } from '../support/temp-folder.ts';

const folder = useTempFolder();
let site: Site;
const CODED = { code: expect.stringMatching(/^[A-Z]+(?:_[A-Z]+)+$/) };

beforeAll(async () => {
  site = await makeSampleSite(await folder.fresh());
  await pack(site.host, { key: 'env:RELEASE_KEY' });
});

/** A folder of somebody, with a file in it that must stay. */
async function victim(): Promise<string> {
  const place = await folder.fresh();
  await writeFile(`${place}/precious`, 'precious');
  return place;
}

async function requireUntouched(place: string): Promise<void> {
  expect(await readdir(place)).toEqual(['precious']);
  expect(await readFile(`${place}/precious`, 'utf8')).toBe('precious');
}

describe('an output folder', () => {
  it.each([false, true])('that is a link is not written through, force %s', async (force) => {
    const place = await victim();
    const output = site.path(`linked-${force}`);
    await symlink(place, output);
    await expect(pack(site.host, { output, force })).rejects.toMatchObject({
      code: 'OUTPUT_EXISTS',
    });
    await requireUntouched(place);
  });

  it('that is a link to nothing makes nothing there', async () => {
    const [output, nowhere] = [site.path('dangling'), site.path('nowhere')];
    await symlink(nowhere, output);
    await expect(pack(site.host, { output })).rejects.toMatchObject({ code: 'OUTPUT_EXISTS' });
    await expect(readdir(nowhere)).rejects.toThrow('ENOENT');
  });

  it('whose unfinished folder is a link is not written, and nothing in it removed', async () => {
    const place = await victim();
    await symlink(place, site.path('trap.partial'));
    await expect(pack(site.host, { output: site.path('trap') })).rejects.toMatchObject({
      code: 'OUTPUT_EXISTS',
    });
    await requireUntouched(place);
  });

  it('whose unfinished folder holds links: they are removed, what they lead to stays', async () => {
    const place = await victim();
    await mkdir(site.path('baited.partial'));
    for (const name of ['bundle.tar', 'journal', 'earlier.tar', 'images.txt', 'SHA256SUMS'])
      await symlink(`${place}/precious`, site.path('baited.partial', name));
    await pack(site.host, { output: site.path('baited') });
    await requireUntouched(place);
    expect((await verify(site.host, site.path('baited'), { allowUnsigned: true })).ok).toBe(true);
  });

  it('into which a kit is copied: a link in the place of an unfinished copy is not followed', async () => {
    const place = await victim();
    const to = site.path('copy-of-index');
    await symlink(`${place}/precious`, unfinishedName(to));
    await expect(copyFile({ from: site.path('kit', 'bundle.json'), to })).rejects.toMatchObject({
      code: 'DISK_FAILED',
    });
    expect(await readFile(`${place}/precious`, 'utf8')).toBe('precious');
  });
});

/** Ways in which a file never ends. */
const endless: readonly [string, (path: string) => Promise<unknown>][] = [
  ['a link to a device', async (path) => symlink('/dev/zero', path)],
  ['a pipe that nobody writes', async (path) => void spawnSync('mkfifo', [path])],
  ['a folder', async (path) => mkdir(path)],
  ['a link to itself', async (path) => symlink(path, path)],
];
const files = [
  'bundle.json',
  'bundle.tar',
  'SHA256SUMS',
  'bundle.json.sshsig',
  'images.txt',
  'load.sh',
];

describe.each(endless)('%s in a kit', (_, make) => {
  it.each(files)('in the place of %s is refused', async (name) => {
    const kit = await folder.fresh();
    await cp(site.path('kit'), kit, { recursive: true });
    await rename(`${kit}/${name}`, `${kit}/was`);
    await make(`${kit}/${name}`);
    const trust = [site.path('release.pub')];
    const report = await verify(site.host, kit, { trust }).catch((error: unknown) => {
      expect(error).toMatchObject(CODED);
      return { ok: false };
    });
    expect(report.ok).toBe(false);
    if (name === 'load.sh') return;
    const choices = { trust, to: [`oci:${kit}/out`], receipt: `${kit}/receipt.json` };
    await expect(load(site.host, kit, choices)).rejects.toMatchObject(CODED);
    await inspect(site.host, kit).catch((error: unknown) => expect(error).toMatchObject(CODED));
  });

  it('and in a layout is refused', async () => {
    const layout = await folder.fresh();
    await cp(site.path('layout'), layout, { recursive: true });
    await rm(`${layout}/index.json`);
    await make(`${layout}/index.json`);
    await expect(openLayoutSource(layout)).rejects.toMatchObject(CODED);
    await make(`${layout}/x`);
    await expect(openForReading(`${layout}/x`)).rejects.toMatchObject({ code: 'DISK_FAILED' });
    await expect(readSmallFile(`${layout}/x`, 10)).rejects.toMatchObject({ code: 'DISK_FAILED' });
  });
});
