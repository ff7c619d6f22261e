/** The same images from every archive that stock tools write: equal image IDs, and equal bytes where nothing re-coded them. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { makeAirkitPlace, succeeds, type AirkitPlace } from '../support/airkit-command.ts';
import { buildBusyboxImages, busyboxNames } from '../support/busybox-images.ts';
import { describeWithEngines } from '../support/engines/availability.ts';
import { run, succeed } from '../support/engines/command.ts';
import { startDocker } from '../support/engines/docker.ts';
import { startNewerDocker } from '../support/engines/newer-docker.ts';
import { startPodman } from '../support/engines/podman.ts';
import { skopeo } from '../support/engines/skopeo.ts';
import { useEngine } from '../support/engines/use-engine.ts';
import { useTempFolder } from '../support/temp-folder.ts';
import {
  canonical,
  idsIn,
  imageIds,
  pack,
  pick,
  readIndex,
  rootDigests,
  writeBundles,
} from './support/kits.ts';

/** The image ID of an image that skopeo can name. */
async function configIn(image: string): Promise<string> {
  const raw = await succeed(skopeo('inspect', '--raw', image));
  const manifest: { config: { digest: string } } = JSON.parse(raw);
  return manifest.config.digest;
}

describeWithEngines(['docker'], 'images from archives', () => {
  const folder = useTempFolder();
  const source = useEngine(() => startDocker());
  let place: AirkitPlace;
  let ids: Record<string, string> = {};
  let roots: Record<string, string> = {};
  const kit = (name: string): string => place.path('dist', name);
  const archive = (name: string): string => place.path(name);

  /** Packs everything that a source holds, with a cache of its own; `deep` verification proves every diffID. */
  const packFrom = async (from: string, name: string): Promise<string> => {
    const own = place.with({ XDG_CACHE_HOME: place.path('caches', name) });
    await writeBundles(own, { name, images: [{ from, include: ['*'] }] });
    await pack(own);
    await succeeds(own.airkit('verify', kit(name), '--allow-unsigned', '--deep'));
    return kit(name);
  };

  beforeAll(async () => {
    await buildBusyboxImages(source());
    place = await makeAirkitPlace(await folder.fresh(), { DOCKER_HOST: source().host });
    ids = await idsIn(source());
    roots = await rootDigests(await packFrom('docker', 'engine'));
    await succeed(source().docker('save', '--output', archive('save.tar'), ...busyboxNames));
    await succeed(source().docker('save', '--output', archive('one.tar'), 'redis:7'));
  });

  test('written by docker save 20.10 give the same roots as the engine', async () => {
    const packed = await packFrom('docker-archive:save.tar', 'save');
    expect(await imageIds(packed)).toEqual(ids);
    expect(await rootDigests(packed)).toEqual(roots);
  });

  test('give the same layers in the same bytes as the engine', async () => {
    const [saved, exported] = await Promise.all([readIndex(kit('save')), readIndex(kit('engine'))]);
    expect(saved.images.map(({ manifests }) => manifests)).toEqual(
      exported.images.map(({ manifests }) => manifests),
    );
    const blobs = ({ members }: typeof saved) =>
      members.filter(({ path }) => path.startsWith('blobs/sha256/'));
    expect(blobs(saved)).toEqual(blobs(exported));
    expect(saved.members).toEqual(exported.members);
    // Only bundle.json differs: it says where the images came from.
    const tail = async (name: string) => {
      const tar = await readFile(join(kit(name), 'bundle.tar'));
      const { byteLength } = await readFile(join(kit(name), 'bundle.json'));
      return tar.subarray(512 + Math.ceil(byteLength / 512) * 512);
    };
    expect((await tail('save')).equals(await tail('engine'))).toBe(true);
  });

  test('of one image give that image', async () => {
    const packed = await packFrom('docker-archive:one.tar', 'one');
    const name = canonical('redis:7');
    expect(await rootDigests(packed)).toEqual(pick(roots, [name]));
  });

  test.each([
    ['gzip', 'gz'],
    ['zstd', 'zst'],
    ['bzip2', 'bz2'],
    ['xz', 'xz'],
  ])('compressed with %s give the same roots', async (tool, suffix) => {
    const compress = `exec ${tool} -c < "$1" > "$1.${suffix}"`;
    await succeed(run({ file: 'sh', args: ['-c', compress, 'sh', archive('save.tar')] }));
    const packed = await packFrom(`docker-archive:save.tar.${suffix}`, tool);
    expect(await rootDigests(packed)).toEqual(roots);
  });

  test('that break off are refused', async () => {
    const cut = 'exec head -c 1500000 "$1" > "$2"';
    const args = ['-c', cut, 'sh', archive('save.tar'), archive('cut.tar')];
    await succeed(run({ file: 'sh', args }));
    const from = { from: 'docker-archive:cut.tar', include: ['*'] };
    await writeBundles(place, { name: 'cut', images: [from] });
    const outcome = await place.airkit('pack', '--json');
    expect(outcome.code).toBe(3);
    expect(outcome.json().error?.code).toBe('ARCHIVE_MALFORMED');
  });

  describeWithEngines(['podman'], 'written by podman save', () => {
    const podman = useEngine(() => startPodman());
    // podman takes full names as they are; short ones would become localhost/….
    beforeAll(async () => {
      await succeed(podman().podman('load', '--input', join(kit('engine'), 'bundle.tar')));
    });

    test('of many images give the same roots', async () => {
      const flags = ['save', '--multi-image-archive', '--output', archive('podman.tar')];
      await succeed(podman().podman(...flags, ...busyboxNames.map(canonical)));
      const packed = await packFrom('docker-archive:podman.tar', 'podman');
      expect(await imageIds(packed)).toEqual(ids);
      expect(await rootDigests(packed)).toEqual(roots);
    });

    test('of one image give the same root', async () => {
      const name = canonical('redis:7');
      await succeed(podman().podman('save', '--output', archive('podman-one.tar'), name));
      const packed = await packFrom('docker-archive:podman-one.tar', 'podman-one');
      expect(await rootDigests(packed)).toEqual(pick(roots, [name]));
    });
  });

  describeWithEngines(['skopeo'], 'written by skopeo', () => {
    /** skopeo turns the config into OCI's form, so image IDs are skopeo's. */
    const names = ['redis:7', 'quay.io/k8s-tools/debug:0.9'];
    const copy = async (to: (name: string) => string): Promise<void> => {
      const daemon = ['copy', '--quiet', '--src-daemon-host', source().host];
      for (const name of names) await succeed(skopeo(...daemon, `docker-daemon:${name}`, to(name)));
    };

    test('into an OCI layout keep their manifests', async () => {
      await copy((name) => `oci:${place.path('layout')}:${canonical(name)}`);
      const packed = await imageIds(await packFrom('oci:layout', 'layout'));
      expect(Object.keys(packed)).toEqual(names.map(canonical).toSorted());
      for (const name of names.map(canonical))
        expect(packed[name]).toBe(await configIn(`oci:${place.path('layout')}:${name}`));
    });

    test('into an OCI archive keep their manifests', async () => {
      const name = canonical('redis:7');
      const to = `oci-archive:${place.path('oci.tar')}:${name}`;
      const daemon = ['copy', '--quiet', '--src-daemon-host', source().host];
      await succeed(skopeo(...daemon, 'docker-daemon:redis:7', to));
      const packed = await imageIds(await packFrom('oci-archive:oci.tar', 'oci-archive'));
      expect(packed).toEqual({ [name]: await configIn(to) });
      expect(packed).toEqual(pick(await imageIds(kit('layout')), [name]));
    });
  });

  describeWithEngines(['newer-docker'], 'of Docker 28', () => {
    describe.each(['classic', 'containerd'] as const)('with the %s store', (store) => {
      const newer = useEngine(() => startNewerDocker({ store }));
      beforeAll(async () => {
        await succeed(newer().docker('load', '--input', archive('save.tar')));
        const tar = archive(`${store}.tar`);
        await succeed(newer().docker('save', '--output', tar, ...busyboxNames));
      });

      test('runs that store', async () => {
        const driver = await succeed(newer().docker('info', '--format', '{{.DriverStatus}}'));
        expect(driver.includes('io.containerd.snapshotter')).toBe(store === 'containerd');
      });

      test('written by docker save give the same image IDs', async () => {
        const packed = await packFrom(`docker-archive:${store}.tar`, `save-${store}`);
        expect(await imageIds(packed)).toEqual(ids);
        if (store === 'classic') expect(await rootDigests(packed)).toEqual(roots);
      });

      test('read as an OCI archive give the same image IDs', async () => {
        const packed = await packFrom(`oci-archive:${store}.tar`, `oci-${store}`);
        expect(await imageIds(packed)).toEqual(ids);
      });

      test('taken from the engine give the same image IDs', async () => {
        const before = place;
        place = place.with({ DOCKER_HOST: newer().host });
        const packed = await packFrom('docker', `engine-${store}`).finally(() => {
          place = before;
        });
        expect(await imageIds(packed)).toEqual(ids);
        // In the containerd store an image's ID is the digest of its root.
        const kept = store === 'classic' ? roots : await idsIn(newer());
        expect(await rootDigests(packed)).toEqual(kept);
      });
    });
  });
});
