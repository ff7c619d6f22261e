/** What passes the socket, or the pipe, of a target that has all of a kit but one layer. */
import { stat, writeFile } from 'node:fs/promises';
import { delimiter } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import {
  makeAirkitPlace,
  succeeds,
  type AirkitPlace,
  type Environment,
} from '../support/airkit-command.ts';
import { describeWithEngines } from '../support/engines/availability.ts';
import { succeed } from '../support/engines/command.ts';
import { startContainerd } from '../support/engines/containerd.ts';
import { startDocker, type DockerEngine } from '../support/engines/docker.ts';
import { startEngineProxy } from '../support/engines/engine-proxy.ts';
import { startNewerDocker } from '../support/engines/newer-docker.ts';
import { startRegistryProxy } from '../support/engines/registry-proxy.ts';
import { startRegistry } from '../support/engines/registry.ts';
import { useEngine } from '../support/engines/use-engine.ts';
import { useTempFolder } from '../support/temp-folder.ts';
import { pack, readIndex, writeBundles } from './support/kits.ts';
import { buildLargeImage, largeImage } from './support/large-image.ts';

/** More than manifests, configs and tar headers of a small image are together. */
const METADATA = 64 * 1024;

describeWithEngines(['docker', 'newer-docker', 'containerd', 'registry'], 'airkit load', () => {
  const folder = useTempFolder();
  const source = useEngine(() => startDocker());
  const classic = useEngine(() => startDocker());
  const containerd = useEngine(() => startNewerDocker());
  const node = useEngine(() => startContainerd());
  const registry = useEngine(() => startRegistry());
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

  const load = async (host: DockerEngine['host'], name: string) =>
    loadInto('docker', name, { DOCKER_HOST: host });

  const loadInto = async (to: string, name: string, environment: Environment = {}) => {
    const args = ['load', kit(name), '--to', to, '--allow-unsigned', '--json'];
    return succeeds(place.with(environment).airkit(...args));
  };

  const topLayer = async () => {
    const { images } = await readIndex(kit('large'));
    const { descriptor, uncompressedSize = 0 } = images[0]?.manifests[0]?.layers.at(-1) ?? {};
    return { size: descriptor?.size ?? 0, uncompressedSize };
  };

  test.each([
    // Docker 20.10 reads no zstd, so its layers travel as they unpack.
    ['classic store', classic, 'uncompressedSize'],
    ['containerd store', containerd, 'size'],
  ] as const)(
    '%s: of a kit but for one layer, that layer and metadata pass the socket',
    async (_, engine, measure) => {
      const top = (await topLayer())[measure];
      await load(engine().host, 'lower');
      const proxy = await startEngineProxy(engine().host);
      const outcome = await load(proxy.host, 'large');
      await proxy.stop();
      expect(outcome.json()).toMatchObject({ results: [{ status: 'loaded' }], sentBytes: top });
      expect(proxy.sent()).toBeGreaterThan(top);
      expect(proxy.sent()).toBeLessThan(top + METADATA);
    },
  );

  test('containerd: the same is piped to ctr', async () => {
    const { size: top } = await topLayer();
    await loadInto('containerd', 'lower', node().environment);
    const bin = await folder.fresh();
    const piped = `${bin}/piped`;
    const script = `case " $* " in *" import "*) tee '${piped}' | /usr/bin/ctr "$@";; *) exec /usr/bin/ctr "$@";; esac`;
    await writeFile(`${bin}/ctr`, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    const path = [bin, node().environment['PATH']].join(delimiter);
    const environment = { ...node().environment, PATH: path };
    const { results, sentBytes } = (await loadInto('containerd', 'large', environment)).json();
    expect(results).toMatchObject([{ status: 'loaded' }]);
    for (const bytes of [sentBytes, (await stat(piped)).size]) {
      expect(bytes).toBeGreaterThan(top);
      expect(bytes).toBeLessThan(top + METADATA);
    }
  });

  test('a registry: the same is uploaded', async () => {
    const { size: top } = await topLayer();
    // One repository: what another one holds is mounted by its digest, if the registry likes.
    const one = ['--rename', '*=site.local/one/image:1'];
    await using proxy = await startRegistryProxy(registry().host);
    const to = ['--to', `registry://${proxy.host}`, '--allow-unsigned', '--json'];
    await succeeds(place.airkit('load', kit('lower'), ...to, ...one));
    expect(proxy.received()).toBeGreaterThan(top);
    proxy.startOver();
    const loaded = await succeeds(place.airkit('load', kit('large'), ...to, ...one));
    const { results, sentBytes } = loaded.json();
    expect(results).toMatchObject([{ status: 'loaded' }]);
    for (const bytes of [sentBytes, proxy.received()]) {
      expect(bytes).toBeGreaterThanOrEqual(top);
      expect(bytes).toBeLessThan(top + METADATA);
    }
  });
});
