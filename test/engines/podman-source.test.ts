/** Podman as source, over its socket and its command: its images come as Docker's come. */
import { beforeAll, describe, expect, test } from 'vitest';
import { makeAirkitPlace, succeeds, type AirkitPlace } from '../support/airkit-command.ts';
import { buildBusyboxImages, busyboxNames } from '../support/busybox-images.ts';
import { describeWithEngines } from '../support/engines/availability.ts';
import { pipe, succeed } from '../support/engines/command.ts';
import { startDocker } from '../support/engines/docker.ts';
import { startEngineProxy } from '../support/engines/engine-proxy.ts';
import { startPodman } from '../support/engines/podman.ts';
import { useEngine } from '../support/engines/use-engine.ts';
import { useTempFolder } from '../support/temp-folder.ts';
import { canonical, filesBelow, pack, readIndex, sha256Of, writeBundles } from './support/kits.ts';

const redis = canonical('redis:7');
const names = busyboxNames.map(canonical).toSorted();

describeWithEngines(['docker', 'podman'], 'a kit from podman', () => {
  const folder = useTempFolder();
  const builder = useEngine(() => startDocker());
  const engine = useEngine(() => startPodman());
  let fromDocker: AirkitPlace;

  beforeAll(async () => {
    await buildBusyboxImages(builder());
    fromDocker = await makeAirkitPlace(await folder.fresh(), { DOCKER_HOST: builder().host });
    await writeBundles(fromDocker, { name: 'all', images: ['*'] });
    await pack(fromDocker);
    await succeed(
      engine().podman('load', '--quiet', '--input', fromDocker.path('dist/all/bundle.tar')),
    );
    await succeed(engine().podman('manifest', 'create', 'localhost/list:1'));
  });

  const placeFor = async (environment: Record<string, string>): Promise<AirkitPlace> => {
    const place = await makeAirkitPlace(await folder.fresh(), environment);
    await writeBundles(place, { name: 'all', images: [{ from: 'podman', include: ['*'] }] });
    return place;
  };

  describe.each([
    ['socket', () => ({ CONTAINER_HOST: engine().host })],
    ['command', () => engine().environment],
  ])('through the %s', (_, environment) => {
    test('is planned without an export, from sizes that are upper bounds', async () => {
      const place = await placeFor(environment());
      const [bundle] = (await succeeds(place.airkit('plan', '--json'))).json().bundles;
      expect(bundle?.images.map(({ reference }) => reference)).toEqual(names);
      expect(bundle?.kit.kind).toBe('upperBound');
      expect(bundle?.skipped).toHaveLength(1);
      expect(bundle?.skipped[0]).toContain('localhost/list:1');
      expect(await filesBelow(place.cache)).toEqual([]);
      await pack(place);
      const { members } = await readIndex(place.path('dist/all'));
      const bytes = members.reduce((sum, { size }) => sum + size, 0);
      expect(bundle?.kit.bytes).toBeGreaterThanOrEqual(bytes);
    });

    test('holds what a kit from Docker holds', async () => {
      const place = await placeFor(environment());
      await pack(place);
      const [podman, docker] = await Promise.all([
        readIndex(place.path('dist/all')),
        readIndex(fromDocker.path('dist/all')),
      ]);
      expect(podman.members).toEqual(docker.members);
      expect(JSON.stringify(podman.images).replaceAll('"podman"', '"docker"')).toBe(
        JSON.stringify(docker.images),
      );
      await succeeds(place.airkit('verify', place.path('dist/all'), '--allow-unsigned', '--deep'));
    });

    test('is packed as it was locked, whatever its name stands for by then', async () => {
      const place = await placeFor(environment());
      const images = [{ from: 'podman', include: ['redis:7'] }];
      await writeBundles(place, { name: 'locked', images });
      await succeeds(place.airkit('lock'));
      const [first = ''] = await pack(place, '--locked', '-o', 'first');
      await succeed(engine().podman('tag', redis, 'localhost/kept:1'));
      await succeed(engine().podman('tag', canonical('nginx:1.25'), redis));
      try {
        expect(await pack(place, '--locked', '-o', 'second')).toEqual([first]);
        expect(await pack(place, '--no-lock', '-o', 'third')).not.toEqual([first]);
      } finally {
        await succeed(engine().podman('tag', 'localhost/kept:1', redis));
        await succeed(engine().podman('untag', 'localhost/kept:1', 'localhost/kept:1'));
      }
    });

    test('is chosen by labels', async () => {
      const place = await placeFor(environment());
      const core = [{ from: 'podman', include: ['*'], labels: { tier: 'core' } }];
      await writeBundles(place, { name: 'core', images: core });
      const [bundle] = (await succeeds(place.airkit('plan', '--json'))).json().bundles;
      const expected = names.filter((name) => /kube-/u.test(name));
      expect(bundle?.images.map(({ reference }) => reference)).toEqual(expected);
    });
  });

  test('has the same bytes either way, and is exported once', async () => {
    const proxy = await startEngineProxy(engine().host);
    try {
      const socket = await placeFor({ CONTAINER_HOST: proxy.host });
      const command = await placeFor(engine().environment);
      expect(await pack(socket)).toEqual(await pack(command));
      const exports = () => proxy.requests.filter((one) => one.endsWith('/images/export')).length;
      expect(exports()).toBe(1);
      const first = await sha256Of(socket.path('dist/all/bundle.tar'));
      await pack(socket, '--force');
      expect(exports()).toBe(1);
      expect(await sha256Of(socket.path('dist/all/bundle.tar'))).toBe(first);
    } finally {
      await proxy.stop();
    }
  });

  test('takes images that podman built itself', async () => {
    const place = await placeFor({ CONTAINER_HOST: engine().host });
    const tar = { file: 'tar', args: ['--create', '--directory=/bin', 'busybox'] };
    await succeed(pipe(tar, engine().command('import', '--quiet', '-', 'localhost/own:1')));
    const own = [{ from: 'podman', include: ['localhost/own:1'] }];
    await writeBundles(place, { name: 'own', images: own });
    await pack(place);
    const format = ['image', 'inspect', '--format', '{{.Id}}', 'localhost/own:1'];
    const id = await succeed(engine().podman(...format));
    const { images } = await readIndex(place.path('dist/own'));
    expect(images).toMatchObject([
      { reference: 'localhost/own:1', manifests: [{ config: { digest: `sha256:${id}` } }] },
    ]);
  });

  test('that podman breaks off is no kit', async () => {
    const proxy = await startEngineProxy(engine().host);
    const place = await placeFor({ CONTAINER_HOST: proxy.host });
    const exporting = proxy.next('GET /v4.0.0/libpod/images/export');
    const running = place.start('pack', '--json');
    await exporting;
    await expect
      .poll(() => proxy.received(), { timeout: 20_000, interval: 2 })
      .toBeGreaterThan(1e6);
    await proxy.stop();
    const outcome = await running.done;
    expect(outcome.code).toBe(3);
    expect(['SOURCE_FAILED', 'ARCHIVE_MALFORMED']).toContain(outcome.json().error?.code);
    expect(await filesBelow(place.path('dist'))).toEqual([]);
  });
});
