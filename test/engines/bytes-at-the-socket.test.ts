/** What passes an engine's socket when it has all of a kit but one layer. */
import { beforeAll, expect, test } from 'vitest';
import { makeAirkitPlace, succeeds, type AirkitPlace } from '../support/airkit-command.ts';
import { describeWithEngines } from '../support/engines/availability.ts';
import { succeed } from '../support/engines/command.ts';
import { startDocker, type DockerEngine } from '../support/engines/docker.ts';
import { startEngineProxy } from '../support/engines/engine-proxy.ts';
import { startNewerDocker } from '../support/engines/newer-docker.ts';
import { useEngine } from '../support/engines/use-engine.ts';
import { useTempFolder } from '../support/temp-folder.ts';
import { pack, readIndex, writeBundles } from './support/kits.ts';
import { buildLargeImage, largeImage } from './support/large-image.ts';

describeWithEngines(['docker', 'newer-docker'], 'airkit load', () => {
  const folder = useTempFolder();
  const source = useEngine(() => startDocker());
  const classic = useEngine(() => startDocker());
  const containerd = useEngine(() => startNewerDocker());
  let outside: AirkitPlace;
  let place: AirkitPlace;
  const kit = (name: string): string => outside.path('dist', name);

  beforeAll(async () => {
    await buildLargeImage(source(), { layers: 2, mebibytes: 24 });
    const steps = ['history', '--quiet', '--no-trunc', largeImage];
    const ids = (await succeed(source().docker(...steps))).split('\n');
    const lower = ids.findLast((line) => line.startsWith('sha256:')) ?? '';
    await succeed(source().docker('tag', lower, 'base/lower:1'));
    outside = await makeAirkitPlace(await folder.fresh(), { DOCKER_HOST: source().host });
    place = await makeAirkitPlace(await folder.fresh());
    await writeBundles(
      outside,
      { name: 'large', images: [largeImage] },
      { name: 'lower', images: ['base/lower:1'] },
    );
    await pack(outside);
  });

  const load = async (host: DockerEngine['host'], name: string) => {
    const there = place.with({ DOCKER_HOST: host });
    return succeeds(there.airkit('load', kit(name), '--allow-unsigned', '--json'));
  };

  test.each([
    // Docker 20.10 reads no zstd, so its layers travel as they unpack.
    ['classic store', classic, 'uncompressedSize'],
    ['containerd store', containerd, 'size'],
  ] as const)(
    '%s: of a kit but for one layer, that layer and metadata pass the socket',
    async (_, engine, measure) => {
      const { images } = await readIndex(kit('large'));
      const { descriptor, uncompressedSize = 0 } = images[0]?.manifests[0]?.layers.at(-1) ?? {};
      const top = measure === 'size' ? (descriptor?.size ?? 0) : uncompressedSize;
      await load(engine().host, 'lower');
      const proxy = await startEngineProxy(engine().host);
      const outcome = await load(proxy.host, 'large');
      await proxy.stop();
      expect(outcome.json()).toMatchObject({ results: [{ status: 'loaded' }], sentBytes: top });
      expect(proxy.sent()).toBeGreaterThan(top);
      expect(proxy.sent()).toBeLessThan(top + 64 * 1024);
    },
  );
});
