/** Disks that fill up while airkit writes, and disks that may only be read: real file systems of a few MiB. */
import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { writeBigArchive } from '../cli/support/big-layout.ts';
import { airkitJson, documentOf, spawnAirkit, type Outcome } from '../cli/support/run-airkit.ts';
import { demoBundle, makeSite, writeBundles, type Site } from '../cli/support/site.ts';
import { describeWithEngines } from '../support/engines/availability.ts';
import { unmountBelow } from '../support/engines/mounts.ts';
import { mountDisk, mountReadOnly, type DiskKind } from '../support/engines/small-disk.ts';
import { useTempFolder } from '../support/temp-folder.ts';
import { filesIn } from './support/examine.ts';
import { judgeState, requireRecovery, stateOf, type States } from './support/judge.ts';
import { note } from './support/ledger.ts';
import { operationsNamed, OUTPUT, type Operation } from './support/operations.ts';

const DISK_MEBIBYTES = 96;
const LAYER_BYTES = 24 * 2 ** 20;
const OPERATIONS = operationsNamed('pack', 'copy', 'save', 'load --to oci', 'load --to k3s');

const folder = useTempFolder();

describeWithEngines(['tmpfs', 'ext4'], 'a disk', () => {
  let site: Site;
  const disk = (): string => site.path(dirname(OUTPUT));

  beforeAll(async () => {
    site = await makeSite(await folder.fresh());
    await writeBigArchive(site.path('images.tar'), LAYER_BYTES);
    const images = [{ from: 'docker-archive:images.tar', include: ['*'] }];
    await writeBundles(site.path('bundles.yaml'), [demoBundle({ images })]);
    expect(await airkitJson(site, ['pack'])).toMatchObject({ code: 0 });
    expect(
      await airkitJson(site, ['convert', 'docker-archive:images.tar', 'oci:layout']),
    ).toMatchObject({ code: 0 });
  });
  afterEach(async () => {
    await unmountBelow(disk());
    await rm(disk(), { recursive: true, force: true });
  });

  const mount = async (kind: DiskKind, operation: Operation): Promise<void> => {
    await mountDisk(disk(), { kind, mebibytes: DISK_MEBIBYTES });
    await operation.prepare?.(site);
  };

  /** What an operation makes where nothing is in its way. */
  const undisturbed = async (operation: Operation): Promise<States> => {
    await mkdir(disk(), { recursive: true });
    await operation.prepare?.(site);
    const before = await stateOf(site, operation);
    expect(await airkitJson(site, operation.args)).toMatchObject({ code: 0 });
    const after = await stateOf(site, operation);
    await rm(disk(), { recursive: true });
    return { before, after };
  };

  /** Runs an operation that is stopped once it has begun to write, until the disk is full. */
  const runOntoFullDisk = async (operation: Operation): Promise<Outcome> => {
    const given = (await filesIn(disk())).length;
    return spawnAirkit(site, [...operation.args, '--json'], {
      started: async (child) => {
        while (child.exitCode === null && !(await hasBegun(given))) await sleep(1);
        child.kill('SIGSTOP');
        await fill(`${disk()}/ballast`);
        child.kill('SIGCONT');
      },
    });
  };
  const hasBegun = async (given: number): Promise<boolean> =>
    (await filesIn(disk())).filter((path) => !path.endsWith('receipt.json')).length > given;

  for (const kind of ['tmpfs', 'ext4'] as const)
    test.each(OPERATIONS)(`of ${kind} that fills up during $name`, async (operation) => {
      const states = await undisturbed(operation);
      await mount(kind, operation);
      const outcome = await runOntoFullDisk(operation);
      const { error } = documentOf(outcome);
      const found = await judgeState(site, operation, states);
      note({ fault: 'full disk', during: operation.name, filesLost: found.length });
      expect(found).toEqual([]);
      expect({ code: outcome.code, error: error?.code }).toEqual({
        code: 3,
        error: operation.name.startsWith('load')
          ? expect.stringMatching(/NO_SPACE|TARGET_FAILED/)
          : 'NO_SPACE',
      });
      await rm(`${disk()}/ballast`);
      await rm(`${disk()}/lost+found`, { recursive: true, force: true });
      expect(await requireRecovery(site, operation, states)).toEqual([]);
    });

  test('that fills up with the cache on it: told, and the next pack goes on', async () => {
    const cache = site.path('home', 'cache');
    await rm(cache, { recursive: true, force: true });
    await mountDisk(cache, { kind: 'tmpfs', mebibytes: DISK_MEBIBYTES });
    try {
      const outcome = await spawnAirkit(site, ['pack', '-o', 'packed', '--json'], {
        started: async (child) => {
          while (child.exitCode === null && !existsSync(`${cache}/airkit`)) await sleep(1);
          child.kill('SIGSTOP');
          await fill(`${cache}/ballast`);
          child.kill('SIGCONT');
        },
      });
      note({ fault: 'full disk', during: 'pack (cache)' });
      expect({ code: outcome.code, error: documentOf(outcome).error?.code }).toEqual({
        code: 3,
        error: 'NO_SPACE',
      });
      expect(existsSync(site.path('packed'))).toBe(false);
      await rm(`${cache}/ballast`);
      const { document } = await airkitJson(site, ['pack', '-o', 'packed']);
      expect(document).toMatchObject({ kits: [{ images: [{}] }] });
    } finally {
      await unmountBelow(cache);
    }
  });

  test.each(OPERATIONS)('that may only be read, for $name', async (operation) => {
    await mount('tmpfs', operation);
    const before = await stateOf(site, operation);
    await mountReadOnly(disk(), 'tmpfs');
    const { code, document } = await airkitJson(site, operation.args);
    note({ fault: 'read-only disk', during: operation.name });
    expect({ code, error: document.error?.code }).toEqual({ code: 3, error: 'DISK_FAILED' });
    expect(document.error?.message).toContain(disk());
    expect(await stateOf(site, operation)).toEqual(before);
  });

  test('that may only be read, with the kit on it, is loaded from, verified and copied', async () => {
    await mountDisk(disk(), { kind: 'ext4', mebibytes: DISK_MEBIBYTES });
    expect(await airkitJson(site, ['copy', 'kit', disk()])).toMatchObject({ code: 0 });
    await mountReadOnly(disk(), 'ext4');
    const loading = [
      'load',
      disk(),
      '--allow-unsigned',
      '--to',
      'oci:restored',
      '--receipt',
      'r.json',
    ];
    for (const args of [
      ['verify', disk(), '--allow-unsigned'],
      loading,
      ['copy', disk(), 'copied'],
    ]) {
      await mkdir(site.path('copied'), { recursive: true });
      const { code, document } = await airkitJson(site, args);
      expect({ args, code, error: document.error }).toEqual({ args, code: 0, error: undefined });
      note({ fault: 'read-only disk', during: args[0] ?? '' });
    }
  });
});

/** Writes zeros until nothing more fits. */
async function fill(path: string): Promise<void> {
  for (const step of [2 ** 20, 4096])
    for (;;) {
      const failure = await writeFile(path, Buffer.alloc(step), { flag: 'a' }).catch(
        (error: unknown) => error,
      );
      if (failure !== undefined) break;
    }
}
