/** A thin kit and its base give what a full kit gives: into every target that has the base, or with the base beside it. */
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { makeAirkitPlace, succeeds, type AirkitPlace } from '../support/airkit-command.ts';
import { ociLayoutFiles, writeFiles } from '../support/archive-builder.ts';
import { buildBusyboxImages, busyboxImages, lineOf } from '../support/busybox-images.ts';
import { describeWithEngines } from '../support/engines/availability.ts';
import { succeed } from '../support/engines/command.ts';
import { startContainerd } from '../support/engines/containerd.ts';
import { startDocker, type DockerEngine } from '../support/engines/docker.ts';
import { startNewerDocker } from '../support/engines/newer-docker.ts';
import { startPodman } from '../support/engines/podman.ts';
import { startRegistry } from '../support/engines/registry.ts';
import { skopeo } from '../support/engines/skopeo.ts';
import { useEngine } from '../support/engines/use-engine.ts';
import { buildImage, indexRoot, type BuiltRoot } from '../support/image-builder.ts';
import { useTempFolder } from '../support/temp-folder.ts';
import { canonical, idsIn, imageIds, pack, readIndex, writeBundles } from './support/kits.ts';

const BEFORE = ['redis:7', 'ghcr.io/acme/k8s-agent:2.3.0'];
const AFTER = ['redis:7', 'ghcr.io/acme/api:1.4', 'nginx:1.25'];
const MULTI = 'quay.io/acme/multi:2';
const NAMES = [...AFTER.map(canonical), MULTI].toSorted();
const API = canonical('ghcr.io/acme/api:1.4');

/** An index over two platforms and their attestations: the same image under every name. */
async function multi(name: string): Promise<BuiltRoot> {
  const platforms = ['amd64', 'arm64'].map(async (architecture, position) =>
    buildImage({ architecture, layers: [80, 81 + position] }),
  );
  return indexRoot(name, await Promise.all(platforms));
}

async function runsAll(engine: DockerEngine): Promise<void> {
  for (const one of busyboxImages.filter(({ name }) => AFTER.includes(name))) {
    const said = await succeed(engine.docker('run', '--rm', '--network', 'none', one.name));
    expect(said.trim()).toBe(lineOf(one));
  }
}

describeWithEngines(
  ['docker', 'newer-docker', 'registry', 'podman', 'skopeo', 'containerd'],
  'a thin kit',
  () => {
    const folder = useTempFolder();
    const builder = useEngine(() => startDocker());
    const registry = useEngine(() => startRegistry());
    const podman = useEngine(() => startPodman());
    const containerd = useEngine(() => startContainerd());
    let outside: AirkitPlace;
    const kit = (name: string): string => outside.path('dist', name);

    beforeAll(async () => {
      await buildBusyboxImages(builder());
      outside = await makeAirkitPlace(await folder.fresh(), { DOCKER_HOST: builder().host });
      // gzip: the stock docker load of 20.10 reads no zstd.
      const layers = 'gzip';
      const before = { from: 'oci:before', include: ['*'] };
      const after = { from: 'oci:after', include: ['*'] };
      await writeFiles(
        outside.path('before'),
        ociLayoutFiles([await multi('quay.io/acme/multi:1')]),
      );
      await writeFiles(outside.path('after'), ociLayoutFiles([await multi(MULTI)]));
      await writeBundles(
        outside,
        { name: 'base', images: [...BEFORE, before], layers },
        { name: 'full', images: [...AFTER, after], layers },
        { name: 'zstd', images: [...BEFORE, before], layers: 'zstd' },
      );
      await pack(outside);
      await pack(outside, '--bundle', 'full', '-o', kit('thin'), '--base', kit('base'));
    });

    /** A place without what the packs left in their cache. */
    const inside = async (environment: Record<string, string> = {}): Promise<AirkitPlace> =>
      makeAirkitPlace(await folder.fresh(), environment);

    const load = (place: AirkitPlace, name: string, ...flags: string[]) =>
      place.airkit(
        'load',
        kit(name),
        '--allow-unsigned',
        '--receipt',
        'r.json',
        '--json',
        ...flags,
      );

    test('is much smaller', async () => {
      const [thin, full] = [await readIndex(kit('thin')), await readIndex(kit('full'))];
      const size = ({ members }: typeof thin): number =>
        members.reduce((sum, member) => sum + member.size, 0);
      expect(size(thin) * 4).toBeLessThan(size(full));
      expect(thin.images).toEqual(full.images);
    });

    describe.each([
      ['the classic store', startDocker],
      ['the containerd store', startNewerDocker],
    ])('and a Docker engine with %s', (_, start) => {
      const target = useEngine<DockerEngine>(() => start());

      test('without the base: named, and nothing is sent', async () => {
        const place = await inside({ DOCKER_HOST: target().host });
        const alone = await load(place, 'thin');
        expect([alone.code, alone.json().error?.code]).toEqual([2, 'BASE_MISSING']);
        expect(await idsIn(target())).toEqual({});
      });

      test('with the base loaded before', async () => {
        const place = await inside({ DOCKER_HOST: target().host });
        await succeeds(load(place, 'base'));
        const { results } = (await succeeds(load(place, 'thin'))).json();
        expect(results.map(({ reference }) => reference)).toEqual(NAMES);
        await runsAll(target());
        const thin = await idsIn(target());
        const { results: again } = (await succeeds(load(place, 'full'))).json();
        expect(new Set(again.map(({ status }) => status))).toEqual(new Set(['already-present']));
        expect(await idsIn(target())).toEqual(thin);
      });
    });

    describe('and a containerd store that has the base in other bytes', () => {
      const target = useEngine(() => startNewerDocker());

      test('is not told to be loaded, and is with the base beside it', async () => {
        const place = await inside({ DOCKER_HOST: target().host });
        await succeeds(load(place, 'zstd'));
        const alone = await load(place, 'thin');
        expect(alone.code).not.toBe(0);
        const api = alone.json().results.find(({ reference }) => reference === API);
        expect(api?.status).toBe('failed');
        await succeeds(load(place, 'thin', '--base', kit('base')));
        await runsAll(target());
      });
    });

    describe('and an empty Docker engine', () => {
      const target = useEngine(() => startDocker());

      test('takes the rest from --base', async () => {
        const place = await inside({ DOCKER_HOST: target().host });
        await succeeds(load(place, 'thin', '--base', kit('base')));
        expect(await idsIn(target())).toEqual(await imageIds(kit('full')));
        await runsAll(target());
      });
    });

    describe('and a classic engine that holds the base', () => {
      const target = useEngine(() => startDocker());

      test('goes in with stock docker load', async () => {
        const place = await inside({ DOCKER_HOST: target().host });
        await succeeds(load(place, 'base'));
        await succeed(target().docker('load', '--input', join(kit('thin'), 'bundle.tar')));
        expect(await idsIn(target())).toMatchObject(await imageIds(kit('thin')));
        await runsAll(target());
      });

      test('can be packed against its inventory', async () => {
        const place = await inside({ DOCKER_HOST: target().host });
        await succeed(target().docker('rmi', 'nginx:1.25', 'ghcr.io/acme/api:1.4'));
        const file = outside.path('engine.json');
        await succeeds(place.airkit('inventory', 'docker', '-o', file));
        await pack(outside, '--bundle', 'full', '-o', kit('lean'), '--base', file);
        const { absent } = await readIndex(kit('lean'));
        const { absent: all } = await readIndex(kit('thin'));
        expect(absent.length).toBeGreaterThan(3);
        expect(all).toEqual(expect.arrayContaining([...absent]));
        await succeeds(load(place, 'lean'));
        await runsAll(target());
      });
    });

    test('goes into a registry that has the base, layers mounted or already there', async () => {
      const to = ['--to', `registry://${registry().host}`];
      await succeeds(load(await inside(), 'base', ...to));
      const alone = await load(await inside(), 'thin', ...to);
      expect([alone.code, alone.json().error?.code]).toEqual([2, 'BASE_MISSING']);
      await succeeds(load(await inside(), 'thin', ...to, '--base', kit('base')));
      const { results } = (await succeeds(load(await inside(), 'full', ...to))).json();
      expect(new Set(results.map(({ status }) => status))).toEqual(new Set(['already-present']));
    });

    test('goes into podman that has the base', async () => {
      const place = await inside({ CONTAINER_HOST: podman().host });
      const to = ['--to', 'podman'];
      const alone = await load(place, 'thin', ...to);
      expect([alone.code, alone.json().error?.code]).toEqual([2, 'BASE_MISSING']);
      await succeeds(load(place, 'base', ...to));
      await succeeds(load(place, 'thin', ...to));
      const { results } = (await succeeds(load(place, 'full', ...to))).json();
      expect(new Set(results.map(({ status }) => status))).toEqual(new Set(['already-present']));
    });

    test('is refused by stock podman load and skopeo', async () => {
      const archive = join(kit('thin'), 'bundle.tar');
      const [docker, oci] = [`docker-archive:${archive}:${API}`, `oci-archive:${archive}:${API}`];
      const copies = [docker, oci].map(async (from) =>
        skopeo('copy', from, `dir:${await folder.fresh()}`),
      );
      for (const { code } of await Promise.all(copies)) expect(code).not.toBe(0);
      const { code } = await podman().podman('load', '--input', archive);
      expect(code).not.toBe(0);
    });

    test('goes into containerd that has the base', async () => {
      const place = await inside(containerd().environment);
      const to = ['--to', 'containerd'];
      const alone = await load(place, 'thin', ...to, '--keep-going');
      expect(alone.code).toBe(3);
      await succeeds(load(place, 'base', ...to));
      await succeed(containerd().ctr('images', 'import', join(kit('thin'), 'bundle.tar')));
      await succeed(containerd().ctr('images', 'rm', API));
      const { results } = (await succeeds(load(place, 'thin', ...to))).json();
      expect(results).toContainEqual(expect.objectContaining({ reference: API, status: 'loaded' }));
      const again = (await succeeds(load(place, 'full', ...to))).json();
      const statuses = new Set(again.results.map(({ status }) => status));
      expect(statuses).toEqual(new Set(['already-present']));
    });
  },
);
