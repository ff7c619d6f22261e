/** Containers of another machine, chosen in every way there is, over a real sshd. */
import { writeFile } from 'node:fs/promises';
import { beforeAll, expect, test } from 'vitest';
import { makeAirkitPlace, succeeds, type AirkitPlace } from '../support/airkit-command.ts';
import { describeWithEngines } from '../support/engines/availability.ts';
import { succeed } from '../support/engines/command.ts';
import { startDocker } from '../support/engines/docker.ts';
import { startSsh } from '../support/engines/ssh.ts';
import { useEngine } from '../support/engines/use-engine.ts';
import { useTempFolder } from '../support/temp-folder.ts';
import { buildBase, inspectImage, RUN, said } from './support/containers.ts';
import { canonical, pack, readIndex } from './support/kits.ts';

describeWithEngines(['docker', 'ssh'], 'containers over docker+ssh', () => {
  const folder = useTempFolder();
  const engine = useEngine(() => startDocker());
  const server = useEngine(() => startSsh({ dockerHost: engine().host }));
  let place: AirkitPlace;
  let from: string;
  const docker = async (...args: string[]): Promise<string> => succeed(engine().docker(...args));
  const idOf = async (name: string): Promise<string> =>
    docker('container', 'inspect', '--format', '{{.Id}}', name);

  beforeAll(async () => {
    await buildBase(engine());
    for (const name of ['run-1', 'run-2'])
      await docker('run', '-d', ...RUN, '--name', name, 'snapshots/base:1');
    const flags = ['--label', 'tier=core', '--env', 'EXTRA=1'];
    for (const name of ['idle-1', 'idle-2'])
      await docker('create', ...RUN, '--name', name, ...flags, 'snapshots/base:1', 'echo idle');
    from = `docker+ssh://${server().address}`;
    place = await makeAirkitPlace(await folder.fresh(), {
      PATH: `${server().path}:${process.env['PATH']}`,
      DOCKER_HOST: 'unix:///nowhere/docker.sock',
      SOURCE_DATE_EPOCH: '1750000000', // 2025-06-15
    });
  });

  test.each<[string, () => Promise<object>, string[]]>([
    ['a name', async () => ({ include: ['run-1'] }), ['run-1']],
    ['a pattern, running or not', async () => ({ include: ['*-1'] }), ['idle-1', 'run-1']],
    ['what is left out', async () => ({ include: ['*'], exclude: ['idle-*'] }), ['run-1', 'run-2']],
    ['labels', async () => ({ include: ['*'], labels: { tier: 'core' } }), ['idle-1', 'idle-2']],
    ['a whole ID', async () => ({ include: [await idOf('run-2')] }), ['run-2']],
    ['a short ID', async () => ({ include: [(await idOf('idle-2')).slice(0, 12)] }), ['idle-2']],
  ])('are chosen by %s', async (_, selector, names) => {
    const containers = [{ from, as: 'snapshots/{name}:{date}', ...(await selector()) }];
    const bundle = { name: 'snaps', version: '1', containers };
    const file = { apiVersion: 'airkit.dev/v1', kind: 'Bundles', bundles: [bundle] };
    await writeFile(place.path('bundles.yaml'), JSON.stringify(file));
    const { bundles } = (await succeeds(place.airkit('plan', '--json'))).json();
    const chosen = bundles[0]?.images.map(({ reference }: { reference: string }) => reference);
    const dates = names.map((name) => canonical(`snapshots/${name}:20250615`));
    expect(chosen?.toSorted()).toEqual(dates);
  });

  test('are packed, and load and run elsewhere as they were', async () => {
    const bundle = {
      name: 'snaps',
      version: '1',
      containers: [{ from, include: ['idle-1'], as: 'there/{name}-{id}:1' }],
    };
    const file = { apiVersion: 'airkit.dev/v1', kind: 'Bundles', bundles: [bundle] };
    await writeFile(place.path('bundles.yaml'), JSON.stringify(file));
    await pack(place, '-o', 'kit');
    const name = canonical(`there/idle-1-${(await idOf('idle-1')).slice(0, 12)}:1`);
    const { images } = await readIndex(place.path('kit'));
    expect(images).toMatchObject([{ reference: name, from }]);
    const there = place.with({ DOCKER_HOST: engine().host });
    const flags = ['--allow-unsigned', '--receipt', place.receipt];
    await succeeds(there.airkit('load', 'kit', ...flags));
    const [container] = JSON.parse(await docker('container', 'inspect', 'idle-1'));
    expect(said((await inspectImage(engine(), name)).Config)).toEqual(said(container.Config));
    expect(await docker('run', '--rm', ...RUN, name)).toBe('idle');
  });

  test('are written as one archive, from there', async () => {
    const command = ['snapshot', 'idle-1', '--from', from, '--as', 'one:1'];
    await succeeds(place.airkit(...command, '-o', 'one.tar'));
    await docker('load', '--input', place.path('one.tar'));
    expect(await docker('run', '--rm', ...RUN, 'one:1')).toBe('idle');
  });
});
