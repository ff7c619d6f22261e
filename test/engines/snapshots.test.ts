/** Snapshots of real containers: they load elsewhere and run as the container ran. */
import { readFile, writeFile } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { makeAirkitPlace, succeeds, type AirkitPlace } from '../support/airkit-command.ts';
import { describeWithEngines } from '../support/engines/availability.ts';
import { succeed } from '../support/engines/command.ts';
import { startDocker, type DockerEngine } from '../support/engines/docker.ts';
import { startNewerDocker } from '../support/engines/newer-docker.ts';
import { podmanRunFlags, startPodman } from '../support/engines/podman.ts';
import { useEngine } from '../support/engines/use-engine.ts';
import { useTempFolder } from '../support/temp-folder.ts';
import { buildBase, inspectImage, RUN, said } from './support/containers.ts';
import { canonical, pack, readIndex, sha256Of } from './support/kits.ts';

const WEB = canonical('snapshots/web:v1');

/** The cases that every image store must pass; what they make is loaded into `elsewhere`. */
function snapshotCases(source: () => DockerEngine, elsewhere: () => DockerEngine): void {
  const folder = useTempFolder();
  let place: AirkitPlace;

  const docker = async (...args: string[]): Promise<string> => succeed(source().docker(...args));
  const writeContainers = async (...containers: object[]): Promise<void> => {
    const bundle = { name: 'snaps', version: '1', containers };
    const file = { apiVersion: 'airkit.dev/v1', kind: 'Bundles', bundles: [bundle] };
    await writeFile(place.path('bundles.yaml'), JSON.stringify(file));
  };

  beforeAll(async () => {
    await buildBase(source());
    await docker(
      'run',
      '-d',
      ...RUN,
      '--name',
      'web',
      '-e',
      'EXTRA=1',
      '--tmpfs',
      '/scratch',
      '-v',
      '/usr:/host:ro',
      'snapshots/base:1',
    );
    await docker('exec', 'web', '/bin/sh', '-c', 'echo changed > /home/app/file');
    await docker(
      'create',
      ...RUN,
      '--name',
      'idle',
      '--label',
      'tier=core',
      'snapshots/base:1',
      'echo idle',
    );
    place = await makeAirkitPlace(await folder.fresh(), { DOCKER_HOST: source().host });
  });

  test('a running container: one layer, no history, its files, command and environment', async () => {
    await writeContainers({ include: ['web'], as: 'snapshots/{name}:v1' });
    await pack(place, '-o', 'kit');
    await succeed(elsewhere().docker('load', '--input', place.path('kit/bundle.tar')));
    const { Config, RootFS } = await inspectImage(elsewhere(), WEB);
    expect(RootFS.Layers).toHaveLength(1);
    const history = await succeed(elsewhere().docker('history', '--quiet', WEB));
    expect(history.split('\n')).toHaveLength(1);
    const [container] = JSON.parse(await docker('container', 'inspect', 'web'));
    expect(said(Config)).toEqual(said(container.Config));
    expect(said(Config)).toMatchObject({ User: '1000', StopSignal: 'SIGINT' });
    const shown = await succeed(
      elsewhere().docker(
        'run',
        '--rm',
        ...RUN,
        WEB,
        '/bin/busybox cat file; echo $EXTRA $MOTTO; test -p pipe && pwd',
      ),
    );
    expect(shown.split('\n')).toEqual(['changed', '1 two words', '/home/app']);
  });

  test('the same bytes again while nothing changes, also after a restart', async () => {
    await writeContainers({ include: ['web', 'idle'], as: 'snapshots/{name}:v1' });
    const first = await pack(place, '-o', 'first');
    await docker('restart', '--time', '1', 'web');
    expect(await pack(place, '-o', 'second')).toEqual(first);
    await docker('exec', 'web', '/bin/sh', '-c', 'echo more >> /home/app/file');
    expect(await pack(place, '-o', 'third')).not.toEqual(first);
    await docker('exec', 'web', '/bin/sh', '-c', 'echo changed > /home/app/file');
  });

  test('plan exports nothing, bounds the size, and warns of what is mounted', async () => {
    await writeContainers({ include: ['web'], as: 'snapshots/{name}:v1' });
    const { bundles } = (await succeeds(place.airkit('plan', '--json'))).json();
    const [bundle] = bundles;
    expect(bundle?.kit.kind).toBe('upperBound');
    const [warning = '', ...others] = bundle?.skipped ?? [];
    expect(others).toEqual([]);
    expect(warning).toContain('/data, /host, /scratch');
    const { members } = await readIndex(place.path('kit'));
    expect(bundle?.kit.bytes).toBeGreaterThan(members.reduce((sum, { size }) => sum + size, 0));
  });

  test('by ID, label and pattern; without config; with changes', async () => {
    const id = await docker('container', 'inspect', '--format', '{{.Id}}', 'web');
    await writeContainers(
      {
        include: [id.slice(0, 12)],
        as: 'by-id:{id}',
        keepConfig: false,
        changes: ['CMD ["/bin/sh"]'],
      },
      {
        include: ['*'],
        labels: { tier: 'core' },
        changes: ['ENV COLOUR=red$COLOUR', 'ENTRYPOINT ["/bin/busybox"]'],
      },
    );
    await pack(place, '-o', 'chosen');
    await succeed(elsewhere().docker('load', '--input', place.path('chosen/bundle.tar')));
    const bare = await inspectImage(elsewhere(), `by-id:${id.slice(0, 12)}`);
    expect(said(bare.Config)).toEqual({ Cmd: ['/bin/sh'] });
    const { Config } = await inspectImage(elsewhere(), 'snapshots/idle:latest');
    expect(Config['Env']).toContain('COLOUR=redblue');
    expect(Config['Entrypoint']).toEqual(['/bin/busybox']);
    expect(Config['Cmd'] ?? []).toEqual([]);
  });

  test('changes mean what they mean to docker import --change', async () => {
    const changes = [
      'ENV A=1 B="two words" C=x\\ y',
      'ENV D all "of it" $A',
      'ENV E=${A:-none}${Z:-zero}${A:+plus}',
      'LABEL k=v "long key"="long value" $A=env',
      'EXPOSE 80 $A/udp 8000-8002',
      'VOLUME ["/a", "/b c"]',
      'VOLUME /d /e',
      'WORKDIR /srv',
      'WORKDIR sub/../dir',
      'USER ${A}:0',
      'HEALTHCHECK --interval=1m30s --timeout=500ms --retries=4 CMD test -f /x || exit 1',
      'CMD echo "hello $A"',
      'ENTRYPOINT ["/bin/busybox", "sh"]',
      'ONBUILD RUN true',
    ];
    const tar = place.path('root.tar');
    await docker('export', '--output', tar, 'idle');
    const flags = changes.flatMap((change) => ['--change', change]);
    await docker('import', ...flags, tar, 'imported:1');
    const bundle = {
      name: 'rootfs',
      version: '1',
      images: [{ from: 'rootfs:root.tar', as: 'ours:1', changes }],
    };
    const file = { apiVersion: 'airkit.dev/v1', kind: 'Bundles', bundles: [bundle] };
    await writeFile(place.path('bundles.yaml'), JSON.stringify(file));
    await pack(place, '-o', 'rootfs');
    await succeed(source().docker('load', '--input', place.path('rootfs/bundle.tar')));
    const [theirs, ours] = [
      await inspectImage(source(), 'imported:1'),
      await inspectImage(source(), 'ours:1'),
    ];
    expect(said(ours.Config)).toEqual(said(theirs.Config));
    expect(ours.RootFS.Layers).toEqual([`sha256:${await sha256Of(tar)}`]);
  });

  test('airkit snapshot: an archive that stock tools load and that a bundle pins', async () => {
    const command = [
      'snapshot',
      'idle',
      '--as',
      'pinned/{name}:1',
      '--change',
      'CMD ["echo pinned"]',
      '--json',
    ];
    const { code, stdout } = await place.airkit(...command, '-o', 'idle.tar');
    expect(code).toBe(0);
    const { snapshot } = JSON.parse(stdout);
    expect(snapshot).toMatchObject({
      reference: canonical('pinned/idle:1'),
      container: { name: 'idle' },
    });
    await succeed(elsewhere().docker('load', '--input', place.path('idle.tar')));
    expect(await succeed(elsewhere().docker('run', '--rm', ...RUN, 'pinned/idle:1'))).toBe(
      'pinned',
    );
    const before = await readFile(place.path('idle.tar'));
    expect((await place.airkit(...command, '-o', 'idle.tar')).code).toBe(2);
    await succeeds(place.airkit(...command, '-o', 'idle.tar', '--force'));
    expect((await readFile(place.path('idle.tar'))).equals(before)).toBe(true);
    const bundle = { name: 'pin', version: '1', images: [{ from: 'oci-archive:idle.tar' }] };
    const file = { apiVersion: 'airkit.dev/v1', kind: 'Bundles', bundles: [bundle] };
    await writeFile(place.path('bundles.yaml'), JSON.stringify(file));
    await pack(place, '-o', 'pin');
    const { images } = await readIndex(place.path('pin'));
    expect(images.map(({ root }) => root.digest)).toEqual([snapshot.digest]);
  });
}

describeWithEngines(['docker', 'newer-docker'], 'snapshots', () => {
  const classic = useEngine(() => startDocker());
  const newer = useEngine(() => startNewerDocker());

  describe('from a classic store, loaded by a newer docker', () => {
    snapshotCases(classic, newer);
  });

  describe('from a containerd store, loaded by the same', () => {
    snapshotCases(newer, newer);
  });
});

describeWithEngines(['docker', 'podman'], 'snapshots of podman', () => {
  const folder = useTempFolder();
  const builder = useEngine(() => startDocker());
  const engine = useEngine(() => startPodman());

  test('a container: as from docker, without what podman sets itself; the same bytes again', async () => {
    const place = await makeAirkitPlace(await folder.fresh(), { CONTAINER_HOST: engine().host });
    await buildBase(builder());
    await succeed(builder().docker('save', '--output', place.path('base.tar'), 'snapshots/base:1'));
    await succeed(engine().podman('load', '--quiet', '--input', place.path('base.tar')));
    const flags = podmanRunFlags.filter((flag) => flag !== '--rm');
    await succeed(engine().podman('run', '-d', ...flags, '--name', 'web', 'snapshots/base:1'));
    const command = ['snapshot', 'web', '--from', 'podman', '--as', 'snapshots/web:v1'];
    await succeeds(place.airkit(...command, '-o', 'one.tar'));
    await succeed(engine().podman('restart', '--time', '1', 'web'));
    await succeeds(place.airkit(...command, '-o', 'two.tar'));
    await succeed(engine().podman('rm', '--force', 'web'));
    expect(await sha256Of(place.path('one.tar'))).toBe(await sha256Of(place.path('two.tar')));
    await succeed(builder().docker('load', '--input', place.path('one.tar')));
    const { Config, RootFS } = await inspectImage(builder(), WEB);
    const { Healthcheck, StopSignal, ...own } = said(Config);
    const base = await inspectImage(builder(), 'snapshots/base:1');
    expect(said(base.Config)).toMatchObject(own);
    expect(Object.keys(own)).toEqual(expect.arrayContaining(['Env', 'ExposedPorts', 'Volumes']));
    expect(Healthcheck).toMatchObject({ Test: ['CMD', '/bin/busybox', 'true'] });
    expect(StopSignal).toBe('2');
    expect(RootFS.Layers).toHaveLength(1);
  });

  test('without a socket nothing is guessed', async () => {
    const place = await makeAirkitPlace(await folder.fresh(), engine().environment);
    const { code, stdout } = await place.airkit(
      'snapshot',
      'web',
      '--from',
      'podman',
      '--as',
      'x',
      '--json',
    );
    expect([code, JSON.parse(stdout).error.code]).toEqual([2, 'UNSUPPORTED']);
  });
});
