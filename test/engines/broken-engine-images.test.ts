/** An engine that cannot export one of many images: that one is named, and the others can be had. */
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { chainIds } from '../../src/oci/image-config.ts';
import { parseDigest } from '../../src/oci/digest.ts';
import { makeAirkitPlace, type AirkitPlace } from '../support/airkit-command.ts';
import { buildBusyboxImages } from '../support/busybox-images.ts';
import { describeWithEngines } from '../support/engines/availability.ts';
import { succeed } from '../support/engines/command.ts';
import { startDocker, type DockerEngine } from '../support/engines/docker.ts';
import { startEngineProxy } from '../support/engines/engine-proxy.ts';
import { startNewerDocker } from '../support/engines/newer-docker.ts';
import { useEngine } from '../support/engines/use-engine.ts';
import { useTempFolder } from '../support/temp-folder.ts';
import { canonical, exists, idsIn, writeBundles } from './support/kits.ts';

const BROKEN = 'redis:7';

/** Takes away what the classic store needs to put the image's own layer together; an export is then answered with 500. */
async function breakClassic(engine: DockerEngine, name: string): Promise<void> {
  const text = await succeed(
    engine.docker('image', 'inspect', '--format', '{{json .RootFS.Layers}}', name),
  );
  const diffIds: string[] = JSON.parse(text);
  const own = chainIds(diffIds.map((one) => parseDigest(one, 'diff ID'))).at(-1) ?? '';
  const layers = join(engine.folder, 'data', 'image', 'overlay2', 'layerdb', 'sha256');
  await rm(join(layers, own.replace('sha256:', ''), 'tar-split.json.gz'));
}

/** Takes the image's own layer out of the containerd store. */
async function breakStored(engine: DockerEngine, name: string): Promise<void> {
  const id = await succeed(engine.docker('image', 'inspect', '--format', '{{.Id}}', name));
  const store = join(
    engine.folder,
    'data',
    'containerd',
    'daemon',
    'io.containerd.content.v1.content',
  );
  const pathOf = (digest: string): string =>
    join(store, 'blobs', 'sha256', digest.trim().replace('sha256:', ''));
  const manifest: { layers: { digest: string }[] } = JSON.parse(await readFile(pathOf(id), 'utf8'));
  await rm(pathOf(manifest.layers.at(-1)?.digest ?? ''));
}

const engines = [
  { name: 'the classic store', needs: 'docker', start: startDocker, breakImage: breakClassic },
  {
    name: 'the containerd store',
    needs: 'newer-docker',
    start: startNewerDocker,
    breakImage: breakStored,
  },
] as const;

describe.each(engines)('$name', ({ needs, start, breakImage }) => {
  describeWithEngines([needs], 'an export of many images', () => {
    const folder = useTempFolder();
    const source = useEngine<DockerEngine>(() => start());
    let place: AirkitPlace;
    let all: string[] = [];

    beforeAll(async () => {
      await buildBusyboxImages(source());
      await breakImage(source(), BROKEN);
      all = Object.keys(await idsIn(source()));
      place = await makeAirkitPlace(await folder.fresh(), { DOCKER_HOST: source().host });
      await writeBundles(place, { name: 'all', images: ['*'] });
    });

    test('of which one is broken names that one, and gives no kit', async () => {
      const outcome = await place.airkit('pack', '--json');
      expect(outcome.code).toBe(3);
      const { error } = outcome.json();
      expect(error).toMatchObject({
        code: expect.stringMatching(/^(SOURCE_FAILED|DIGEST_MISMATCH|ARCHIVE_MALFORMED)$/u),
        problems: [{ reference: canonical(BROKEN), line: expect.any(Number) }],
      });
      expect(await exists(place.path('dist', 'all'))).toBe(false);
    });

    test('gives a kit of the others with --allow-missing', async () => {
      const outcome = await place.airkit('pack', '--json', '--allow-missing');
      expect(outcome.code).toBe(5);
      const [kit] = outcome.json().kits;
      expect(kit?.images.map(({ reference }) => reference)).toEqual(
        all.filter((name) => name !== canonical(BROKEN)).toSorted(),
      );
    });

    test('from the cache asks the engine for the broken one only', async () => {
      const proxy = await startEngineProxy(source().host);
      const outcome = await place
        .with({ DOCKER_HOST: proxy.host })
        .airkit('pack', '--json', '--force', '--allow-missing');
      await proxy.stop();
      expect(outcome.code).toBe(5);
      expect(proxy.requests.filter((one) => one === 'GET /images/get').length).toBeLessThan(8);
    });
  });
});
