import { readFile, writeFile } from 'node:fs/promises';
import { beforeEach, describe, expect, test } from 'vitest';
import { useTempFolder } from '../support/temp-folder.ts';
import { airkit, airkitJson } from './support/run-airkit.ts';
import {
  demoBundle,
  makeSampleSite,
  rootOf,
  sampleRoots,
  writeBundles,
  writeLayout,
  type Site,
} from './support/site.ts';

const folder = useTempFolder();
let site: Site;

beforeEach(async () => {
  site = await makeSampleSite(await folder.fresh());
});

/** Another redis:7 in the layout. */
async function moveRedis(): Promise<void> {
  const [proxy, agent] = await sampleRoots();
  const redis = await rootOf({ names: ['redis:7'], layers: [1, 5] });
  await writeLayout(
    site.path('layout'),
    [proxy, agent, redis].flatMap((root) => root ?? []),
  );
}

const codeOf = async (...args: string[]): Promise<unknown> => {
  const { code, document } = await airkitJson(site, args);
  return { code, error: document.error?.code };
};

describe('lock', () => {
  test('writes the lock beside the bundles file, tells its path, and changes nothing the next time', async () => {
    const path = site.path('bundles.lock.json');
    const first = await airkitJson(site, ['lock']);
    const bundle = { name: 'demo', images: 3, moved: [], gone: [] };
    expect(first).toMatchObject({
      code: 0,
      document: { schemaVersion: 1, path, written: true, bundles: [bundle] },
    });
    const before = await readFile(path);
    const again = await airkitJson(site, ['lock']);
    expect(again.document).toMatchObject({ written: false, bundles: [{ ...bundle, added: [] }] });
    expect(await readFile(path)).toEqual(before);
  });

  test('of another file has the name of that file', async () => {
    await writeBundles(site.path('apps.prod.yaml'));
    const { stdout } = await airkit(site, ['lock', 'apps.prod.yaml']);
    expect(stdout).toContain(site.path('apps.prod.lock.json'));
    expect(await codeOf('pack', 'apps.prod.yaml', '--locked', '-o', 'kit')).toMatchObject({
      code: 0,
    });
  });

  test('tells people what it changed, and takes over only what is meant', async () => {
    await airkit(site, ['lock']);
    await moveRedis();
    const kept = await airkit(site, ['lock', '--update', '*k8s*']);
    expect(kept.stdout).not.toContain('redis');
    const { stdout } = await airkit(site, ['lock', '--update', 'redis:*']);
    expect(stdout).toMatch(/moved {2}docker\.io\/library\/redis:7 {2}[0-9a-f]{12} -> [0-9a-f]{12}/);
  });

  test('--update of nothing that is there exits 2, and so does --update without a lock', async () => {
    expect(await codeOf('lock', '--update', '*')).toEqual({ code: 2, error: 'LOCK_STALE' });
    await airkit(site, ['lock']);
    expect(await codeOf('lock', '--update', 'none')).toEqual({ code: 2, error: 'NO_MATCH' });
  });

  test('replaces one that cannot be read, as after a merge with conflicts', async () => {
    await airkit(site, ['lock']);
    const good = await readFile(site.path('bundles.lock.json'));
    await writeFile(site.path('bundles.lock.json'), `<<<<<<< HEAD\n${good.toString()}`);
    const spoilt = { code: 2, error: 'SPEC_INVALID' };
    expect(await codeOf('lock', '--update', '*')).toEqual(spoilt);
    expect(await codeOf('plan')).toEqual(spoilt);
    expect(await codeOf('plan', '--no-lock')).toMatchObject({ code: 0 });
    expect(await codeOf('lock')).toMatchObject({ code: 0 });
    expect(await readFile(site.path('bundles.lock.json'))).toEqual(good);
  });
});

describe.each(['pack', 'plan'])('%s', (command) => {
  test('--locked without a lock exits 2 and says what to do', async () => {
    const { code, document } = await airkitJson(site, [command, '--locked']);
    expect({ code, error: document.error?.code }).toEqual({ code: 2, error: 'LOCK_STALE' });
    expect(document.error?.hint).toContain('airkit lock');
  });

  test('--locked with --no-lock is wrong usage', async () => {
    const usage = { code: 2, error: 'USAGE' };
    expect(await codeOf(command, '--locked', '--no-lock')).toEqual(usage);
    expect(await codeOf(command, '--no-lock', '--locked')).toEqual(usage);
  });

  test('exits 2 with a lock of other selectors, and says which', async () => {
    await airkit(site, ['lock']);
    const images = [{ from: 'oci:layout', include: ['*k8s*'] }];
    await writeBundles(site.path('bundles.yaml'), [demoBundle({ images })]);
    const { code, document, stderr } = await airkitJson(site, [command]);
    expect(code).toBe(2);
    expect(document.error).toMatchObject({
      code: 'LOCK_STALE',
      problems: [{ subject: site.path('bundles.yaml'), line: 9, column: 9 }, {}],
    });
    expect(stderr).toBe('');
    const people = await airkit(site, [command]);
    expect(people.stderr).toContain(`${site.path('bundles.yaml')}:9:9: error: `);
    expect(await codeOf(command, '--no-lock')).toMatchObject({ code: 0 });
  });

  test('exits 2 when a locked digest is gone', async () => {
    await airkit(site, ['lock']);
    await moveRedis();
    const { code, document } = await airkitJson(site, [command]);
    expect({ code, error: document.error?.code }).toEqual({ code: 2, error: 'LOCK_STALE' });
    expect(document.error?.message).toMatch(/docker\.io\/library\/redis:7.*sha256:[0-9a-f]{64}/);
  });
});

test('pack says that it used a lock, and that it did not', async () => {
  const free = await airkitJson(site, ['pack', '-o', 'free']);
  expect(free.document).toMatchObject({ kits: [{ lock: null }] });
  await airkit(site, ['lock']);
  const path = site.path('bundles.lock.json');
  const locked = await airkitJson(site, ['pack', '-o', 'locked']);
  expect(locked.document).toMatchObject({ kits: [{ lock: { path } }] });
  expect(locked.stderr).toContain(path);
  for (const file of ['bundle.tar', 'bundle.json', 'images.txt'])
    expect(await readFile(site.path('locked', file))).toEqual(
      await readFile(site.path('free', file)),
    );
});

test('plan shows what is new since the lock', async () => {
  await airkit(site, ['lock']);
  const more = await rootOf({ names: ['ghcr.io/acme/new:1'], layers: [9] });
  await writeLayout(site.path('layout'), [...(await sampleRoots()), more]);
  const { code, document } = await airkitJson(site, ['plan']);
  expect(code).toBe(0);
  const now = more.descriptor.digest;
  expect(document).toMatchObject({
    bundles: [
      {
        images: { length: 3 },
        lock: {
          path: site.path('bundles.lock.json'),
          moved: [],
          added: [{ reference: 'ghcr.io/acme/new:1', now }],
          gone: [],
          notCompared: [],
        },
      },
    ],
  });
  const { stdout } = await airkit(site, ['plan']);
  expect(stdout).toMatch(/added {2}ghcr\.io\/acme\/new:1/);
});
