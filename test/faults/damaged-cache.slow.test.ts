/** A cache that something has damaged between two runs, or during one: the kit has the same bytes, and the cache heals. */
import { existsSync } from 'node:fs';
import { appendFile, cp, mkdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import { truncate, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { basename } from 'node:path';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { airkitJson, documentOf, spawnAirkit } from '../cli/support/run-airkit.ts';
import { writeBigArchive } from '../cli/support/big-layout.ts';
import { demoBundle, makeSite, writeBundles, type Site } from '../cli/support/site.ts';
import { useTempFolder } from '../support/temp-folder.ts';
import { examineFolder, examineBlobs, filesIn, type Examination } from './support/examine.ts';
import { requireNone } from './support/judge.ts';
import { amount, note } from './support/ledger.ts';
import { makeFaultSite } from './support/operations.ts';

const PRUNES = amount('AIRKIT_FAULT_POINTS', 3);
const folder = useTempFolder();

/** What happens to one file of a cache; `other` is another one of the same kind. */
const DAMAGES: Readonly<Record<string, (path: string, other: string) => Promise<void>>> = {
  'has one bit flipped': async (path) => {
    const bytes = await readFile(path);
    const at = Math.floor(bytes.byteLength / 2);
    bytes.writeUInt8(bytes.readUInt8(at) ^ 0x04, at);
    await writeFile(path, bytes);
  },
  'is cut in half': async (path) =>
    truncate(path, Math.floor((await readFile(path)).byteLength / 2)),
  'is empty': async (path) => truncate(path, 0),
  'has a byte more': async (path) => appendFile(path, '\0'),
  'is gone': async (path) => rm(path),
  'has changed places with another': async (path, other) => {
    await rename(path, `${path}.aside`);
    await rename(other, path);
    await rename(`${path}.aside`, other);
  },
  'has another name': async (path) => rename(path, path.replace(/.(\.json)?$/, 'x$1')),
  'is an empty folder': async (path) => {
    await rm(path);
    await mkdir(path);
  },
  'is a folder with files': async (path) => {
    await rm(path);
    await mkdir(path);
    await writeFile(`${path}/file`, 'x');
  },
  'is a link to nowhere': async (path) => {
    await rm(path);
    await symlink('/nowhere/at/all', path);
  },
  'is a link to itself': async (path) => {
    await rm(path);
    await symlink(basename(path), path);
  },
};

describe('a pack with a cache of which', () => {
  let site: Site;
  let wanted: Examination;
  const cache = (...parts: string[]): string => site.path('home', 'cache', 'airkit', ...parts);

  beforeAll(async () => {
    site = await makeFaultSite(await folder.fresh());
    wanted = await examineFolder(site.path('kit'));
    await cp(cache(), site.path('whole-cache'), { recursive: true });
  });
  beforeEach(async () => {
    await rm(cache(), { recursive: true, force: true });
    await cp(site.path('whole-cache'), cache(), { recursive: true });
  });

  /** Packs twice: the same bytes, and afterwards nothing in the cache that its name does not fit. */
  const packsAsEver = async (damage: string): Promise<string[]> => {
    const problems: string[] = [];
    for (const output of ['first', 'second']) {
      const { code, document } = await airkitJson(site, ['pack', '-o', output]);
      const made = await examineFolder(site.path(output));
      await rm(site.path(output), { recursive: true, force: true });
      const isSame = JSON.stringify(made.files) === JSON.stringify(wanted.files);
      note({ fault: 'damaged cache', during: 'pack', wrongAccepts: code === 0 && !isSame ? 1 : 0 });
      if (code !== 0 || !isSame)
        problems.push(`${damage}: ${output} ${code} ${document.error?.message}`);
    }
    const bad = await examineBlobs(cache('blobs', 'sha256'));
    return [...problems, ...bad.map((name) => `${damage}: ${name} is still damaged`)];
  };

  test.each(Object.keys(DAMAGES))('any file %s', async (name) => {
    const problems: string[] = [];
    const files = await filesIn(site.path('whole-cache'));
    expect(files.length).toBeGreaterThan(0);
    for (const path of files) {
      const local = path.slice(site.path('whole-cache').length + 1);
      const kind = local.slice(0, local.indexOf('/'));
      const other = files.find((one) => one !== path && one.includes(`/whole-cache/${kind}/`));
      if (other === undefined) continue;
      await rm(cache(), { recursive: true, force: true });
      await cp(site.path('whole-cache'), cache(), { recursive: true });
      await DAMAGES[name]?.(cache(local), cache(other.slice(site.path('whole-cache').length + 1)));
      problems.push(...(await packsAsEver(`${local} ${name}`)));
    }
    requireNone(problems);
  });

  test('all files are rubbish', async () => {
    for (const path of await filesIn(cache())) await writeFile(path, 'rubbish');
    expect(await packsAsEver('all')).toEqual([]);
  });

  test.each(['', 'blobs', 'blobs/sha256', 'layers', 'exports', 'ingest'])(
    'the folder "%s" is a file: told, and nothing is made',
    async (part) => {
      await rm(cache(part), { recursive: true, force: true });
      await writeFile(cache(part), 'x');
      const { code, document } = await airkitJson(site, ['pack', '-o', 'out']);
      note({ fault: 'damaged cache', during: 'pack' });
      const isMade = existsSync(site.path('out'));
      await rm(site.path('out'), { recursive: true, force: true });
      if (code === 0) return;
      expect({ code, error: document.error?.code, isMade }).toEqual({
        code: 3,
        error: 'DISK_FAILED',
        isMade: false,
      });
      expect(document.error?.message).toContain(cache());
    },
  );
});

describe('a cache that goes while a pack runs', () => {
  let site: Site;
  let wanted: Examination;
  const cache = (...parts: string[]): string => site.path('home', 'cache', 'airkit', ...parts);

  beforeAll(async () => {
    site = await makeSite(await folder.fresh());
    await writeBigArchive(site.path('big.tar'), 40_000_000);
    const images = [{ from: 'docker-archive:big.tar', include: ['*'] }];
    await writeBundles(site.path('bundles.yaml'), [demoBundle({ images })]);
    expect(await airkitJson(site, ['pack'])).toMatchObject({ code: 0 });
    wanted = await examineFolder(site.path('kit'));
  });

  const packsWhile = async (isTime: () => boolean, disturb: () => Promise<void>): Promise<void> => {
    await rm(cache(), { recursive: true, force: true });
    const outcome = await spawnAirkit(site, ['pack', '-o', 'out', '--json'], {
      started: async (child) => {
        while (child.exitCode === null && !isTime()) await sleep(1);
        child.kill('SIGSTOP');
        await disturb();
        child.kill('SIGCONT');
      },
    });
    note({ fault: 'cache gone', during: 'pack' });
    if (outcome.code !== 0) {
      const told = { code: outcome.code, error: documentOf(outcome).error };
      expect(told).toMatchObject({ code: 3, error: { code: 'CACHE_DAMAGED' } });
      expect(existsSync(site.path('out'))).toBe(false);
      expect(await airkitJson(site, ['pack', '-o', 'out'])).toMatchObject({ code: 0 });
    }
    const made = await examineFolder(site.path('out'));
    await rm(site.path('out'), { recursive: true });
    expect(made.files).toEqual(wanted.files);
  };

  const removed = async (): Promise<void> => rm(cache(), { recursive: true, force: true });
  const pruned = async (): Promise<void> => {
    expect(await airkitJson(site, ['cache', 'prune', '--unused-days', '0'])).toMatchObject({
      code: 0,
    });
  };
  const isIngesting = (): boolean => existsSync(cache('ingest'));
  const isEncoding = (): boolean => existsSync(cache('blobs'));
  const isWriting = (): boolean => existsSync(site.path('out.partial', 'bundle.tar'));

  test.each([
    { what: 'removed', when: 'ingested', disturb: removed, isTime: isIngesting },
    { what: 'removed', when: 'encoded', disturb: removed, isTime: isEncoding },
    { what: 'removed', when: 'written', disturb: removed, isTime: isWriting },
    { what: 'pruned', when: 'ingested', disturb: pruned, isTime: isIngesting },
    { what: 'pruned', when: 'encoded', disturb: pruned, isTime: isEncoding },
    { what: 'pruned', when: 'written', disturb: pruned, isTime: isWriting },
  ])('$what while layers are $when', async ({ disturb, isTime }) => {
    await packsWhile(isTime, disturb);
  });

  test('pruned at any moment: the pack, or at the latest the next one, gives the same bytes', async () => {
    const start = performance.now();
    await packsWhile(isIngesting, pruned);
    const duration = performance.now() - start;
    for (let round = 0; round < PRUNES; round += 1) {
      const from = performance.now();
      const moment = Math.random() * duration;
      await packsWhile(() => performance.now() - from > moment, pruned);
    }
  });

  test('two packs of one bundle with one cache and outputs of their own give the same bytes', async () => {
    await rm(cache(), { recursive: true, force: true });
    const outputs = ['one', 'two', 'three'];
    const runs = outputs.map(async (output) => spawnAirkit(site, ['pack', '-o', output]));
    for (const { code, stderr } of await Promise.all(runs))
      expect({ code, stderr }).toMatchObject({ code: 0 });
    note({ fault: 'packs at once', during: 'pack', count: outputs.length });
    for (const output of outputs)
      expect((await examineFolder(site.path(output))).files).toEqual(wanted.files);
  });

  test('two packs of one bundle into one folder: one makes the kit, the other says that it is busy or there', async () => {
    const runs = [1, 2].map(async () => spawnAirkit(site, ['pack', '-o', 'same', '--json']));
    const outcomes = await Promise.all(runs);
    note({ fault: 'packs at once', during: 'pack', count: 2 });
    expect(new Set(outcomes.map(({ code }) => code))).toEqual(new Set([0, 2]));
    const late = outcomes.find(({ code }) => code === 2);
    expect(late && documentOf(late).error?.code).toMatch(/^OUTPUT_(BUSY|EXISTS)$/);
    expect((await examineFolder(site.path('same'))).files).toEqual(wanted.files);
  });
});
