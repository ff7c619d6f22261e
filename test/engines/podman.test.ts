/** Podman as target, over its socket and its command: names, image IDs, digests, and only what is missing moves. */
import { mkdir, readFile, symlink, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { BundleIndex } from '../../src/archive/bundle-index.ts';
import type { TargetResult } from '../../src/content/image.ts';
import { readImageGraph } from '../../src/content/read-graph.ts';
import { parseInventory } from '../../src/inventory/inventory-file.ts';
import { formatReference, parseReference } from '../../src/oci/reference.ts';
import { openLayoutSource } from '../../src/transports/oci/source.ts';
import { openPodmanTarget } from '../../src/transports/podman/target.ts';
import { makeAirkitPlace, succeeds, type AirkitPlace } from '../support/airkit-command.ts';
import { buildBusyboxImages, busyboxImages, lineOf } from '../support/busybox-images.ts';
import { describeWithEngines } from '../support/engines/availability.ts';
import { succeed } from '../support/engines/command.ts';
import { startDocker } from '../support/engines/docker.ts';
import { podmanRunFlags, startPodman, type PodmanEngine } from '../support/engines/podman.ts';
import { useEngine } from '../support/engines/use-engine.ts';
import { useTempFolder } from '../support/temp-folder.ts';
import { canonical, damagedCopy, pack, readIndex, writeBundles } from './support/kits.ts';
import { emptyPodman, heldBy, writeLayout, type LayoutNames } from './support/podman-images.ts';

const redis = canonical('redis:7');

/** The ways to a podman, as variables of the command line. */
const ways: [string, (engine: PodmanEngine) => Record<string, string>][] = [
  ['socket', ({ host }) => ({ CONTAINER_HOST: host })],
  ['command', ({ environment }) => environment],
];

/** Bytes of the layers that only one image of a kit has. */
function ownLayers({ images }: BundleIndex, wanted: string): number {
  const all = images.flatMap(({ reference, manifests }) =>
    manifests
      .flatMap(({ layers }) => layers)
      .map(({ descriptor: { digest, size } }) => ({ reference, digest, size })),
  );
  const others = new Set(
    all.filter(({ reference }) => reference !== wanted).map(({ digest }) => digest),
  );
  const own = all.filter(({ digest }) => !others.has(digest));
  return own.reduce((sum, { size }) => sum + size, 0);
}

describeWithEngines(['docker', 'podman'], 'a kit', () => {
  const folder = useTempFolder();
  const builder = useEngine(() => startDocker());
  const engine = useEngine(() => startPodman());
  let outside: AirkitPlace;
  let kit = '';
  let index: BundleIndex;
  let names: LayoutNames;

  beforeAll(async () => {
    await buildBusyboxImages(builder());
    outside = await makeAirkitPlace(await folder.fresh(), { DOCKER_HOST: builder().host });
    names = await writeLayout(outside.path('layout'));
    const images = ['*', { from: 'oci:layout', include: ['*'] }];
    await writeBundles(outside, { name: 'all', images });
    await pack(outside);
    kit = outside.path('dist', 'all');
    index = await readIndex(kit);
  });

  /** Every name of the kit, with the ID and the digest that podman must show. */
  const wanted = (): [string, string, string][] =>
    index.images.map(({ reference, root, manifests }) => {
      const own = manifests.find(({ platform }) => platform?.architecture === 'amd64');
      const pin = `${reference.replace(/@.*$|:[^:/]*$/u, '')}@${root.digest}`;
      return [reference, (own ?? manifests[0])?.config.digest ?? '', pin];
    });

  describe.each(ways)('through the %s', (_, environmentOf) => {
    let inside: AirkitPlace;

    beforeAll(async () => {
      await emptyPodman(engine());
      inside = await makeAirkitPlace(await folder.fresh(), environmentOf(engine()));
    });

    const load = (path = kit, ...flags: string[]) =>
      inside.airkit('load', path, '--to', 'podman', '--allow-unsigned', '--json', ...flags);

    const loaded = async (...flags: string[]) => (await succeeds(load(kit, ...flags))).json();

    test('is restored with its names, image IDs and digests', async () => {
      const { results, target } = await loaded();
      expect(target).toBe('podman');
      expect(results).toEqual(
        wanted().map(([reference, after]) =>
          expect.objectContaining({ reference, after, status: 'loaded' }),
        ),
      );
      expect(results.filter(({ message }) => message !== undefined)).toEqual([]);
      const held = await heldBy(engine());
      expect(Object.keys(held)).toEqual(wanted().map(([reference]) => reference));
      for (const [reference, id, pin] of wanted()) {
        expect(held[reference]?.id).toBe(id);
        expect(held[reference]?.digests).toContain(pin);
      }
    });

    test('that is there is not sent again', async () => {
      const { results, sentBytes } = await loaded();
      expect(new Set(results.map(({ status }) => status))).toEqual(new Set(['already-present']));
      expect(sentBytes).toBe(0);
      const survey = await loaded('--dry-run');
      expect(survey.results.map(({ status }) => status)).toEqual(
        results.map(({ status }) => status),
      );
    });

    test('is in the inventory, and differs in nothing', async () => {
      const file = inside.path('inventory.json');
      await succeeds(inside.airkit('inventory', 'podman', '-o', file));
      const { images, diffIds, blobs } = parseInventory(await readFile(file), file);
      const ids = wanted().map(([reference, id]) => ({ reference, id }));
      expect(images).toEqual(ids);
      expect([...blobs]).toEqual(
        expect.arrayContaining(index.images.map(({ root }) => root.digest)),
      );
      expect(diffIds.size).toBeGreaterThan(0);
      const diff = await succeeds(inside.airkit('diff', kit, '--target', 'podman', '--json'));
      expect(diff.json().travel).toEqual({ blobs: 0, bytes: 0 });
    });

    test('has images that run, by their names and by their pins', async () => {
      for (const one of busyboxImages.slice(0, 2)) {
        const [, , pin = ''] = wanted().find(([name]) => name === canonical(one.name)) ?? [];
        for (const name of [one.name, pin]) {
          const output = await succeed(engine().podman('run', ...podmanRunFlags, name));
          expect(output).toBe(lineOf(one));
        }
      }
      const format = ['image', 'inspect', '--format', '{{.Architecture}}'];
      expect(await succeed(engine().podman(...format, names.pinned))).toBe('amd64');
      expect(await succeed(engine().podman(...format, names.foreign))).toBe('s390x');
    });

    test('sends only the layers of its own for an image that was removed', async () => {
      await succeed(engine().podman('rmi', redis));
      const { results, sentBytes } = await loaded();
      const [one, ...more] = results.filter(({ status }) => status === 'loaded');
      expect(more).toEqual([]);
      expect(one).toMatchObject({ reference: redis });
      const own = ownLayers(index, redis);
      expect(own).toBeGreaterThan(0);
      expect(sentBytes).toBe(own);
      expect(await succeed(engine().podman('run', ...podmanRunFlags, redis))).toBe('redis:7 runs');
    });

    test('gets its digests back after stock podman load, which loses them', async () => {
      await emptyPodman(engine());
      await succeed(engine().podman('load', '--quiet', '--input', `${kit}/bundle.tar`));
      const [, id, pin = ''] = wanted().find(([name]) => name === redis) ?? [];
      expect((await heldBy(engine()))[redis]).toMatchObject({ id });
      expect((await heldBy(engine()))[redis]?.digests).not.toContain(pin);
      const { results } = await loaded('--include', 'redis:7');
      expect(results).toMatchObject([{ status: 'loaded', before: id, after: id }]);
      expect((await heldBy(engine()))[redis]?.digests).toContain(pin);
    });

    test('moves a name, which can be put back', async () => {
      await emptyPodman(engine());
      await loaded('--include', 'nginx:1.25');
      await succeed(engine().podman('tag', 'nginx:1.25', redis));
      await succeed(engine().podman('rmi', 'nginx:1.25'));
      const { results } = await loaded('--include', '{redis,*/pause}:*', '--include', '*/pinned@*');
      await using target = await openPodmanTarget({
        PATH: process.env['PATH'],
        ...environmentOf(engine()),
      });
      const reversals = results.map(({ reference, before, after = '' }) => ({
        reference: parseReference(reference),
        expected: after,
        restore: before,
      }));
      const moved = reversals.filter(({ restore }) => restore !== undefined);
      expect(moved.map(({ reference }) => reference.repository)).toEqual(['library/redis']);
      await succeed(engine().podman('tag', redis, 'registry.k8s.io/pause:3.9'));
      expect(await target.putBack?.(reversals)).toMatchObject([
        { reference: redis, status: 'restored', now: moved[0]?.restore },
        { reference: names.pinned, status: 'removed' },
        { reference: 'registry.k8s.io/pause:3.9', status: 'changed' },
        { reference: 'registry.k8s.io/pause:latest', status: 'removed' },
      ]);
      expect(Object.keys(await heldBy(engine()))).toEqual([redis, 'registry.k8s.io/pause:3.9']);
      expect((await heldBy(engine()))[redis]?.id).toBe(moved[0]?.restore);
    });

    test('that is damaged fails verification and leaves no name of its own', async () => {
      await emptyPodman(engine());
      const outcome = await load(await damagedCopy(kit));
      expect(outcome.code).toBe(4);
      const held = Object.keys(await heldBy(engine()));
      expect(held.length).toBeLessThan(index.images.length);
      expect(
        held.filter((name) => !index.images.some(({ reference }) => reference === name)),
      ).toEqual([]);
    });

    test('takes away the name that a killed load left', async () => {
      await loaded('--include', 'redis:7');
      const left = `127.0.0.1:1/airkit-${'0'.repeat(32)}:${'0'.repeat(64)}`;
      await succeed(engine().podman('tag', redis, left));
      await succeed(engine().podman('rmi', redis));
      await loaded('--include', 'redis:7');
      expect(Object.keys(await heldBy(engine())).filter((name) => name.startsWith('127.'))).toEqual(
        [],
      );
    });
  });

  test('goes to the person’s own socket, and to the command where that is dead', async () => {
    await emptyPodman(engine());
    const runtime = await folder.fresh();
    const socket = join(runtime, 'podman', 'podman.sock');
    await mkdir(dirname(socket));
    const place = await makeAirkitPlace(await folder.fresh(), { XDG_RUNTIME_DIR: runtime });
    const load = ['load', kit, '--to', 'podman', '--allow-unsigned', '--include', 'redis:7'];
    await symlink(engine().host.replace('unix://', ''), socket);
    await succeeds(place.airkit(...load));
    expect(Object.keys(await heldBy(engine()))).toEqual([redis]);
    await emptyPodman(engine());
    await unlink(socket);
    await symlink(join(runtime, 'nobody.sock'), socket);
    await succeeds(place.with(engine().environment).airkit(...load));
    expect(Object.keys(await heldBy(engine()))).toEqual([redis]);
  });

  test('gives the platform that a person asks for', async () => {
    await emptyPodman(engine());
    const environment = { CONTAINER_HOST: engine().host };
    await using source = await openLayoutSource(outside.path('layout'));
    const { images } = await source.list();
    const listed = images.filter(({ reference }) => formatReference(reference) === names.multi);
    const [image] = await source.resolve(listed);
    if (image === undefined) throw new Error('the layout lacks its index');
    const graph = await readImageGraph(image.root, image.content);
    const arm64 = graph.manifests.find(({ platform }) => platform.architecture === 'arm64');
    const platforms = [{ os: 'linux', architecture: 'arm64' }];
    await using target = await openPodmanTarget(environment);
    const told: string[] = [];
    const onResult = async ({ reference, status }: TargetResult): Promise<void> => {
      told.push(`${reference} ${status}`);
    };
    const { results } = await target.load([{ ...image, graph, platforms }], { onResult });
    expect(results).toMatchObject([{ status: 'loaded', after: arm64?.config.digest }]);
    expect(told).toEqual([`${names.multi} loaded`]);
    const held = await heldBy(engine());
    expect(held[names.multi]?.digests).toContain(`quay.io/acme/multi@${image.root.digest}`);
  });

  describe('on another machine', () => {
    const apart = useEngine(() => startPodman({ isApart: true }));

    test('comes as archives, with its digests', async () => {
      const inside = await makeAirkitPlace(await folder.fresh(), { CONTAINER_HOST: apart().host });
      const load = ['load', kit, '--to', 'podman', '--allow-unsigned', '--json'];
      const { results, sentBytes } = (await succeeds(inside.airkit(...load))).json();
      expect(results.map(({ reference, after, status }) => [reference, after, status])).toEqual(
        wanted().map(([reference, id]) => [reference, id, 'loaded']),
      );
      expect(sentBytes).toBeGreaterThan(0);
      const held = await heldBy(apart());
      for (const [reference, , pin] of wanted()) expect(held[reference]?.digests).toContain(pin);
      expect((await succeeds(inside.airkit(...load))).json().sentBytes).toBe(0);
    });
  });
});
