/** The same images give the same bytes, whichever engine holds them and wherever they are packed. */
import { basename } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { makeAirkitPlace, type AirkitPlace, type Environment } from '../support/airkit-command.ts';
import { buildBusyboxImages, busyboxNames } from '../support/busybox-images.ts';
import { describeWithEngines } from '../support/engines/availability.ts';
import { pipe, succeed } from '../support/engines/command.ts';
import { startDocker, type DockerEngine } from '../support/engines/docker.ts';
import { startNewerDocker } from '../support/engines/newer-docker.ts';
import { useEngine } from '../support/engines/use-engine.ts';
import { useTempFolder } from '../support/temp-folder.ts';
import { filesBelow, idsIn, pack, sha256Of, writeBundles } from './support/kits.ts';

const bundles = (['zstd', 'gzip', 'none'] as const).map((layers) => ({
  name: layers,
  layers,
  images: ['*k8s*', { from: 'docker', include: ['*'], exclude: ['*k8s*'] }],
}));

/** Sums of every file of every kit. */
async function kitSums(place: AirkitPlace): Promise<Record<string, string>> {
  await pack(place);
  const files = await filesBelow(place.path('dist'));
  const sums = files.map(async (path) => [
    path.slice(place.path('dist').length),
    await sha256Of(path),
  ]);
  return Object.fromEntries(await Promise.all(sums));
}

describeWithEngines(['docker'], 'the same images', () => {
  const folder = useTempFolder();
  const first = useEngine(() => startDocker());
  let expected: Record<string, string> = {};

  const newPlace = async (environment: Environment): Promise<AirkitPlace> => {
    const place = await makeAirkitPlace(await folder.fresh(), environment);
    await writeBundles(place, ...bundles);
    return place;
  };

  /** Hands images over one by one, so that the other engine got them in another order and at another time. */
  const handOver = async (to: DockerEngine): Promise<void> => {
    for (const name of busyboxNames.toReversed())
      await succeed(pipe(first().command('save', name), to.command('load')));
    expect(await idsIn(to)).toEqual(await idsIn(first()));
  };

  beforeAll(async () => {
    await buildBusyboxImages(first());
    expected = await kitSums(await newPlace({ DOCKER_HOST: first().host, TZ: 'UTC' }));
  });

  test('were packed in every encoding', () => {
    const names = ['SHA256SUMS', 'bundle.json', 'bundle.tar', 'images.txt', 'load.sh'];
    for (const { name } of bundles) {
      const files = Object.keys(expected).filter((path) => path.startsWith(`/${name}/`));
      expect(files.map((path) => basename(path)).toSorted()).toEqual(names);
    }
  });

  test('give the same bytes in another folder, time zone and locale, with one thread', async () => {
    const elsewhere = { TZ: 'Asia/Tokyo', LC_ALL: 'tr_TR.UTF-8', UV_THREADPOOL_SIZE: '1' };
    const place = await newPlace({ DOCKER_HOST: first().host, ...elsewhere });
    expect(await kitSums(place)).toEqual(expected);
  });

  test('give the same bytes with many threads', async () => {
    const place = await newPlace({ DOCKER_HOST: first().host, UV_THREADPOOL_SIZE: '16' });
    expect(await kitSums(place)).toEqual(expected);
  });

  test('give the same bytes when an earlier pack has filled a part of the cache', async () => {
    const place = await newPlace({ DOCKER_HOST: first().host });
    await writeBundles(place, { name: 'earlier', images: ['redis:7', '*/k8s-agent:*'] });
    await pack(place, '-o', 'earlier');
    await writeBundles(place, ...bundles);
    expect(await kitSums(place)).toEqual(expected);
  });

  test('give the same bytes from another Docker 20.10', async () => {
    const other = await startDocker();
    try {
      await handOver(other);
      expect(await kitSums(await newPlace({ DOCKER_HOST: other.host }))).toEqual(expected);
    } finally {
      await other.stop();
    }
  });

  describeWithEngines(['newer-docker'], 'beside Docker 28', () => {
    test('give the same bytes from its classic store', async () => {
      const newer = await startNewerDocker({ store: 'classic' });
      try {
        await handOver(newer);
        expect(await kitSums(await newPlace({ DOCKER_HOST: newer.host }))).toEqual(expected);
      } finally {
        await newer.stop();
      }
    });
  });
});
