/** Kits whose archive is cut into volumes, as a person meets them. */
import { cp, mkdir, readdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Problem } from '../../src/index.ts';
import { digestOf } from '../../src/oci/digest.ts';
import { useTempFolder } from '../support/temp-folder.ts';
import { AGENT, loadKit, makeLoadSite, PROXY, REDIS, rootsIn } from './support/load-kit.ts';
import { airkit, airkitJson } from './support/run-airkit.ts';
import type { Site } from './support/site.ts';

const folder = useTempFolder();
let site: Site;
/** Names of the volumes of `cut`, in order. */
let names: string[] = [];

beforeAll(async () => {
  site = await makeLoadSite(await folder.fresh());
  await packed('cut', '4KiB');
  names = await volumesIn('cut');
}, 60_000);

async function packed(kit: string, size: string, ...flags: string[]): Promise<void> {
  const args = ['pack', '--bundle', 'demo', '-o', kit, '--key', 'env:RELEASE_KEY'];
  const { code, stderr } = await airkit(site, [...args, '--volume-size', size, ...flags]);
  expect({ code, stderr }).toMatchObject({ code: 0 });
}

async function volumesIn(kit: string): Promise<string[]> {
  const files = await readdir(site.path(kit));
  return files.filter((name) => /^bundle\.tar\.\d{3}$/.test(name)).toSorted();
}

async function joined(kit: string): Promise<Buffer> {
  const parts = (await volumesIn(kit)).map(async (name) => readFile(site.path(kit, name)));
  return Buffer.concat(await Promise.all(parts));
}

/** A copy of the kit whose volumes lie in three folders: the first ones beside the tables. */
async function spread(name: string): Promise<{ kit: string; flags: string[] }> {
  const kit = site.path(name);
  await cp(site.path('cut'), kit, { recursive: true });
  const places = [kit, `${kit}-second`, `${kit}-third`];
  for (const place of places) await mkdir(place, { recursive: true });
  for (const [position, volume] of names.entries()) {
    const place = places[Math.floor((position * places.length) / names.length)] ?? kit;
    await rename(join(kit, volume), join(place, volume));
  }
  return { kit: name, flags: places.slice(1).flatMap((place) => ['--volumes', place]) };
}

async function flip(path: string, at: number): Promise<void> {
  const bytes = await readFile(path);
  bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
  await writeFile(path, bytes);
}

/** Where an image's own last layer begins: a volume, and bytes from its start. */
async function placeOf(reference: string): Promise<{ volume: string; at: number }> {
  const bytes = await readFile(site.path('cut', 'bundle.json'));
  const { images, members } = JSON.parse(bytes.toString());
  const image = images.find((one: { reference: string }) => one.reference === reference);
  const hex = image.manifests[0].layers.at(-1).descriptor.digest.slice(7);
  const { offset } = members.find(({ path }: { path: string }) => path.endsWith(hex));
  const at = 512 + Math.ceil(bytes.byteLength / 512) * 512 + Number(offset);
  return { volume: names[Math.floor(at / 4096)] ?? '', at: at % 4096 };
}

interface Outcome {
  readonly code: number | null;
  readonly subjects: readonly (string | undefined)[];
  readonly messages: string;
}

async function verified(kit: string, ...flags: string[]): Promise<Outcome> {
  return outcomeOf(['verify', kit, '--trust', 'release.pub', ...flags]);
}

async function outcomeOf(args: string[]): Promise<Outcome> {
  const { code, document } = await airkitJson(site, args);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- its shape is what the tests look at
  const error = document['error'] as { problems?: Problem[] } | undefined;
  const problems = (error?.problems ?? []).filter(({ severity }) => severity === 'error');
  return {
    code,
    subjects: problems.map(({ subject }) => subject),
    messages: problems.map(({ message }) => message).join('\n'),
  };
}

describe('pack --volume-size', () => {
  test('cuts the very bytes of the archive, and says so', async () => {
    expect(names.length).toBeGreaterThan(3);
    expect((await joined('cut')).equals(await readFile(site.path('kit', 'bundle.tar')))).toBe(true);
    expect(await readFile(site.path('cut', 'bundle.json'))).toEqual(
      await readFile(site.path('kit', 'bundle.json')),
    );
    const sums = await readFile(site.path('cut', 'SHA256SUMS'), 'utf8');
    for (const name of names) {
      const digest = digestOf(await readFile(site.path('cut', name)));
      expect(sums).toContain(`${digest.slice(7)}  ${name}\n`);
    }
  });

  test('an archive that fits into one volume keeps its name', async () => {
    await packed('whole', 'dvd');
    expect(await volumesIn('whole')).toEqual([]);
    expect((await verified('whole')).code).toBe(0);
  });

  test('plan knows the size to the byte and the number of volumes', async () => {
    const args = ['plan', '--bundle', 'demo', '--volume-size', '4KiB', '-o', 'planned'];
    const { document } = await airkitJson(site, args);
    const files = (await readdir(site.path('cut'))).filter((name) => !/sig/.test(name));
    const sizes = files.map(async (name) => (await readFile(site.path('cut', name))).byteLength);
    const bytes = (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
    expect(document['bundles']).toMatchObject([
      { kit: { bytes, kind: 'exact', volumes: names.length } },
    ]);
  });

  test('refuses more than 999 volumes and sizes that are none, before it writes', async () => {
    for (const [size, error] of [
      ['16', 'UNSUPPORTED'],
      ['4 parsecs', 'USAGE'],
    ] as const) {
      const args = ['pack', '--bundle', 'demo', '-o', 'tiny', '--volume-size', size];
      const { code, document } = await airkitJson(site, args);
      expect({ code, document }).toMatchObject({ code: 2, document: { error: { code: error } } });
    }
    expect(await readdir(site.folder)).not.toContain('tiny.partial');
  });

  test('--force replaces volumes by others and by one archive, and none stays', async () => {
    await packed('forced', '4KiB');
    await packed('forced', '16KiB', '--force');
    expect(await volumesIn('forced')).toHaveLength(Math.ceil(names.length / 4));
    expect((await verified('forced')).code).toBe(0);
    await packed('forced', 'fat32', '--force');
    expect(await volumesIn('forced')).toEqual([]);
  });
});

describe('commands that read kits', () => {
  test('read volumes in one folder and in several', async () => {
    const { kit, flags } = await spread('spread');
    for (const [name, more] of [
      ['cut', []],
      ['cut/bundle.tar.001', []],
      [kit, flags],
    ] as const) {
      expect(await verified(name, '--deep', ...more)).toMatchObject({ code: 0 });
      const layout = `oci:into-${name.replaceAll('/', '-')}`;
      const loaded = await loadKit(site, name, ...more, '--to', layout);
      expect(loaded).toMatchObject({ code: 0 });
      expect(loaded.results).toHaveLength(4);
    }
    expect(await rootsIn(site.path(`into-${kit}`))).toEqual(await rootsIn(site.path('into-cut')));
    expect(await airkitJson(site, ['inspect', kit, ...flags])).toMatchObject({ code: 0 });
    const diff = ['diff', kit, '--target', 'oci:empty-target', ...flags];
    expect(await airkitJson(site, diff)).toMatchObject({ code: 0 });
  });

  test('signing and reusing a kit in volumes', async () => {
    await cp(site.path('cut'), site.path('signed'), { recursive: true });
    expect((await airkit(site, ['sign', 'signed', '--key', 'env:OTHER_KEY'])).code).toBe(0);
    const { kit, flags } = await spread('signed-apart');
    expect((await airkit(site, ['sign', kit, '--key', 'env:OTHER_KEY'])).code).toBe(4);
    expect((await airkit(site, ['sign', kit, '--key', 'env:OTHER_KEY', ...flags])).code).toBe(0);
    await packed('reusing', '8KiB', '--reuse', 'cut');
    expect((await joined('reusing')).equals(await joined('cut'))).toBe(true);
  });
});

/** What is told of a volume: its size, the sum that it should have, and an image that has a part in it. */
async function factsOf(volume: string, image: string): Promise<string[]> {
  const bytes = await readFile(site.path('cut', volume));
  return [volume, `${bytes.byteLength} bytes`, digestOf(bytes).slice('sha256:'.length), image];
}

describe('a volume that is not what it should be', () => {
  test('missing: named with size, sum and images; the others are loaded with --keep-going', async () => {
    const { volume: gone } = await placeOf(REDIS);
    await cp(site.path('cut'), site.path('gapped'), { recursive: true });
    await rm(site.path('gapped', gone));
    const outcome = await verified('gapped');
    expect(outcome).toMatchObject({ code: 4, subjects: [gone] });
    for (const fact of await factsOf(gone, REDIS)) expect(outcome.messages).toContain(fact);
    expect((await verified('gapped', '--quick')).subjects).toEqual([gone]);

    const refused = await loadKit(site, 'gapped', '--to', 'oci:gapped-layout');
    expect(refused).toMatchObject({
      code: 4,
      document: { error: { code: 'VERIFICATION_FAILED' } },
    });
    expect(await rootsIn(site.path('gapped-layout'))).toEqual({});
    const partly = await loadKit(site, 'gapped', '--to', 'oci:gapped-layout', '--keep-going');
    expect(partly.code).toBe(5);
    expect(partly.results).toContain(`${REDIS} failed`);
    expect(partly.results).toContain(`${PROXY} loaded`);
    expect(Object.keys(await rootsIn(site.path('gapped-layout')))).not.toContain(REDIS);
  });

  test('the last one, with the tables that engines read', async () => {
    await cp(site.path('cut'), site.path('tailless'), { recursive: true });
    await rm(site.path('tailless', names.at(-1) ?? ''));
    expect(await verified('tailless')).toMatchObject({ code: 4, subjects: names.slice(-1) });
    const flags = ['--to', 'oci:tailless-layout', '--keep-going'];
    const { results } = await loadKit(site, 'tailless', ...flags);
    expect(results.filter((one) => one.endsWith(' loaded')).length).toBeGreaterThan(0);
  });

  test('swapped', async () => {
    await cp(site.path('cut'), site.path('swapped'), { recursive: true });
    const [{ volume: a }, { volume: b }] = [await placeOf(REDIS), await placeOf(AGENT)];
    await cp(site.path('cut', a), site.path('swapped', b));
    await cp(site.path('cut', b), site.path('swapped', a));
    const subjects = [a, b].toSorted();
    expect(await verified('swapped')).toMatchObject({ code: 4, subjects });
    const load = ['load', 'swapped', '--trust', 'release.pub', '--to', 'oci:swapped-layout'];
    const refused = await outcomeOf([...load, '--receipt', 'r.json']);
    expect(refused).toMatchObject({ code: 4, subjects });
    for (const fact of [...(await factsOf(a, REDIS)), ...(await factsOf(b, AGENT))])
      expect(refused.messages).toContain(fact);
    expect(await rootsIn(site.path('swapped-layout'))).toEqual({});
  });

  test('one bit flipped: named before anything is loaded', async () => {
    const { volume: hit, at } = await placeOf(AGENT);
    await cp(site.path('cut'), site.path('flipped'), { recursive: true });
    await flip(site.path('flipped', hit), at);
    expect((await verified('flipped')).subjects).toContain(hit);
    const load = ['load', 'flipped', '--trust', 'release.pub', '--receipt', 'r.json'];
    const refused = await outcomeOf([...load, '--to', 'oci:flipped-layout']);
    expect(refused).toMatchObject({ code: 4, subjects: [hit] });
    for (const fact of await factsOf(hit, AGENT)) expect(refused.messages).toContain(fact);
    expect(await rootsIn(site.path('flipped-layout'))).toEqual({});
    const partly = await loadKit(site, 'flipped', '--to', 'oci:flipped-layout', '--keep-going');
    expect(partly.code).toBe(5);
    expect(partly.results.filter((one) => one.endsWith(' loaded')).length).toBeGreaterThan(0);
  });

  test('cut off, and found whole in another folder', async () => {
    await cp(site.path('cut'), site.path('short'), { recursive: true });
    const [, second = ''] = names;
    await truncate(site.path('short', second), 100);
    expect(await verified('short')).toMatchObject({ code: 4, subjects: [second] });
    expect(await verified('short', '--volumes', 'cut')).toMatchObject({ code: 0 });
    await cp(site.path('cut', names[3] ?? ''), site.path('short', second));
    expect(await verified('short', '--volumes', 'cut')).toMatchObject({ code: 0 });
  });

  test('all but the tables are gone', async () => {
    await cp(site.path('cut'), site.path('bare'), { recursive: true });
    for (const name of names) await rm(site.path('bare', name));
    expect(await verified('bare')).toMatchObject({ code: 4, subjects: names });
    expect((await airkit(site, ['inspect', 'bare'])).code).toBe(0);
  });
});
