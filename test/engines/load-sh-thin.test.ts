/** load.sh and thin kits: what the engine has of the base it keeps, and podman is not asked. */
import { readFile, rm } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { makeAirkitPlace, type AirkitPlace } from '../support/airkit-command.ts';
import { buildBusyboxImages } from '../support/busybox-images.ts';
import { describeWithEngines } from '../support/engines/availability.ts';
import { succeed, type Outcome } from '../support/engines/command.ts';
import { startDocker } from '../support/engines/docker.ts';
import { startPodman } from '../support/engines/podman.ts';
import { useEngine } from '../support/engines/use-engine.ts';
import { loadedBy, loadScript, shells } from '../support/load-script.ts';
import { useTempFolder } from '../support/temp-folder.ts';
import { exists, idsIn, imageIds, pack, writeBundles } from './support/kits.ts';

describeWithEngines(['docker', 'podman'], 'load.sh of a thin kit', () => {
  const folder = useTempFolder();
  const source = useEngine(() => startDocker());
  const docker = useEngine(() => startDocker());
  const podman = useEngine(() => startPodman());
  let outside: AirkitPlace;
  const receipt = (): string => outside.path('receipt.txt');

  beforeAll(async () => {
    await buildBusyboxImages(source());
    outside = await makeAirkitPlace(await folder.fresh(), { DOCKER_HOST: source().host });
    const layers = 'gzip' as const; // which Docker 20.10 reads
    const base = { name: 'base', images: ['redis:7'], layers };
    await writeBundles(outside, base, { name: 'full', images: ['redis:7', 'nginx:1.25'], layers });
    await pack(outside);
    await pack(
      outside,
      '--bundle',
      'full',
      '-o',
      outside.path('thin'),
      '--base',
      outside.path('dist', 'base'),
    );
  });

  describe.each(shells)('run by %s', (shell) => {
    const load = async (kit: string, engine: 'docker' | 'podman'): Promise<Outcome> => {
      await rm(receipt(), { force: true });
      const args = ['--allow-unsigned', '-r', receipt(), '-e', engine];
      const env = engine === 'docker' ? { DOCKER_HOST: docker().host } : podman().environment;
      return loadScript({ shell, kit, args, env });
    };

    test('refuses podman, and says why', async () => {
      const refused = await load(outside.path('thin'), 'podman');
      expect(refused.code).toBe(2);
      expect(refused.stderr).toContain('thin kit');
      expect(await succeed(podman().podman('images', '--quiet'))).toBe('');
      expect(await exists(receipt())).toBe(false);
    });

    test('names what Docker could not load without the base, and loads all with it', async () => {
      const ids = await imageIds(outside.path('thin'));
      const alone = await load(outside.path('thin'), 'docker');
      expect(alone.code).toBe(3);
      expect(Object.values(loadedBy(alone)).map(([status]) => status)).toEqual([
        'failed',
        'failed',
      ]);
      expect((await load(outside.path('dist', 'base'), 'docker')).code).toBe(0);
      expect((await load(outside.path('thin'), 'docker')).code).toBe(0);
      expect(await idsIn(docker())).toEqual(ids);
      expect(await readFile(receipt(), 'utf8')).toContain('\nexit code\t0\n');
      await succeed(docker().docker('rmi', '--force', ...Object.values(ids)));
    });
  });
});
