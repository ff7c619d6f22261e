/** What containerd holds, what a load would then send, and what both say of the folder of k3s. */
import { readFile } from 'node:fs/promises';
import { beforeAll, expect, test } from 'vitest';
import { parseInventory } from '../../src/inventory/inventory-file.ts';
import { chainIds } from '../../src/oci/image-config.ts';
import { makeAirkitPlace, succeeds, type AirkitPlace } from '../support/airkit-command.ts';
import { describeWithEngines } from '../support/engines/availability.ts';
import { succeed } from '../support/engines/command.ts';
import { startContainerd } from '../support/engines/containerd.ts';
import { useEngine } from '../support/engines/use-engine.ts';
import { useTempFolder } from '../support/temp-folder.ts';
import { linesOf, pinOf, removeAll } from './support/containerd-records.ts';
import { readIndex } from './support/kits.ts';
import { multiRoot, packRoots, plainRoot } from './support/layouts.ts';

const API = 'ghcr.io/acme/api:1.4';
const MULTI = 'quay.io/acme/multi:1';
const REDIS = 'docker.io/library/redis:7';
const ALL = [REDIS, API, MULTI].toSorted();

for (const isNewer of [false, true]) {
  const engine = isNewer ? 'newer-containerd' : 'containerd';
  describeWithEngines([engine], `what ${engine} holds`, () => {
    const folder = useTempFolder();
    const node = useEngine(() => startContainerd({ isNewer }));
    let place: AirkitPlace;
    let kit = '';

    beforeAll(async () => {
      place = await makeAirkitPlace(await folder.fresh(), node().environment);
      kit = await packRoots(place, 'three', [
        await plainRoot(REDIS, [1, 2]),
        await plainRoot(API, [1, 3]),
        await multiRoot(MULTI, ['arm64', 'amd64']),
      ]);
    });

    const load = (...flags: string[]) =>
      place.airkit('load', kit, '--to', 'containerd', '--allow-unsigned', '--json', ...flags);
    const diff = async (target = 'containerd') =>
      (await succeeds(place.airkit('diff', kit, '--target', target, '--json'))).json();

    test('is in its inventory: names, blobs, layers and stacks', async () => {
      await succeeds(load());
      await succeed(node().ctr('images', 'tag', REDIS, `sha256:${'0'.repeat(64)}`)); // As Kubernetes does.
      const file = place.path('inventory.json');
      await succeeds(place.airkit('inventory', 'containerd', '-o', file));
      const held = parseInventory(await readFile(file), file);
      const { images } = await readIndex(kit);
      const names = images.flatMap(({ reference, root: { digest } }) => [
        { reference, id: digest },
        { reference: pinOf(reference, digest), id: digest },
      ]);
      expect(held.images).toEqual(names.toSorted((a, b) => (a.reference < b.reference ? -1 : 1)));
      const blobs = await linesOf(node(), 'content', 'ls', '--quiet');
      expect([...held.blobs]).toEqual(blobs.toSorted());
      const own = images.flatMap(({ manifests }) =>
        manifests.filter(({ platform }) => platform?.architecture !== 'arm64'),
      );
      const stacks = own.map(({ layers }) => layers.flatMap(({ diffID }) => diffID ?? []));
      expect(held.diffIds).toEqual(new Set(stacks.flat()));
      expect(held.chainIds).toEqual(new Set(stacks.flatMap((stack) => chainIds(stack))));
      expect(held.platform).toMatchObject({ os: 'linux' });
    });

    test('differs from a kit by what a load sends', async () => {
      expect(await diff()).toMatchObject({ travel: { blobs: 0, bytes: 0 } });
      await removeAll(node());
      await succeeds(load('--include', API));
      const { images, travel } = await diff();
      expect(images.map(({ reference, change }) => [reference, change])).toEqual(
        ALL.map((name) => [name, name === API ? 'same' : 'added']),
      );
      expect((await succeeds(load())).json().sentBytes).toBe(travel.bytes);
      expect(travel.bytes).toBeGreaterThan(0);
    });

    test('of a blob that was lost is told without failing', async () => {
      const { images } = await readIndex(kit);
      const lost = images.find(({ reference }) => reference === REDIS)?.manifests[0]?.config.digest;
      await succeed(node().ctr('content', 'rm', lost ?? ''));
      const listed = (await succeeds(place.airkit('inventory', 'containerd', '--json'))).json();
      expect(listed.images).toContainEqual(expect.objectContaining({ reference: REDIS }));
      const { travel } = await diff();
      expect(travel.blobs).toBe(1);
      const { results, sentBytes } = (await succeeds(load())).json();
      expect(sentBytes).toBe(travel.bytes);
      expect(results.map(({ status }) => status)).toContain('loaded');
    });

    test.skipIf(isNewer)('is not what the folder of k3s tells', async () => {
      const images = place.path('k3s');
      const refused = await place.airkit('inventory', `k3s:${images}`, '--json');
      expect([refused.code, refused.json().error?.code]).toEqual([2, 'UNSUPPORTED']);
      const { travel } = await diff(`k3s:${images}`);
      const to = ['--to', `k3s:${images}`, '--allow-unsigned', '--json'];
      const { sentBytes } = (await succeeds(place.airkit('load', kit, ...to))).json();
      expect(travel.bytes).toBe(sentBytes);
      expect((await diff(`k3s:${images}`)).travel).toEqual({ blobs: 0, bytes: 0 });
    });
  });
}
