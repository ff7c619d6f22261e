/** `airkit send` between real engines, over a real sshd: what travels, what stays on this machine, what arrives. */
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { send as sendImages, type ProgressEvent } from '../../src/index.ts';
import { hostOf } from '../cli/support/site.ts';
import {
  makeAirkitPlace,
  succeeds,
  type AirkitDocument,
  type AirkitPlace,
} from '../support/airkit-command.ts';
import {
  buildBusyboxImages,
  busyboxImages,
  busyboxNames,
  lineOf,
} from '../support/busybox-images.ts';
import { describeWithEngines } from '../support/engines/availability.ts';
import { pipe, succeed } from '../support/engines/command.ts';
import { startDocker, type DockerEngine } from '../support/engines/docker.ts';
import { startNewerDocker } from '../support/engines/newer-docker.ts';
import { startRegistry } from '../support/engines/registry.ts';
import { startSsh } from '../support/engines/ssh.ts';
import { useEngine } from '../support/engines/use-engine.ts';
import { useTempFolder } from '../support/temp-folder.ts';
import { buildLargeImage, largeImage } from './support/large-image.ts';
import { canonical, exists, filesBelow, idsIn } from './support/kits.ts';

async function send(place: AirkitPlace, ...args: string[]): Promise<AirkitDocument> {
  const flags = ['--receipt', place.receipt, '--json'];
  return (await succeeds(place.airkit('send', ...args, ...flags))).json();
}

describeWithEngines(['docker', 'newer-docker', 'registry', 'ssh'], 'airkit send', () => {
  const folder = useTempFolder();
  const old = useEngine(() => startDocker());
  const newer = useEngine(() => startNewerDocker({ store: 'classic' }));
  const containerd = useEngine(() => startNewerDocker());
  const target = useEngine(() => startDocker());
  const registry = useEngine(() => startRegistry());
  const server = useEngine(() => startSsh({ dockerHost: target().host }));

  beforeAll(async () => {
    await buildBusyboxImages(old());
    for (const engine of [newer(), containerd()])
      await succeed(pipe(old().command('save', ...busyboxNames), engine.command('load')));
    await buildLargeImage(old(), { layers: 2, mebibytes: 8 });
    await succeed(pipe(old().command('save', largeImage), newer().command('load')));
  });

  const placeBeside = async (engine: DockerEngine): Promise<AirkitPlace> =>
    makeAirkitPlace(await folder.fresh(), {
      DOCKER_HOST: engine.host,
      PATH: `${server().path}:${process.env['PATH']}`,
    });

  const there = (): string => `docker+ssh://${server().address}`;

  async function emptyTarget(): Promise<void> {
    const ids = (await succeed(target().docker('images', '-aq'))).split('\n').filter(Boolean);
    if (ids.length > 0) await succeed(target().docker('rmi', '--force', ...new Set(ids)));
  }

  describe.each([
    ['20.10', old],
    ['a newer engine', newer],
  ])('from the classic store of %s', (_, source) => {
    test('every image arrives with its ID and runs, and nothing is written here', async () => {
      await emptyTarget();
      const place = await placeBeside(source());
      const document = await send(place, '*', there());
      expect(document).toMatchObject({ through: 'stream', from: 'docker' });
      expect(document.results.every(({ status }) => status === 'loaded')).toBe(true);
      expect(await idsIn(target())).toEqual(await idsIn(source()));
      for (const image of busyboxImages.slice(0, 3)) {
        const ran = target().docker('run', '--rm', '--network', 'none', image.name);
        expect(await succeed(ran)).toBe(lineOf(image));
      }
      expect(await exists(place.cache)).toBe(false);
      expect(await filesBelow(place.folder)).toEqual([place.receipt]);
    });

    test('only missing layers travel, and a second time nothing', async () => {
      await emptyTarget();
      const place = await placeBeside(source());
      await send(place, 'redis:7', there());
      const names = busyboxImages.map(({ name }) => name);
      const { sentBytes } = await send(place, ...names, there());
      expect(await idsIn(target())).toEqual(
        Object.fromEntries(
          Object.entries(await idsIn(source())).filter(([name]) =>
            names.map(canonical).includes(name),
          ),
        ),
      );
      expect(sentBytes).toBeGreaterThan(0);
      // The busybox layer, which all share, has more bytes than all other layers and configs.
      expect(sentBytes).toBeLessThan(400_000);
      const again = await send(place, ...names, there());
      expect(again.sentBytes).toBe(0);
      expect(again.results.every(({ status }) => status === 'already-present')).toBe(true);
    });

    test('says about how many bytes it will move', async () => {
      await emptyTarget();
      const place = await folder.fresh();
      const PATH = `${server().path}:${process.env['PATH']}`;
      const environment = { DOCKER_HOST: source().host, HOME: place, PATH };
      const moved = { expected: 0, bytes: 0 };
      const onProgress = (event: ProgressEvent): void => {
        if (event.kind === 'expected' || event.kind === 'bytes') moved[event.kind] += event.bytes;
      };
      const options = { onProgress, receipt: join(place, 'receipt.json') };
      const request = { references: [largeImage], to: there() };
      await sendImages(hostOf(place, environment), request, options);
      // Engines tell the sizes of files; the tar around them adds a little.
      expect(moved.bytes).toBeGreaterThan(16 * 1024 * 1024);
      expect(moved.bytes / moved.expected).toBeCloseTo(1, 1);
    });

    test('an image whose layers are there but not its config arrives', async () => {
      await emptyTarget();
      const place = await placeBeside(source());
      await send(place, 'ghcr.io/acme/k8s-agent:2.3.0', there());
      const { sentBytes } = await send(place, 'ghcr.io/acme/k8s-agent:2.3.0-rc1', there());
      expect(sentBytes).toBeLessThan(50_000);
      const ran = ['run', '--rm', '--network', 'none', 'ghcr.io/acme/k8s-agent:2.3.0-rc1'];
      expect(await succeed(target().docker(...ran))).toBe('ghcr.io/acme/k8s-agent:2.3.0-rc1 runs');
    });

    test('--rename and --dry-run', async () => {
      await emptyTarget();
      const place = await placeBeside(source());
      const rename = ['--rename', 'docker.io/library/*=site.local/*'];
      const dry = await send(place, 'redis:7', there(), ...rename, '--dry-run');
      expect(dry.results).toMatchObject([{ reference: 'site.local/redis:7', status: 'skipped' }]);
      expect(await idsIn(target())).toEqual({});
      await send(place, 'redis:7', there(), ...rename);
      expect(Object.keys(await idsIn(target()))).toEqual(['site.local/redis:7']);
    });
  });

  test('the receipt of a send is rolled back', async () => {
    await emptyTarget();
    const place = await placeBeside(old());
    await send(place, 'redis:7', there());
    await succeeds(place.airkit('rollback', place.receipt, '--receipt', place.path('back.json')));
    expect(await idsIn(target())).toEqual({});
  });

  test('from the containerd store it goes through the cache, which is said', async () => {
    await emptyTarget();
    const place = await placeBeside(containerd());
    const document = await send(place, 'redis:7', there());
    expect(document).toMatchObject({ through: 'cache', results: [{ status: 'loaded' }] });
    const ran = target().docker('run', '--rm', '--network', 'none', 'redis:7');
    expect(await succeed(ran)).toBe('redis:7 runs');
  });

  test('into a registry', async () => {
    const place = await placeBeside(old());
    const document = await send(place, 'redis:7', `registry://${registry().host}/site`);
    expect(document).toMatchObject({ through: 'cache', results: [{ status: 'loaded' }] });
  });

  test('a target that does not answer exits 3', async () => {
    const gone = await startSsh({ dockerHost: 'unix:///nonexistent/docker.sock' });
    const place = await placeBeside(old());
    const outcome = await place
      .with({ PATH: `${gone.path}:${process.env['PATH']}` })
      .airkit('send', 'redis:7', `docker+ssh://${gone.address}`, '--json');
    await gone.stop();
    expect([outcome.code, outcome.json().error?.code]).toEqual([3, 'TARGET_FAILED']);
  });

  test.each([
    ['nothing matches', ['nosuch:1', 'docker'], 'NO_MATCH'],
    ['there is no target', ['redis:7'], 'USAGE'],
    ['the last word is no target', ['redis:7', 'nginx:1.25'], 'USAGE'],
  ])('exits 2 when %s', async (_, args, error) => {
    const place = await placeBeside(old());
    const outcome = await place.airkit('send', ...args, '--json');
    expect([outcome.code, outcome.json().error?.code]).toEqual([2, error]);
  });
});
