/** Docker 28 with the containerd image store on both sides: digests survive, and only what is missing travels. */
import { beforeAll, expect, test } from 'vitest';
import { makeAirkitPlace, succeeds, type AirkitPlace } from '../support/airkit-command.ts';
import { buildBusyboxImages, busyboxImages, lineOf } from '../support/busybox-images.ts';
import { describeWithEngines } from '../support/engines/availability.ts';
import { succeed } from '../support/engines/command.ts';
import { startContainerd } from '../support/engines/containerd.ts';
import { startDocker, type DockerEngine } from '../support/engines/docker.ts';
import { startEngineProxy } from '../support/engines/engine-proxy.ts';
import { startNewerDocker } from '../support/engines/newer-docker.ts';
import { startRegistry } from '../support/engines/registry.ts';
import { skopeo } from '../support/engines/skopeo.ts';
import { useEngine } from '../support/engines/use-engine.ts';
import { useTempFolder } from '../support/temp-folder.ts';
import {
  idsIn,
  imageIds,
  pack,
  pick,
  readIndex,
  rootDigests,
  writeBundles,
} from './support/kits.ts';
import {
  childDigests,
  pushImages,
  pushMultiPlatform,
  registryDigest,
} from './support/registry-images.ts';

async function removeAll(engine: DockerEngine): Promise<void> {
  const names = Object.keys(await idsIn(engine));
  if (names.length > 0) await succeed(engine.docker('rmi', '--force', ...names));
}

describeWithEngines(
  ['docker', 'newer-docker', 'registry'],
  'with the containerd image store',
  () => {
    const folder = useTempFolder();
    const builder = useEngine(() => startDocker());
    const registry = useEngine(() => startRegistry());
    const source = useEngine(() => startNewerDocker());
    const target = useEngine(() => startNewerDocker());
    const proxy = useEngine(() => startEngineProxy(source().host));
    let outside: AirkitPlace;
    let inside: AirkitPlace;
    let pulled: string[] = [];
    const multi = (): string => `${registry().host}/acme/multi:1`;
    const redis = (): string => `${registry().host}/redis:7`;
    const kit = (name = 'pulled'): string => outside.path('dist', name);

    const load = (path: string, ...flags: string[]) =>
      succeeds(inside.airkit('load', path, '--allow-unsigned', '--json', ...flags));

    beforeAll(async () => {
      await buildBusyboxImages(builder());
      const images = ['redis:7', 'nginx:1.25', 'quay.io/k8s-tools/debug:0.9'];
      pulled = await pushImages(registry(), builder(), images);
      await pushMultiPlatform(multi(), await folder.fresh());
      pulled = [...pulled, multi()].toSorted();
      for (const name of pulled) await succeed(source().docker('pull', '--quiet', name));
      outside = await makeAirkitPlace(await folder.fresh(), { DOCKER_HOST: proxy().host });
      inside = await makeAirkitPlace(await folder.fresh(), { DOCKER_HOST: target().host });
    });

    test('pulled images keep the registry digests in the kit', async () => {
      await writeBundles(outside, {
        name: 'pulled',
        images: [{ from: 'docker', include: [`${registry().host}/*`] }],
      });
      await pack(outside);
      const digests = await Promise.all(
        pulled.map(async (name) => [name, await registryDigest(name)]),
      );
      expect(await rootDigests(kit())).toEqual(Object.fromEntries(digests));
      await succeeds(outside.airkit('verify', kit(), '--allow-unsigned', '--deep'));
    });

    test('an index of which the engine pulled one platform is kept, and the rest is named as absent', async () => {
      const { images, absent } = await readIndex(kit());
      const { root, manifests = [] } = images.find(({ reference }) => reference === multi()) ?? {};
      expect(root?.mediaType).toBe('application/vnd.oci.image.index.v1+json');
      expect(manifests.map(({ platform }) => platform?.architecture)).toEqual(['amd64']);
      const others = (await childDigests(multi()))
        .toSorted()
        .filter((digest) => digest !== manifests[0]?.descriptor.digest);
      expect(absent).toMatchObject(others.map((digest) => ({ digest, reason: 'platform' })));
    });

    test('packing again exports nothing and gives the same bytes', async () => {
      const first = await pack(outside, '-o', 'first');
      const before = proxy().requests.length;
      expect(await pack(outside, '-o', 'second')).toEqual(first);
      const asked = proxy().requests.slice(before);
      expect(asked.length).toBeGreaterThan(0);
      expect(asked.filter((request) => request.includes('/images/get'))).toEqual([]);
    });

    test('planning after that is exact', async () => {
      const [bundle] = (await succeeds(outside.airkit('plan', '--json'))).json().bundles;
      expect(bundle?.kit.kind).toBe('exact');
      const roots = await rootDigests(kit());
      expect(bundle?.images.map(({ root }) => root)).toEqual(pulled.map((name) => roots[name]));
    });

    test('a kit is restored with its root digests', async () => {
      const { results } = (await load(kit())).json();
      expect(results.map(({ status, message }) => [status, message])).toEqual(
        pulled.map(() => ['loaded', undefined]),
      );
      expect(await idsIn(target())).toEqual(await rootDigests(kit()));
      const format = '{{json .RepoDigests}}';
      const kept = await succeed(target().docker('inspect', '--format', format, redis()));
      expect(kept).toContain(await registryDigest(redis()));
      expect(await succeed(target().docker('run', '--rm', '--network', 'none', redis()))).toBe(
        'redis:7 runs',
      );
      await succeed(target().docker('create', multi()));
    });

    test('nothing is sent for images that are there', async () => {
      const { results, sentBytes } = (await load(kit())).json();
      expect(new Set(results.map(({ status }) => status))).toEqual(new Set(['already-present']));
      expect(sentBytes).toBe(0);
    });

    test('only the layers of its own are sent for an image that was removed', async () => {
      await succeed(target().docker('rmi', '--force', redis()));
      const { results, sentBytes } = (await load(kit())).json();
      expect(results.filter(({ status }) => status === 'loaded')).toMatchObject([
        { reference: redis(), after: await registryDigest(redis()) },
      ]);
      const { images } = await readIndex(kit());
      const layersOf = (wanted: (reference: string) => boolean) =>
        images
          .filter(({ reference }) => wanted(reference))
          .flatMap(({ manifests }) => manifests.flatMap(({ layers }) => layers))
          .map(({ descriptor }) => descriptor);
      const others = new Set(layersOf((name) => name !== redis()).map(({ digest }) => digest));
      const own = layersOf((name) => name === redis()).filter(({ digest }) => !others.has(digest));
      expect(own).toHaveLength(1);
      expect(sentBytes).toBe(own[0]?.size);
      expect(await succeed(target().docker('run', '--rm', '--network', 'none', redis()))).toBe(
        'redis:7 runs',
      );
      // Complete in content too: it can be handed on.
      const out = inside.path('again.tar');
      await succeed(target().docker('save', '--output', out, redis()));
    });

    test('a pulled image goes into the classic store under its image ID', async () => {
      const classic = await startDocker();
      try {
        const there = inside.with({ DOCKER_HOST: classic.host });
        await succeeds(there.airkit('load', kit(), '--allow-unsigned', '--json'));
        expect(await idsIn(classic)).toEqual(
          pick(await imageIds(kit()), Object.keys(await idsIn(classic))),
        );
        expect(Object.keys(await idsIn(classic)).toSorted()).toEqual(pulled);
      } finally {
        await classic.stop();
      }
    });

    test('a kit of the classic store is restored with its root digests, and runs', async () => {
      await removeAll(target());
      const classic = outside.with({ DOCKER_HOST: builder().host });
      await writeBundles(classic, { name: 'classic', images: ['*'] });
      await pack(classic);
      const { results } = (await load(kit('classic'))).json();
      expect(new Set(results.map(({ status }) => status))).toEqual(new Set(['loaded']));
      expect(await idsIn(target())).toEqual(await rootDigests(kit('classic')));
      for (const one of busyboxImages.slice(0, 3)) {
        const output = await succeed(target().docker('run', '--rm', '--network', 'none', one.name));
        expect(output).toBe(lineOf(one));
      }
    });

    test('stock docker load gives the same digests, and airkit finds them present', async () => {
      await removeAll(target());
      for (const name of ['classic', 'pulled']) {
        await succeed(target().docker('load', '--input', `${kit(name)}/bundle.tar`));
        const roots = await rootDigests(kit(name));
        expect(pick(await idsIn(target()), Object.keys(roots))).toEqual(roots);
        const { results, sentBytes } = (await load(kit(name))).json();
        expect(new Set(results.map(({ status }) => status))).toEqual(new Set(['already-present']));
        expect(sentBytes).toBe(0);
      }
    });

    describeWithEngines(['containerd', 'skopeo'], 'an index without its other platforms', () => {
      const node = useEngine(() => startContainerd());

      test('is accepted by ctr and skopeo', async () => {
        const tar = `${kit()}/bundle.tar`;
        // With --all-platforms ctr asks for every child manifest, and the engine never had them.
        await succeed(node().ctr('images', 'import', tar));
        const listed = await succeed(node().ctr('images', 'list', '--quiet'));
        expect(listed.split('\n').toSorted()).toEqual(pulled);
        const copy = `dir:${await folder.fresh()}`;
        await succeed(skopeo('copy', '--quiet', `oci-archive:${tar}:${multi()}`, copy));
      });
    });

    test('of an index with two platforms only the layers of the unwanted one are left out', async () => {
      const flags = ['pull', '--quiet', '--platform', 'linux/arm64'];
      await succeed(source().docker(...flags, multi()));
      const images = [{ from: 'docker', include: [multi()] }];
      const one = images.map((selector) => ({ ...selector, platforms: ['linux/amd64'] }));
      await writeBundles(outside, { name: 'both', images }, { name: 'one', images: one });
      await pack(outside);
      const [both, amd64] = await Promise.all([readIndex(kit('both')), readIndex(kit('one'))]);
      expect(both.images[0]?.root).toEqual(amd64.images[0]?.root);
      expect(both.images[0]?.manifests).toEqual(amd64.images[0]?.manifests);
      const layers = both.images[0]?.manifests.map((manifest) =>
        manifest.layers.map(({ descriptor }) => descriptor.digest),
      );
      const [kept = [], left = []] = layers ?? [];
      const missing = left.filter((digest) => !kept.includes(digest));
      expect(missing).toHaveLength(1);
      const isMissing = ({ digest }: { digest: string }) =>
        missing.some((layer) => layer === digest);
      expect(both.absent.filter(isMissing)).toEqual([]);
      expect(amd64.absent.filter(isMissing)).toMatchObject([{ reason: 'platform' }]);
      const bytes = ({ members }: typeof both) => members.reduce((sum, { size }) => sum + size, 0);
      expect(bytes(amd64)).toBeLessThan(bytes(both));
    });

    test('an image known only by its digest keeps it', async () => {
      await removeAll(source());
      await removeAll(target());
      const digest = await registryDigest(redis());
      const name = `${registry().host}/redis@${digest}`;
      await succeed(source().docker('pull', '--quiet', name));
      await writeBundles(outside, { name: 'pinned', images: [name] });
      await pack(outside);
      expect(await rootDigests(kit('pinned'))).toEqual({ [name]: digest });
      const { results } = (await load(kit('pinned'))).json();
      expect(results).toMatchObject([{ reference: name, status: 'loaded', after: digest }]);
      expect(await succeed(target().docker('inspect', '--format', '{{.Id}}', name))).toBe(digest);
    });
  },
);
