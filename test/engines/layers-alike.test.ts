/** Layers of one size with other bytes: Docker 20.10 does not say which of them it exports. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeNoise } from '../support/image-builder.ts';
import { makeAirkitPlace } from '../support/airkit-command.ts';
import { describeWithEngines } from '../support/engines/availability.ts';
import { run, succeed } from '../support/engines/command.ts';
import { startDocker } from '../support/engines/docker.ts';
import { useEngine } from '../support/engines/use-engine.ts';
import { useTempFolder } from '../support/temp-folder.ts';
import { pack, writeBundles } from './support/kits.ts';

describeWithEngines(['docker'], 'a layer as large as one in the cache', () => {
  const folder = useTempFolder();
  const source = useEngine(() => startDocker());

  const build = async (name: string, ...seeds: readonly number[]): Promise<void> => {
    const context = await folder.fresh();
    const lines = ['FROM scratch', 'CMD ["/noise"]'];
    for (const seed of seeds) {
      await writeFile(join(context, `${seed}`), makeNoise(5 * 2 ** 20, seed));
      lines.push(`COPY ${seed} /noise`);
    }
    await writeFile(join(context, 'Dockerfile'), lines.join('\n'));
    const command = source().command('build', '--quiet', '--tag', name, context);
    await succeed(run({ ...command, env: { ...command.env, DOCKER_BUILDKIT: '0' } }));
  };

  test('is exported once more, and the kit is that of an empty cache', async () => {
    await build('one:1', 1);
    await build('two:1', 1, 2);
    const outside = await makeAirkitPlace(await folder.fresh(), { DOCKER_HOST: source().host });
    const other = await makeAirkitPlace(await folder.fresh(), { DOCKER_HOST: source().host });
    const two = { name: 'two', images: [{ from: 'docker', include: ['two:*'] }] };
    const one = { name: 'one', images: [{ from: 'docker', include: ['one:*'] }] };
    await writeBundles(outside, one);
    await pack(outside);
    await writeBundles(outside, two);
    const again = await pack(outside);
    await writeBundles(other, two);
    expect(again).toEqual(await pack(other));
  });
});
