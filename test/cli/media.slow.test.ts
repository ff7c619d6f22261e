/** `copy` onto media and `gather` from them. */
import { cp, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { useTempFolder } from '../support/temp-folder.ts';
import { airkit, airkitJson, type JsonDocument } from './support/run-airkit.ts';
import { makeSampleSite, type Site } from './support/site.ts';

const folder = useTempFolder();
let site: Site;
let volumes: string[] = [];

beforeAll(async () => {
  site = await makeSampleSite(await folder.fresh());
  const args = ['pack', '-o', 'kit', '--key', 'env:RELEASE_KEY', '--volume-size', '4KiB'];
  expect((await airkit(site, args)).code).toBe(0);
  volumes = (await readdir(site.path('kit'))).filter((name) => name.startsWith('bundle.tar.'));
  volumes.sort();
});

/** Two media: the first holds the volumes before `split`, the second the others. */
async function twoMedia(name: string, split: number): Promise<[string, string]> {
  const media: [string, string] = [`${name}-1`, `${name}-2`];
  for (const medium of media) await cp(site.path('kit'), site.path(medium), { recursive: true });
  for (const [position, volume] of volumes.entries())
    await rm(site.path(media[position < split ? 1 : 0], volume));
  return media;
}

async function run(...args: string[]): Promise<{ code: number | null; document: JsonDocument }> {
  return airkitJson(site, args);
}

/** A row of any list in a document of these commands. */
interface Row {
  readonly name: string;
  readonly subject: string;
  readonly status: string;
  readonly files: readonly Row[];
}

function rowsOf(document: JsonDocument, member: string): readonly Row[] {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- its shape is what the tests look at
  return document[member] as readonly Row[];
}

async function gather(...args: string[]): ReturnType<typeof run> {
  return run('gather', '--trust', 'release.pub', ...args);
}

async function sameFiles(one: string, other: string): Promise<void> {
  const names = (await readdir(site.path(one))).toSorted();
  expect((await readdir(site.path(other))).toSorted()).toEqual(names);
  for (const name of names)
    expect(
      (await readFile(site.path(other, name))).equals(await readFile(site.path(one, name))),
    ).toBe(true);
}

describe('copy', () => {
  test('copies every file of the kit, reads it back, and copies nothing twice', async () => {
    const first = await run('copy', 'kit', 'copied');
    expect(first).toMatchObject({ code: 0, document: { unused: [] } });
    await sameFiles('kit', 'copied');
    const before = await stat(site.path('copied', volumes[0] ?? ''));
    await writeFile(site.path('copied', volumes[1] ?? ''), 'cut off');
    await writeFile(site.path('copied', `.${volumes[2]}.airkit-copy`), 'left behind');
    const second = await run('copy', 'kit', 'copied');
    const [medium] = rowsOf(second.document, 'media');
    const copied = medium?.files.filter(({ status }) => status === 'copied');
    expect(copied?.map(({ name }) => name)).toEqual([volumes[1]]);
    expect((await stat(site.path('copied', volumes[0] ?? ''))).ino).toBe(before.ino);
    await sameFiles('kit', 'copied');
  });

  test('a kit that is not cut, and folders that are not needed', async () => {
    await airkit(site, ['pack', '-o', 'single', '--key', 'env:RELEASE_KEY']);
    const { document } = await run('copy', 'single', 'single-1', 'single-2');
    expect(document['unused']).toEqual([site.path('single-2')]);
    await sameFiles('single', 'single-1');
  });

  test('from several folders, without files of others', async () => {
    const [first, second] = await twoMedia('from', 2);
    await writeFile(site.path(first, 'holiday.jpg'), 'a beach');
    const { code } = await run('copy', first, 'joined', '--volumes', second);
    expect(code).toBe(0);
    await sameFiles('kit', 'joined');
  });

  test('refuses another kit, itself, and a folder twice', async () => {
    await airkit(site, ['pack', '-o', 'other', '--key', 'env:OTHER_KEY', '--annotation', 'a=b']);
    for (const [error, ...dirs] of [
      ['OUTPUT_EXISTS', 'other'],
      ['USAGE', 'kit'],
      ['USAGE', 'twice', 'twice'],
    ] as const) {
      const refused = await run('copy', 'kit', ...dirs);
      expect(refused).toMatchObject({ code: 2, document: { error: { code: error } } });
    }
  });

  test('refuses a source that is damaged or lacks a volume', async () => {
    await cp(site.path('kit'), site.path('bad'), { recursive: true });
    const path = site.path('bad', volumes[1] ?? '');
    const bytes = await readFile(path);
    bytes.writeUInt8(bytes.readUInt8(4000) ^ 1, 4000);
    await writeFile(path, bytes);
    const damaged = await run('copy', 'bad', 'bad-copy');
    expect(damaged).toMatchObject({
      code: 4,
      document: { error: { problems: [{ code: 'DIGEST_MISMATCH', subject: volumes[1] }] } },
    });
    expect(await readdir(site.path('bad-copy'))).not.toContain(volumes[1]);
    await rm(path);
    const missing = await run('copy', 'bad', 'bad-copy-2');
    expect(missing).toMatchObject({
      code: 4,
      document: { error: { code: 'VERIFICATION_FAILED' } },
    });
  });
});

describe('gather', () => {
  test('one medium after the other', async () => {
    const [first, second] = await twoMedia('turns', 3);
    const half = await gather('--into', 'turned', first);
    expect(half).toMatchObject({ code: 5, document: { complete: false } });
    expect(rowsOf(half.document, 'missing').map(({ name }) => name)).toEqual(volumes.slice(3));
    expect(await gather('--into', 'turned', first)).toMatchObject({ code: 5 });
    const whole = await gather('--into', 'turned', second);
    expect(whole).toMatchObject({ code: 0, document: { complete: true, missing: [] } });
    await sameFiles('kit', 'turned');
    expect(await readdir(site.folder)).not.toContain('turned.partial');
  });

  test('a damaged volume is not taken, and taken from a good copy later', async () => {
    const [first, second] = await twoMedia('hurt', 3);
    const path = site.path(second, volumes[4] ?? '');
    await writeFile(path, Buffer.alloc((await stat(path)).size));
    const damaged = await gather('--into', 'healed', first, second);
    expect(damaged).toMatchObject({ code: 4, document: { complete: false } });
    expect(rowsOf(damaged.document, 'problems').map(({ subject }) => subject)).toEqual([
      volumes[4],
    ]);
    expect(await gather('--into', 'healed', 'kit')).toMatchObject({ code: 0 });
    await sameFiles('kit', 'healed');
  });

  test('media of another kit, folders that are none, and what is there already', async () => {
    const [first] = await twoMedia('mixed', 3);
    await airkit(site, ['pack', '-o', 'foreign', '--annotation', 'c=d']);
    expect(await gather('--into', 'mix', first)).toMatchObject({ code: 5 });
    await mkdir(site.path('empty'));
    for (const medium of ['foreign', 'empty']) {
      const refused = await gather('--into', 'mix', medium);
      expect(refused).toMatchObject({ code: 2, document: { error: { code: 'USAGE' } } });
    }
    const there = await gather('--into', 'kit', first);
    expect(there).toMatchObject({ code: 2, document: { error: { code: 'OUTPUT_EXISTS' } } });
    const kept = await readdir(join(site.folder, 'mix.partial'));
    expect(kept).toEqual(expect.arrayContaining(volumes.slice(0, 3)));
  });

  test('a kit that nobody trusted signed is complete, and does not pass', async () => {
    const { code, document } = await run('gather', '--into', 'doubtful', 'kit');
    expect({ code, complete: document['complete'] }).toEqual({ code: 4, complete: true });
  });
});
