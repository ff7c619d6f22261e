/** A registry whose disk is full: told as such, and what it wrote by half does not stand in the way once there is room. */
import { mkdtemp, readdir, realpath, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, afterEach, expect, test } from 'vitest';
import {
  makeAirkitPlace,
  type AirkitOutcome,
  type AirkitPlace,
} from '../support/airkit-command.ts';
import { note } from '../faults/support/ledger.ts';
import { describeWithEngines } from '../support/engines/availability.ts';
import { run, succeed } from '../support/engines/command.ts';
import { unmountBelow } from '../support/engines/mounts.ts';
import { startRegistry, type RegistryEngine } from '../support/engines/registry.ts';
import { mountDisk } from '../support/engines/small-disk.ts';
import { makeNoise, tarOf } from '../support/image-builder.ts';
import { useTempFolder } from '../support/temp-folder.ts';
import { pack, rootDigests, writeBundles } from './support/kits.ts';
import { registryDigest } from './support/registry-images.ts';

const MEBIBYTE = 1024 ** 2;
const NAMES = ['acme/big:1', 'acme/small:1'] as const;

describeWithEngines(['registry', 'tmpfs'], 'a registry with a disk of 16 MiB', () => {
  const folder = useTempFolder();
  let place: AirkitPlace;
  let kit = '';
  let home = '';
  let registry: RegistryEngine;
  const disk = (...parts: string[]): string => join(home, 'data', ...parts);
  const load = async (): Promise<AirkitOutcome> =>
    place.airkit('load', kit, '--allow-unsigned', '--to', `registry://${registry.host}`, '--json');
  const loadedDigests = async (): Promise<Record<string, string>> =>
    Object.fromEntries(
      await Promise.all(
        NAMES.map(
          async (name) =>
            [`ghcr.io/${name}`, await registryDigest(`${registry.host}/${name}`)] as const,
        ),
      ),
    );

  beforeAll(async () => {
    place = await makeAirkitPlace(await folder.fresh());
    const images = [];
    for (const [position, name] of NAMES.entries()) {
      const body = makeNoise(position === 0 ? 30 * MEBIBYTE : 1000, position);
      await writeFile(place.path(`${position}.tar`), await tarOf([{ name: 'noise', body }]));
      images.push({
        from: `rootfs:${position}.tar`,
        as: `ghcr.io/${name}`,
        platforms: ['linux/amd64'],
      });
    }
    await writeBundles(place, { name: 'both', images });
    await pack(place);
    kit = place.path('dist', 'both');
  });

  beforeEach(async () => {
    home = await mkdtemp(join(await realpath(tmpdir()), 'airkit-full-'));
    await mountDisk(disk(), { kind: 'tmpfs', mebibytes: 16 });
    registry = await startRegistry({ folder: home });
  });
  afterEach(async () => {
    await registry.stop();
    await unmountBelow(home);
    await rm(home, { recursive: true });
  });
  afterAll(async () => unmountBelow(home));

  const makeRoom = async (): Promise<void> => {
    await succeed(run({ file: 'mount', args: ['-o', 'remount,size=128m', disk()] }));
  };

  test('that runs full while it is sent to', async () => {
    const outcome = await load();
    const { error, results } = outcome.json();
    expect([outcome.code, error?.code]).toEqual([3, 'TARGET_FAILED']);
    expect(results).toMatchObject(NAMES.map(() => ({ status: 'failed' })));
    expect(error?.message).toMatch(/status 500 .*no space left on device.*disk .* full/);
    expect(await loadedDigests()).toEqual(
      Object.fromEntries(NAMES.map((name) => [`ghcr.io/${name}`, 'none'])),
    );
    await makeRoom();
    expect(await load()).toMatchObject({ code: 0 });
    expect(await loadedDigests()).toEqual(await rootDigests(kit));
    note({ fault: 'full disk', during: 'load --to registry' });
  });

  /** Files of a repository that name its content, as a full disk leaves them: made, and empty. */
  const emptyRecords = async (...parts: string[]): Promise<number> => {
    const below = disk('docker/registry/v2/repositories/acme/small', ...parts);
    const names = await readdir(below, { recursive: true });
    const records = names.filter((name) => name.endsWith('link'));
    for (const record of records) await truncate(join(below, record));
    return records.length;
  };

  test.each([
    ['layers', ['_layers'], 2],
    ['manifests', ['_manifests', 'revisions'], 1],
  ])('that has written records of %s by half', async (_, below, count) => {
    await makeRoom();
    expect(await load()).toMatchObject({ code: 0 });
    expect(await emptyRecords(...below)).toBe(count);
    await rm(disk('docker/registry/v2/repositories/acme/small/_manifests/tags'), {
      recursive: true,
    });
    expect(await load()).toMatchObject({ code: 0 });
    expect(await loadedDigests()).toEqual(await rootDigests(kit));
  });
});
