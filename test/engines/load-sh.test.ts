/** The offline side without airkit: load.sh of a kit with the real engines, by the shells that distributions have. */
import { rm } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { makeAirkitPlace, succeeds, type AirkitPlace } from '../support/airkit-command.ts';
import { buildBusyboxImages, busyboxImages, lineOf } from '../support/busybox-images.ts';
import { describeWithEngines } from '../support/engines/availability.ts';
import { succeed, type Outcome } from '../support/engines/command.ts';
import { startContainerd } from '../support/engines/containerd.ts';
import { startDocker } from '../support/engines/docker.ts';
import { startNewerDocker } from '../support/engines/newer-docker.ts';
import { podmanRunFlags, startPodman } from '../support/engines/podman.ts';
import { useEngine } from '../support/engines/use-engine.ts';
import { loadedBy, loadScript, shells, type ScriptCall } from '../support/load-script.ts';
import { useTempFolder } from '../support/temp-folder.ts';
import { exists, idsIn, imageIds, pack, rootDigests, writeBundles } from './support/kits.ts';

const [first] = busyboxImages;
if (first === undefined) throw new Error('no images');

/** What load.sh prints when every image arrives. */
function all(status: string, ids: Record<string, string>): Record<string, string[]> {
  return Object.fromEntries(Object.entries(ids).map(([name, id]) => [name, [status, id]]));
}

describeWithEngines(['docker'], 'load.sh', () => {
  const folder = useTempFolder();
  const source = useEngine(() => startDocker());
  let outside: AirkitPlace;
  const kit = (name: string): string => outside.path('dist', name);
  const receipt = (): string => outside.path('receipt.txt');
  const load = async (
    call: Pick<ScriptCall, 'shell' | 'kit' | 'env'>,
    ...more: string[]
  ): Promise<Outcome> => {
    const args = ['-k', outside.path('release.pub'), '-r', receipt(), ...more];
    return loadScript({ ...call, kit: kit(call.kit), args });
  };

  beforeAll(async () => {
    await buildBusyboxImages(source());
    outside = await makeAirkitPlace(await folder.fresh(), { DOCKER_HOST: source().host });
    await succeeds(outside.airkit('keygen', '-o', 'release'));
    const images = [{ from: 'docker', include: ['*'] }];
    await writeBundles(outside, { name: 'zstd', images }, { name: 'gzip', images, layers: 'gzip' });
    await pack(outside, '--key', 'release.key');
  });

  describe.each(shells)('run by %s', (shell) => {
    describe('with Docker 20.10', () => {
      const target = useEngine(() => startDocker());
      const env = (): Record<string, string> => ({ DOCKER_HOST: target().host });

      test('refuses zstd layers with exit code 2, and sends nothing', async () => {
        await rm(receipt(), { force: true });
        expect((await load({ shell, kit: 'zstd', env: env() })).code).toBe(2);
        expect(await idsIn(target())).toEqual({});
        expect(await exists(receipt())).toBe(false);
      });

      test('loads a gzip kit, twice', async () => {
        const ids = await imageIds(kit('gzip'));
        const loaded = await load({ shell, kit: 'gzip', env: env() });
        expect([loaded.code, loadedBy(loaded)]).toEqual([0, all('loaded', ids)]);
        expect(await idsIn(target())).toEqual(ids);
        const again = await load({ shell, kit: 'gzip', env: env() }, '-e', 'docker');
        expect([again.code, loadedBy(again)]).toEqual([0, all('already-present', ids)]);
      });
    });

    describeWithEngines(['newer-docker'], 'with Docker 28 and the containerd store', () => {
      const target = useEngine(() => startNewerDocker());

      test('loads zstd layers and keeps digests', async () => {
        const loaded = await load({ shell, kit: 'zstd', env: { DOCKER_HOST: target().host } });
        const roots = await rootDigests(kit('zstd'));
        expect([loaded.code, loadedBy(loaded)]).toEqual([0, all('loaded', roots)]);
        expect(await idsIn(target())).toEqual(roots);
      });
    });

    describeWithEngines(['podman'], 'with podman', () => {
      const target = useEngine(() => startPodman());

      test('loads zstd layers', async () => {
        const loaded = await load(
          { shell, kit: 'zstd', env: target().environment },
          '-e',
          'podman',
        );
        const ids = await imageIds(kit('zstd'));
        expect([loaded.code, loadedBy(loaded)]).toEqual([0, all('loaded', ids)]);
        const ran = await succeed(target().podman('run', ...podmanRunFlags, first.name));
        expect(ran).toBe(lineOf(first));
      });
    });

    describeWithEngines(['containerd'], 'with ctr', () => {
      const target = useEngine(() => startContainerd());

      test('loads zstd layers and names every image by its digest too', async () => {
        const loaded = await load({ shell, kit: 'zstd', env: target().environment }, '-e', 'ctr');
        const roots = await rootDigests(kit('zstd'));
        expect([loaded.code, loadedBy(loaded)]).toEqual([0, all('loaded', roots)]);
        const listed = await succeed(target().ctr('images', 'list', '--quiet'));
        const names = Object.entries(roots).flatMap(([name, digest]) => [
          name,
          `${name.slice(0, name.lastIndexOf(':'))}@${digest}`,
        ]);
        expect(listed.split('\n').toSorted()).toEqual([...new Set(names)].toSorted());
        expect(await succeed(target().ctr('run', '--rm', first.name, 'first'))).toBe(lineOf(first));
      });
    });
  });
});
