/** The lock over real Docker engines: tags that move, and images that are gone. */
import { readFile, writeFile } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { makeAirkitPlace, succeeds, type AirkitPlace } from '../support/airkit-command.ts';
import { buildBusyboxImages, busyboxNames } from '../support/busybox-images.ts';
import { describeWithEngines } from '../support/engines/availability.ts';
import { pipe, succeed } from '../support/engines/command.ts';
import { startDocker, type DockerEngine } from '../support/engines/docker.ts';
import { startNewerDocker } from '../support/engines/newer-docker.ts';
import { useEngine } from '../support/engines/use-engine.ts';
import { useTempFolder } from '../support/temp-folder.ts';
import { canonical, idsIn, imageIds, pack, writeBundles } from './support/kits.ts';

const REDIS = 'redis:7';
const AGENT = 'ghcr.io/acme/k8s-agent:2.3.0';

/** The cases that every image store must pass. `source` has the busybox images. */
function lockCases(source: () => DockerEngine): void {
  const folder = useTempFolder();
  let place: AirkitPlace;
  let before: string[] = [];
  let ids: Record<string, string> = {};

  const lockText = async (): Promise<string> => readFile(place.path('bundles.lock.json'), 'utf8');
  const inspect = async (id: string): Promise<{ RootFS: { Layers: string[] } }> => {
    const [found] = JSON.parse(await succeed(source().docker('image', 'inspect', id)));
    return found;
  };

  beforeAll(async () => {
    place = await makeAirkitPlace(await folder.fresh(), { DOCKER_HOST: source().host });
    await writeBundles(place, { name: 'locked', images: ['redis:*', '*/k8s-agent:2.3.0'] });
    ids = await idsIn(source());
    await succeeds(place.airkit('lock'));
    before = await pack(place, '--locked', '-o', 'before');
  });

  test('names images by image ID and diffIDs, whether or not they have been exported', async () => {
    const text = await lockText();
    const [{ selectors }] = JSON.parse(text).bundles;
    const byName = new Map<string, object>(
      selectors.flatMap(({ images }: { images: { reference: string }[] }) =>
        images.map((image) => [image.reference, image] as const),
      ),
    );
    expect([...byName.keys()].toSorted()).toEqual([REDIS, AGENT].map(canonical));
    for (const [name, image] of byName) {
      const imageID = ids[name] ?? '';
      expect(image).toMatchObject({ imageID, diffIDs: (await inspect(imageID)).RootFS.Layers });
    }
    await succeeds(place.airkit('lock'));
    await succeeds(place.airkit('cache', 'prune', '--all'));
    await succeeds(place.airkit('lock'));
    expect(await lockText()).toBe(text);
    expect(await pack(place, '--no-lock', '-o', 'free')).toEqual(before);
  });

  test('a tag that moved: the locked image is exported by its ID, and plan tells', async () => {
    await succeed(source().docker('tag', 'nginx:1.25', REDIS));
    await succeeds(place.airkit('cache', 'prune', '--all'));
    const outcome = await succeeds(place.airkit('plan', '--json'));
    const [{ lock, images }] = JSON.parse(outcome.stdout).bundles;
    const [reference, other] = [REDIS, 'nginx:1.25'].map(canonical);
    expect(lock).toMatchObject({
      moved: [{ reference, locked: ids[reference ?? ''], now: ids[other ?? ''] }],
      added: [],
      gone: [],
      notCompared: [],
    });
    expect(images).toHaveLength(2);
    expect(await pack(place, '-o', 'moved')).toEqual(before);
    expect(await imageIds(place.path('moved'))).toEqual(await imageIds(place.path('before')));
  });

  test('an image that is gone: the lock is stale, and can be renewed', async () => {
    const reference = canonical(REDIS);
    await succeed(source().docker('rmi', '--force', ids[reference] ?? ''));
    for (const command of ['plan', 'pack']) {
      const outcome = await place.airkit(command, '--json', '-o', 'gone');
      expect({ code: outcome.code, error: outcome.json().error?.code }).toEqual({
        code: 2,
        error: 'LOCK_STALE',
      });
      expect(outcome.json().error?.message).toContain(`${reference}: `);
      expect(outcome.json().error?.message).toContain(ids[reference]);
    }
    await succeeds(place.airkit('lock', '--update', 'redis'));
    await pack(place, '--locked', '-o', 'renewed');
    expect((await imageIds(place.path('renewed')))[canonical(AGENT)]).toBe(
      (await imageIds(place.path('before')))[canonical(AGENT)],
    );
  });

  test('other diffIDs under the image ID are another image', async () => {
    const good = await lockText();
    const [first = ''] = /"sha256:[0-9a-f]{64}"(?=\s*\])/.exec(good) ?? [];
    const other = `"sha256:${'0'.repeat(64)}"`;
    await writeFile(place.path('bundles.lock.json'), good.replace(first, other));
    const outcome = await place.airkit('plan', '--json');
    expect(outcome.json().error?.code).toBe('LOCK_STALE');
  });
}

describeWithEngines(['docker'], 'a lock over Docker 20.10', () => {
  const source = useEngine(() => startDocker());

  beforeAll(async () => buildBusyboxImages(source()));

  describe('the classic store', () => lockCases(source));
});

describeWithEngines(['docker', 'newer-docker'], 'a lock over Docker 28', () => {
  const builder = useEngine(() => startDocker());
  const source = useEngine(() => startNewerDocker());

  beforeAll(async () => {
    await buildBusyboxImages(builder());
    await succeed(pipe(builder().command('save', ...busyboxNames), source().command('load')));
  });

  describe('the containerd store', () => lockCases(source));
});
