/** From one distribution registry through a kit into another, which engines then pull from by digest. */
import { beforeAll, describe, expect, test } from 'vitest';
import { makeAirkitPlace, succeeds, type AirkitPlace } from '../support/airkit-command.ts';
import { buildBusyboxImages, busyboxImages } from '../support/busybox-images.ts';
import { describeWithEngines } from '../support/engines/availability.ts';
import { succeed } from '../support/engines/command.ts';
import { startContainerd } from '../support/engines/containerd.ts';
import { startDocker } from '../support/engines/docker.ts';
import { startPodman } from '../support/engines/podman.ts';
import { startRegistry } from '../support/engines/registry.ts';
import { useEngine } from '../support/engines/use-engine.ts';
import { useTempFolder } from '../support/temp-folder.ts';
import { pack, rootDigests, writeBundles } from './support/kits.ts';
import {
  childDigests,
  pushImages,
  pushMultiPlatform,
  registryDigest,
} from './support/registry-images.ts';

/** What docker pushes; skopeo adds an index. */
const pushed = busyboxImages.filter(({ name }) => /kube-|redis/u.test(name));

describeWithEngines(['docker', 'registry', 'newer-docker'], 'between registries', () => {
  const folder = useTempFolder();
  const docker = useEngine(() => startDocker());
  const outside = useEngine(() => startRegistry());
  const inside = useEngine(() => startRegistry());
  let place: AirkitPlace;
  let kit = '';
  /** HOST/REPOSITORY:TAG in the first registry. */
  let names: string[] = [];

  const moved = (name: string): string => name.replace(outside().host, inside().host);
  const pinned = (name: string, digest: string): string =>
    `${moved(name).replace(/:[^:/]+$/u, '')}@${digest}`;
  const pins = async (): Promise<string[]> =>
    Promise.all(names.map(async (name) => pinned(name, await registryDigest(name))));

  beforeAll(async () => {
    await buildBusyboxImages(docker());
    const images = pushed.map(({ name }) => name);
    names = await pushImages(outside(), docker(), images);
    const index = `${outside().host}/acme/multi:2`;
    await pushMultiPlatform(index, await folder.fresh());
    names.push(index);
    place = await makeAirkitPlace(await folder.fresh());
    kit = place.path('dist', 'all');
    const from = `registry://${outside().host}`;
    await writeBundles(place, { name: 'all', images: [{ from, include: ['kube-*', '*:{2,7}'] }] });
    await pack(place);
    const to = `registry://${inside().host}`;
    await succeeds(place.airkit('load', kit, '--allow-unsigned', '--to', to));
  });

  test('every digest is equal in source, kit and target', async () => {
    const digests = await Promise.all(names.map(async (name) => registryDigest(name)));
    const inKit = await rootDigests(kit);
    expect(inKit).toEqual(Object.fromEntries(names.map((name, at) => [name, digests[at]])));
    const after = await Promise.all(names.map(async (name) => registryDigest(moved(name))));
    expect(after).toEqual(digests);
    const index = names.at(-1) ?? '';
    expect(await childDigests(moved(index))).toEqual(await childDigests(index));
  });

  test('a second load finds everything there', async () => {
    const to = `registry://${inside().host}`;
    const flags = ['--allow-unsigned', '--to', to, '--json'];
    const { results, sentBytes } = (await succeeds(place.airkit('load', kit, ...flags))).json();
    expect(results.map(({ status }) => status)).toEqual(names.map(() => 'already-present'));
    expect(sentBytes).toBe(0);
  });

  describe('by digest, from the second registry', () => {
    test('docker pulls', async () => {
      for (const pin of await pins()) await succeed(docker().docker('pull', '--quiet', pin));
    });

    describeWithEngines(['podman'], 'podman', () => {
      const podman = useEngine(() => startPodman());
      test('pulls', async () => {
        for (const pin of await pins())
          await succeed(podman().podman('pull', '--quiet', '--tls-verify=false', pin));
      });
    });

    describeWithEngines(['containerd'], 'containerd', () => {
      const containerd = useEngine(() => startContainerd());
      test('pulls', async () => {
        for (const pin of await pins())
          await succeed(containerd().ctr('images', 'pull', '--plain-http', pin));
        const listed = await succeed(containerd().ctr('images', 'ls', '-q'));
        expect(listed.split('\n').filter(Boolean).toSorted()).toEqual((await pins()).toSorted());
      });
    });
  });
});
