/** Images that cannot be had: all are told together, and a kit is made without them only where that is allowed. */
import { existsSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { pack, plan, type Problem } from '../../src/index.ts';
import { airkit, airkitJson, type JsonDocument } from '../cli/support/run-airkit.ts';
import {
  demoBundle,
  makeSite,
  writeBundles,
  writeLayout,
  sampleRoots,
  type Site,
} from '../cli/support/site.ts';
import type { BuiltRoot } from '../support/image-builder.ts';
import { useTempFolder } from '../support/temp-folder.ts';
import { startTestRegistry, type TestRegistry } from '../support/test-registry.ts';
import {
  downloads,
  layersOf,
  loseBlob,
  putImages,
  putSchema1,
} from '../support/test-registry-images.ts';
import { verifyReleased } from './support/kit-editor.ts';

const NAMES = ['a', 'b', 'c', 'd', 'e'];
const folder = useTempFolder();
let site: Site;
let registry: TestRegistry;
let roots: Map<string, BuiltRoot>;

beforeEach(async () => {
  site = await makeSite(await folder.fresh());
  registry = await startTestRegistry();
  roots = await putImages(registry, NAMES);
  await writeBundles(site.path('bundles.yaml'), [demoBundle({ images: [selector(NAMES)] })]);
});

afterEach(async () => {
  await registry.stop();
});

const selector = (names: readonly string[], more: object = {}): object => ({
  from: `registry://${registry.host}`,
  include: names.map((name) => `acme/${name}:1`),
  ...more,
});

const reference = (name: string): string => `${registry.host}/acme/${name}:1`;
const lastLayer = (name: string): ReturnType<typeof layersOf>[number] =>
  layersOf(roots.get(name)!).at(-1)!;

/** `b` has no manifest any more, `c` is of another age, and nobody may read `e`. */
function breakThree(): void {
  registry.repositories.get('acme/b')?.tags.clear();
  putSchema1(registry, 'acme/c');
  registry.switches.forbidden = 'acme/e';
}

/** What an error document lists. */
function problemsOf({ error }: JsonDocument): readonly Problem[] {
  return error?.problems ?? [];
}

const place = {
  subject: expect.stringContaining('bundles.yaml'),
  line: expect.any(Number),
  column: expect.any(Number),
};
const problem = (code: string, name: string): object => ({
  code,
  reference: reference(name),
  ...place,
});

const three = (): object[] => [
  { code: 'UNSUPPORTED', reference: reference('c'), ...place },
  { code: 'SOURCE_FAILED', reference: reference('e'), ...place, hint: expect.any(String) },
  { code: 'NO_MATCH', reference: 'acme/b:1', ...place },
];

describe('three broken images of five', () => {
  test.each(['plan', 'pack'])('%s tells all three at once, and makes no kit', async (command) => {
    breakThree();
    const { code, document } = await airkitJson(site, [command]);
    expect(code).toBe(3);
    expect(document.error).toMatchObject({ code: 'SOURCE_FAILED' });
    const problems = problemsOf(document);
    expect(problems).toHaveLength(3);
    expect(problems).toEqual(
      expect.arrayContaining(three().map((one) => expect.objectContaining(one))),
    );
    expect(existsSync(site.path('kit'))).toBe(false);
  });

  test('what pack left behind does not stop the next one, which fetches nothing twice', async () => {
    breakThree();
    await expect(pack(site.host, {})).rejects.toMatchObject({ code: 'SOURCE_FAILED' });
    const before = downloads(registry);
    await putImages(registry, NAMES);
    registry.switches.forbidden = undefined;
    const [kit] = await pack(site.host, {});
    expect(kit?.plan.images).toHaveLength(5);
    const layers = ['a', 'd'].map((name) => `acme/${name} ${lastLayer(name)}`);
    expect(before).toEqual(expect.arrayContaining(layers));
    expect(downloads(registry).slice(before.length)).not.toEqual(expect.arrayContaining(layers));
    expect((await readdir(site.folder)).filter((name) => name.includes('partial'))).toEqual([]);
  });

  test('--allow-missing makes the kit of the other two, tells which are missing, and exits 5', async () => {
    breakThree();
    const { code, document, stderr } = await airkitJson(site, [
      'pack',
      '--allow-missing',
      '--key',
      'env:RELEASE_KEY',
    ]);
    expect({ code, error: document.error?.code }).toEqual({ code: 5, error: 'PARTLY_DONE' });
    const names = ['acme/b:1', reference('c'), reference('e')];
    const missing = names.map((name) => ({
      reference: name,
      code: expect.any(String),
      message: expect.any(String),
    }));
    expect(document['missing']).toHaveLength(3);
    expect(document['missing']).toEqual(expect.arrayContaining(missing));
    expect(document).toMatchObject({
      kits: [
        {
          images: [{ reference: reference('a') }, { reference: reference('d') }],
          missing: document['missing'],
        },
      ],
    });
    for (const name of names) expect(stderr).toContain(name);
    expect((await verifyReleased(site, site.path('kit'), 'deep')).findings).toEqual([]);
    const planned = await airkitJson(site, ['plan', '--allow-missing', '-o', 'other']);
    expect(planned.code).toBe(5);
    expect(planned.document['missing']).toEqual(document['missing']);
  });

  test('the kit is the same as one of which nobody asked for the missing', async () => {
    breakThree();
    const [partly] = await pack(site.host, { allowMissing: true });
    const own = [selector(['a', 'd'])];
    await writeBundles(site.path('two.yaml'), [
      demoBundle({ images: own, output: { path: 'two' } }),
    ]);
    const [two] = await pack(site.host, { file: 'two.yaml' });
    expect(partly?.archiveSha256).toBe(two?.archiveSha256);
  });
});

describe('a blob that is gone when it is downloaded', () => {
  test('fails its image; all others are fetched, and the next pack fetches only what it lacks', async () => {
    for (const name of ['b', 'c']) loseBlob(registry, `acme/${name}`, lastLayer(name));
    const failed = await airkitJson(site, ['pack']);
    expect({ code: failed.code, error: failed.document.error?.code }).toEqual({
      code: 3,
      error: 'BLOB_MISSING',
    });
    expect(failed.document.error).toMatchObject({
      problems: ['b', 'c'].map((name) => problem('BLOB_MISSING', name)),
    });
    expect(existsSync(site.path('kit'))).toBe(false);
    const held = await stat(site.path('kit.partial', 'bundle.tar'));
    expect(held.blocks).toBeGreaterThan(0);
    const before = downloads(registry).length;
    await putImages(registry, NAMES);
    const [planned] = await plan(site.host, {});
    expect(planned?.space[0]?.neededBytes).toBe((planned?.kit.bytes ?? 0) - held.blocks * 512);
    await pack(site.host, {});
    const layers = downloads(registry)
      .slice(before)
      .filter((one) =>
        NAMES.some((name) => layersOf(roots.get(name)!).some((layer) => one.endsWith(layer))),
      );
    expect(layers.toSorted()).toEqual(['b', 'c'].map((name) => `acme/${name} ${lastLayer(name)}`));
  });

  test('with --allow-missing the kit is planned again without it, and nothing is fetched twice', async () => {
    for (const name of ['b', 'c']) loseBlob(registry, `acme/${name}`, lastLayer(name));
    const [kit] = await pack(site.host, { allowMissing: true, key: 'env:RELEASE_KEY' });
    expect(kit?.plan.images.map((image) => image.reference)).toEqual(
      ['a', 'd', 'e'].map(reference),
    );
    expect(kit?.missing).toMatchObject(
      ['b', 'c'].map((name) => ({ reference: reference(name), code: 'BLOB_MISSING' })),
    );
    expect((await verifyReleased(site, site.path('kit'), 'deep')).findings).toEqual([]);
    const layers = downloads(registry).filter(
      (one) => one.endsWith(lastLayer('a')) || one.endsWith(lastLayer('e')),
    );
    expect(layers).toHaveLength(2);
    expect((await readdir(site.path('kit'))).filter((name) => name.includes('earlier'))).toEqual(
      [],
    );
  });

  test('comes from another repository of the bundle that has it', async () => {
    registry.put('acme/f', '1', roots.get('b')!);
    loseBlob(registry, 'acme/b', lastLayer('b'));
    await writeBundles(site.path('both.yaml'), [demoBundle({ images: [selector(['b', 'f'])] })]);
    const [kit] = await pack(site.host, { file: 'both.yaml' });
    expect(kit?.plan.images).toHaveLength(2);
  });
});

describe("never one image's failure", () => {
  test('is a registry that is down: told once, also with --allow-missing, and the others are attempted', async () => {
    const other = await startTestRegistry();
    const names = Array.from({ length: 40 }, (_, number) => `${other.host}/acme/x${number}:1`);
    await other.stop();
    registry.switches.forbidden = 'acme/e';
    const images = [{ from: 'registry', include: names }, selector(NAMES)];
    await writeBundles(site.path('bundles.yaml'), [demoBundle({ images })]);
    for (const command of ['plan', 'pack']) {
      const { code, document } = await airkitJson(site, [command, '--allow-missing']);
      expect(code).toBe(3);
      const problems = problemsOf(document);
      expect(problems).toMatchObject([{ code: 'SOURCE_FAILED' }, { reference: reference('e') }]);
      expect(problems[0]?.message).toContain(other.host);
    }
    expect(existsSync(site.path('kit'))).toBe(false);
  });

  test('are two images under one name, which names the place of the selector', async () => {
    await writeLayout(site.path('layout'), await sampleRoots());
    const images = [selector(['a', 'b']), { from: 'oci:layout', include: ['redis:7'] }];
    const rename = [{ from: '*', to: 'apps.example.com/one:1' }];
    await writeBundles(site.path('bundles.yaml'), [demoBundle({ images, rename })]);
    const { code, document } = await airkitJson(site, ['pack', '--allow-missing']);
    expect(code).toBe(2);
    expect(document.error).toMatchObject({ code: 'NAME_COLLISION', problems: [place, place] });
    expect(downloads(registry).some((one) => one.endsWith(lastLayer('a')))).toBe(false);
  });

  test('are all of them: a kit without any image is none', async () => {
    for (const name of NAMES) registry.repositories.get(`acme/${name}`)?.tags.clear();
    const { code } = await airkit(site, ['pack', '--allow-missing']);
    expect(code).toBe(2);
    expect(existsSync(site.path('kit'))).toBe(false);
  });
});

test('a platform that an image lacks is told with the place of its selector', async () => {
  const images = [selector(['a', 'b'], { platforms: ['linux/s390x'] }), selector(['c'])];
  await writeBundles(site.path('bundles.yaml'), [demoBundle({ images })]);
  const { code, document } = await airkitJson(site, ['pack']);
  expect({ code, error: document.error?.code }).toEqual({ code: 2, error: 'PLATFORM_MISSING' });
  expect(document.error).toMatchObject({
    problems: ['a', 'b'].map((name) => problem('PLATFORM_MISSING', name)),
  });
  const partly = await pack(site.host, { allowMissing: true });
  expect(partly[0]?.plan.images).toHaveLength(1);
});
