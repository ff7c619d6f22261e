/** What airkit puts into k3s's folder, imported as k3s does it: all platforms of everything. */
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeAirkitPlace, succeeds, type AirkitPlace } from '../support/airkit-command.ts';
import { describeWithEngines } from '../support/engines/availability.ts';
import { run, succeed } from '../support/engines/command.ts';
import { startContainerd } from '../support/engines/containerd.ts';
import { unmountBelow } from '../support/engines/mounts.ts';
import { useEngine } from '../support/engines/use-engine.ts';
import { useTempFolder } from '../support/temp-folder.ts';
import { pinOf, readyNames, recordsOf, removeAll } from './support/containerd-records.ts';
import { rootDigests } from './support/kits.ts';
import { busyboxRoot, multiRoot, packRoots, plainRoot } from './support/layouts.ts';

describeWithEngines(['containerd'], 'a kit in the folder of k3s', () => {
  const folder = useTempFolder();
  const node = useEngine(() => startContainerd());
  let place: AirkitPlace;
  let kit = '';
  let images = '';
  const load = (to = `k3s:${images}`) =>
    place.airkit('load', kit, '--to', to, '--allow-unsigned', '--json');

  beforeAll(async () => {
    place = await makeAirkitPlace(await folder.fresh(), node().environment);
    images = place.path('rancher/agent/images');
    kit = await packRoots(place, 'edge', [
      await busyboxRoot('docker.io/library/busybox:1', 'it runs'),
      await multiRoot('quay.io/acme/multi:1', ['amd64', 'arm64']),
      await plainRoot('ghcr.io/acme/api:1.4', [1, 3]),
    ]);
  });

  afterAll(async () => unmountBelow(place.folder));

  test.each([['--all-platforms'], ['--platform=linux/amd64']])(
    'has the same images when ctr imports it with %s',
    async (flag) => {
      await removeAll(node());
      await succeeds(load());
      expect(await readdir(images)).toEqual(['edge-1.0.tar']);
      await succeed(node().ctr('images', 'import', flag, join(images, 'edge-1.0.tar')));
      const roots = Object.entries(await rootDigests(kit));
      expect(await recordsOf(node())).toEqual(
        Object.fromEntries(
          roots.flatMap(([name, root]) => [
            [name, root],
            [pinOf(name, root), root],
          ]),
        ),
      );
      expect(await readyNames(node())).toHaveLength(2 * roots.length);
      const name = 'docker.io/library/busybox:1';
      expect(await succeed(node().ctr('run', '--rm', name, 'airkit-k3s'))).toBe('it runs');
    },
  );

  test('is no file at all where there is too little room', async () => {
    const small = place.path('small');
    await mkdir(small);
    const mount = ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', small];
    await succeed(run({ file: 'mount', args: mount }));
    const outcome = await load(`k3s:${small}`);
    expect([outcome.code, outcome.json().error?.code]).toEqual([3, 'NO_SPACE']);
    expect(await readdir(small)).toEqual([]);
  });
});
