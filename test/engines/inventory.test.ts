/** What engines hold, and what a load would then send. */
import { readFile } from 'node:fs/promises';
import { beforeAll, expect, test } from 'vitest';
import { parseInventory, type Inventory } from '../../src/inventory/inventory-file.ts';
import { makeAirkitPlace, succeeds, type AirkitPlace } from '../support/airkit-command.ts';
import { buildBusyboxImages, busyboxImages } from '../support/busybox-images.ts';
import { describeWithEngines } from '../support/engines/availability.ts';
import { succeed } from '../support/engines/command.ts';
import { startDocker, type DockerEngine } from '../support/engines/docker.ts';
import { startNewerDocker } from '../support/engines/newer-docker.ts';
import { useEngine } from '../support/engines/use-engine.ts';
import { useTempFolder } from '../support/temp-folder.ts';
import { canonical, idsIn, pack, writeBundles } from './support/kits.ts';

const names = busyboxImages.map(({ name }) => name).filter((name) => /kube-|redis/u.test(name));

async function diffIdsOf(engine: DockerEngine, name: string): Promise<string[]> {
  const format = '{{json .RootFS.Layers}}';
  const layers: string[] = JSON.parse(
    await succeed(engine.docker('inspect', '--format', format, name)),
  );
  return layers;
}

describeWithEngines(['docker', 'newer-docker'], 'an inventory', () => {
  const folder = useTempFolder();
  const source = useEngine(() => startDocker());
  const newer = useEngine(() => startNewerDocker());
  let place: AirkitPlace;

  beforeAll(async () => {
    await buildBusyboxImages(source());
    place = await makeAirkitPlace(await folder.fresh(), { DOCKER_HOST: source().host });
    await writeBundles(place, { name: 'some', images: names });
    await pack(place);
  });

  const take = async (engine: DockerEngine): Promise<Inventory> => {
    const at = place.with({ DOCKER_HOST: engine.host });
    const file = place.path('inventory.json');
    await succeeds(at.airkit('inventory', 'docker', '-o', file));
    return parseInventory(await readFile(file), file);
  };

  test('of the classic store has every name, layer and stack', async () => {
    const { images, diffIds, chainIds, blobs } = await take(source());
    const ids = await idsIn(source());
    expect(Object.fromEntries(images.map(({ reference, id }) => [reference, id]))).toEqual(ids);
    for (const name of names) {
      const layers = await diffIdsOf(source(), name);
      expect([...diffIds]).toEqual(expect.arrayContaining(layers));
      expect([...chainIds]).toContain(layers[0]); // The first layer is its own stack.
    }
    expect([...blobs]).toEqual(expect.arrayContaining(Object.values(ids)));
  });

  test.each([
    ['classic', source],
    ['containerd', newer],
  ])('tells what a load into the %s store would send', async (_, engine) => {
    const [first = '', ...others] = names;
    const at = place.with({ DOCKER_HOST: engine().host });
    const kit = place.path('dist', 'some');
    for (const name of names) await engine().docker('rmi', '--force', name);
    const include = others.flatMap((name) => ['--include', name]);
    await succeeds(at.airkit('load', kit, '--allow-unsigned', ...include));
    const diff = (await succeeds(at.airkit('diff', kit, '--target', 'docker', '--json'))).json();
    const changes = diff.images.map(({ reference, change }) => [reference, change] as const);
    const expected = names.map(
      (name) => [canonical(name), name === first ? 'added' : 'same'] as const,
    );
    expect(Object.fromEntries(changes)).toEqual(Object.fromEntries(expected));
    const load = await succeeds(at.airkit('load', kit, '--allow-unsigned', '--json'));
    expect(load.json().sentBytes).toBeGreaterThan(0);
    const after = (await succeeds(at.airkit('diff', kit, '--target', 'docker', '--json'))).json();
    expect(after.travel).toEqual({ blobs: 0, bytes: 0 });
    expect(diff.travel.bytes).toBeGreaterThan(0);
    expect(diff.travel.bytes).toBeLessThan(100_000); // The shared base of 2 MB does not count.
  });
});
