import { existsSync, readFileSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { openPartialKit } from '../../src/archive/kit-folder.ts';
import { pack } from '../../src/index.ts';
import { writeBigLayout } from '../cli/support/big-layout.ts';
import { documentOf, spawnAirkit } from '../cli/support/run-airkit.ts';
import { makeSite, writeBundles, type Site } from '../cli/support/site.ts';
import { useTempFolder } from '../support/temp-folder.ts';

const LAYERS = 10;
const LAYER_BYTES = 6_000_000;
const folder = useTempFolder();
let site: Site;
/** Of an undisturbed archive. */
let sha256: string | undefined;

beforeAll(async () => {
  site = await makeSite(await folder.fresh());
  await writeBigLayout(site.path('layout'), { layers: LAYERS, bytesEach: LAYER_BYTES });
  await writeBundles(site.path('bundles.yaml'));
  [{ archiveSha256: sha256 } = { archiveSha256: undefined }] = await pack(site.host, {});
});

/** Blobs that an unfinished pack knows to be in place. */
async function journalOf(output: string): Promise<string[]> {
  const text = await readFile(site.path(`${output}.partial`, 'journal'), 'utf8').catch(() => '');
  return text.split('\n').slice(1, -1);
}

/** Starts a pack and kills it when `isTime`. */
async function killPack(output: string, isTime: () => Promise<boolean>): Promise<void> {
  const { code } = await spawnAirkit(site, ['pack', '-o', output], {
    started: async (child) => {
      while (child.exitCode === null && !(await isTime())) await sleep(2);
      child.kill('SIGKILL');
    },
  });
  expect(code).toBeNull();
  expect(existsSync(site.path(output))).toBe(false);
}

async function expectWhole(output: string): Promise<void> {
  const [kit] = await pack(site.host, { output });
  expect(kit?.archiveSha256).toBe(sha256);
  expect(existsSync(site.path(`${output}.partial`))).toBe(false);
  expect((await readdir(site.path(output))).toSorted()).toEqual(await readdir(site.path('kit')));
}

describe('a pack that SIGKILL ended', () => {
  test.each([1, 7])(
    'after %i blobs leaves no kit, and the next one writes the same bytes',
    async (blobs) => {
      const output = `killed-after-${blobs}`;
      await killPack(output, async () => (await journalOf(output)).length >= blobs);
      await expectWhole(output);
    },
  );

  test('at its very start and at its very end is no different', async () => {
    const before = 'killed-early';
    await killPack(before, async () => existsSync(site.path(`${before}.partial`)));
    await expectWhole(before);
    const late = 'killed-late';
    await killPack(late, async () => existsSync(site.path(`${late}.partial`, 'bundle.json')));
    await expectWhole(late);
  });

  test('is resumed: what the journal lists is not read again', async () => {
    const output = 'resumed';
    await killPack(output, async () => (await journalOf(output)).length >= 5);
    const blobs = site.path('layout', 'blobs', 'sha256');
    const journal = new Set((await journalOf(output)).map((digest) => digest.slice(7)));
    const names = (await readdir(blobs)).filter((name) => journal.has(name));
    const originals = new Map<string, Buffer>();
    for (const name of names) {
      const bytes = await readFile(`${blobs}/${name}`);
      if (bytes.byteLength < 1_000_000) continue;
      originals.set(name, bytes);
      await writeFile(`${blobs}/${name}`, Buffer.alloc(bytes.byteLength));
    }
    expect(originals.size).toBeGreaterThan(0);
    expect(originals.size).toBeLessThan(LAYERS);
    await expectWhole(output);
    for (const [name, bytes] of originals) await writeFile(`${blobs}/${name}`, bytes);
  });

  test('is not trusted blindly: what the power took from the disk is written once more', async () => {
    const output = 'lost';
    await killPack(output, async () => (await journalOf(output)).length >= 8);
    const archive = site.path(`${output}.partial`, 'bundle.tar');
    const bytes = await readFile(archive);
    await writeFile(archive, bytes.fill(0, 100_000));
    await expectWhole(output);
  });
});

test('two packs of one kit at a time: the second exits 2 and says that it is busy', async () => {
  let second: ReturnType<typeof spawnAirkit> | undefined;
  const first = await spawnAirkit(site, ['pack', '-o', 'busy'], {
    started: async (child) => {
      while (child.exitCode === null && !existsSync(site.path('busy.partial', 'bundle.tar')))
        await sleep(2);
      child.kill('SIGSTOP');
      second = spawnAirkit(site, ['pack', '-o', 'busy', '--json']);
      await second;
      child.kill('SIGCONT');
    },
  });
  const late = await (second ?? Promise.reject(new Error('the first pack did not start')));
  expect({ code: late.code, error: documentOf(late).error?.code }).toEqual({
    code: 2,
    error: 'OUTPUT_BUSY',
  });
  expect(first.code).toBe(0);
});

test('the lock is never there without naming its holder, or a second pack would take it for a dead one', async () => {
  const seen = new Set<string>();
  for (let round = 0; round < 20; round += 1) {
    const final = site.path(`locked-${round}`);
    const state = { isOpen: false };
    const opening = openPartialKit(final, { pid: process.pid }).finally(() => {
      state.isOpen = true;
    });
    while (!state.isOpen) {
      await setImmediate();
      const lock = `${final}.partial.lock`;
      if (existsSync(lock)) seen.add(readFileSync(lock, 'utf8'));
    }
    await opening;
  }
  expect([...seen].filter((holder) => !/^\d+ \d+$/.test(holder))).toEqual([]);
});
