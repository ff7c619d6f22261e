/** Loads against real engines: what is sent at the socket, broken loads, rollback, room, several targets. */
import { mkdtemp, readFile, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { parseReceipt, type Receipt } from '../../src/index.ts';
import { makeAirkitPlace, succeeds, type AirkitPlace } from '../support/airkit-command.ts';
import { buildBusyboxImages } from '../support/busybox-images.ts';
import { describeWithEngines } from '../support/engines/availability.ts';
import { run, succeed } from '../support/engines/command.ts';
import { startDocker, type DockerEngine } from '../support/engines/docker.ts';
import { startEngineProxy } from '../support/engines/engine-proxy.ts';
import { startNewerDocker } from '../support/engines/newer-docker.ts';
import { startRegistry } from '../support/engines/registry.ts';
import { useEngine } from '../support/engines/use-engine.ts';
import { useTempFolder } from '../support/temp-folder.ts';
import {
  canonical,
  damagedCopy,
  exists,
  idsIn,
  pack,
  readIndex,
  writeBundles,
} from './support/kits.ts';
import { pushImages, pushMultiPlatform, registryDigest } from './support/registry-images.ts';
import { buildLargeImage, largeImage } from './support/large-image.ts';

const redis = canonical('redis:7');
const nginx = canonical('nginx:1.25');

async function receiptOf(path: string): Promise<Receipt> {
  return parseReceipt(await readFile(path), path);
}

async function removeAll(engine: DockerEngine): Promise<void> {
  const names = Object.keys(await idsIn(engine));
  if (names.length > 0) await succeed(engine.docker('rmi', '--force', ...names));
  await succeed(engine.docker('image', 'prune', '--force', '--all'));
}

describeWithEngines(['docker', 'newer-docker', 'registry'], 'airkit load', () => {
  const folder = useTempFolder();
  const source = useEngine(() => startDocker());
  const classic = useEngine(() => startDocker());
  const containerd = useEngine(() => startNewerDocker());
  const registry = useEngine(() => startRegistry());
  let outside: AirkitPlace;
  let place: AirkitPlace;
  const kit = (name: string): string => outside.path('dist', name);

  beforeAll(async () => {
    await buildBusyboxImages(source());
    await buildLargeImage(source(), { layers: 2, mebibytes: 24 });
    outside = await makeAirkitPlace(await folder.fresh(), { DOCKER_HOST: source().host });
    place = await makeAirkitPlace(await folder.fresh());
    await writeBundles(
      outside,
      { name: 'all', images: [{ from: 'docker', include: ['*'], exclude: ['large/*', 'base/*'] }] },
      { name: 'large', images: [largeImage] },
    );
    await pack(outside);
  });

  const into = (engine: DockerEngine): AirkitPlace => place.with({ DOCKER_HOST: engine.host });

  const load = (engine: DockerEngine, name: string, ...flags: string[]) =>
    into(engine).airkit('load', kit(name), '--allow-unsigned', '--json', ...flags);

  test.each([
    ['classic store', classic],
    ['containerd store', containerd],
  ])('%s: load, change a tag, load again, roll back: tags as before', async (_, engine) => {
    await removeAll(engine());
    await succeeds(load(engine(), 'all'));
    await succeed(engine().docker('tag', 'nginx:1.25', 'redis:7'));
    await succeed(engine().docker('rmi', 'ghcr.io/acme/api:1.4'));
    const before = await idsIn(engine());
    const second = (await succeeds(load(engine(), 'all', '--receipt', 'second.json'))).json();
    const loaded = second.results.filter(({ status }) => status === 'loaded');
    expect(loaded.map(({ reference }) => reference).toSorted()).toEqual(
      [redis, 'ghcr.io/acme/api:1.4'].toSorted(),
    );
    expect(await idsIn(engine())).not.toEqual(before);
    const back = ['rollback', 'second.json', '--receipt', 'back.json', '--json'];
    const { results } = (await succeeds(into(engine()).airkit(...back))).json();
    expect(results.map(({ reference, status }) => [reference, status])).toEqual(
      expect.arrayContaining([
        [redis, 'restored'],
        ['ghcr.io/acme/api:1.4', 'removed'],
      ]),
    );
    expect(await idsIn(engine())).toEqual(before);
  });

  test.each([
    ['classic store', classic],
    ['containerd store', containerd],
  ])('%s: a tag that changed since is left alone by the rollback', async (_, engine) => {
    await removeAll(engine());
    await succeeds(load(engine(), 'all', '--receipt', 'early.json'));
    await succeed(engine().docker('tag', 'nginx:1.25', 'redis:7'));
    const outcome = await into(engine()).airkit(
      'rollback',
      'early.json',
      '--receipt',
      'back.json',
      '--json',
    );
    expect(outcome.code).toBe(5);
    expect(outcome.json().results).toContainEqual(
      expect.objectContaining({ reference: redis, status: 'changed' }),
    );
    expect(Object.keys(await idsIn(engine()))).toEqual([redis]);
  });

  test('several targets are filled at once, each with its own results', async () => {
    await removeAll(classic());
    const there = `registry://${registry().host}/site`;
    const targets = ['--to', 'docker', '--to', there, '--to', 'oci:layout'];
    const { results } = (await succeeds(load(classic(), 'all', ...targets))).json();
    const names = (await readIndex(kit('all'))).images.length;
    expect(results).toHaveLength(3 * names);
    expect(results.every(({ status }) => status === 'loaded')).toBe(true);
    expect(Object.keys(await idsIn(classic()))).toHaveLength(names);
    expect((await receiptOf(place.receipt)).targets.map(({ target }) => target)).toEqual([
      'docker',
      there,
      'oci:layout',
    ]);
  });

  test('--on-existing-tag skip and fail keep tags of the engine', async () => {
    await removeAll(classic());
    await succeeds(load(classic(), 'all', '--include', 'nginx:*'));
    await succeed(classic().docker('tag', 'nginx:1.25', 'redis:7'));
    const before = await idsIn(classic());
    const refused = await load(classic(), 'all', '--on-existing-tag', 'fail');
    expect({ code: refused.code, error: refused.json().error?.code }).toEqual({
      code: 2,
      error: 'OUTPUT_EXISTS',
    });
    expect(await idsIn(classic())).toEqual(before);
    const { results } = (
      await succeeds(load(classic(), 'all', '--on-existing-tag', 'skip'))
    ).json();
    const statusOf = (name: string) => results.find((one) => one.reference === name)?.status;
    expect([statusOf(redis), statusOf(nginx)]).toEqual(['skipped', 'already-present']);
    expect((await idsIn(classic()))[redis]).toBe(before[redis]);
  });

  test('--rename gives the engine other names, which run', async () => {
    await removeAll(classic());
    await succeeds(
      load(
        classic(),
        'all',
        '--include',
        'redis:7',
        '--rename',
        'docker.io/library/*=site.local/*',
      ),
    );
    expect(Object.keys(await idsIn(classic()))).toEqual(['site.local/redis:7']);
    const ran = classic().docker('run', '--rm', '--network', 'none', 'site.local/redis:7');
    expect(await succeed(ran)).toBe('redis:7 runs');
  });

  test('--keep-going past a damaged layer loads every image that is whole', async () => {
    await removeAll(classic());
    const damaged = await damagedCopy(kit('all'));
    const flags = ['--allow-unsigned', '--json'];
    expect((await into(classic()).airkit('load', damaged, ...flags)).code).toBe(4);
    expect(await idsIn(classic())).toEqual({});
    const outcome = await into(classic()).airkit('load', damaged, ...flags, '--keep-going');
    expect(outcome.code).toBe(5);
    const { results } = outcome.json();
    const loaded = results.filter(({ status }) => status === 'loaded');
    expect(loaded.length).toBeGreaterThan(0);
    expect(loaded.length).toBeLessThan(results.length);
    expect(Object.keys(await idsIn(classic())).toSorted()).toEqual(
      loaded.map(({ reference }) => reference).toSorted(),
    );
  });

  test('into an engine without room for the layers is refused before anything is sent', async () => {
    const home = await mkdtemp(join(await realpath(tmpdir()), 'airkit-full-'));
    await succeed(run({ file: 'mount', args: ['-t', 'tmpfs', '-o', 'size=40m', 'tmpfs', home] }));
    try {
      const engine = await startDocker({ folder: home });
      const proxy = await startEngineProxy(engine.host);
      const through = place.with({ DOCKER_HOST: proxy.host });
      const flags = ['--allow-unsigned', '--json', '--to', 'docker', '--to', 'oci:roomy'];
      const outcome = await through.airkit('load', kit('large'), ...flags);
      await proxy.stop();
      await engine.stop();
      expect({ code: outcome.code, error: outcome.json().error?.code }).toEqual({
        code: 3,
        error: 'NO_SPACE',
      });
      expect(proxy.requests).not.toContain('POST /images/load');
      expect(await exists(place.path('roomy'))).toBe(false);
    } finally {
      await run({ file: 'umount', args: ['--lazy', home] });
      await rm(home, { recursive: true, force: true });
    }
  });

  test.each([
    ['classic store', classic],
    ['containerd store', containerd],
  ])('%s: --platform takes another platform than the engine runs', async (_, engine) => {
    const name = `${registry().host}/acme/multi:1`;
    await pushMultiPlatform(name, await folder.fresh());
    const there = await makeAirkitPlace(await folder.fresh(), { DOCKER_HOST: engine().host });
    await writeBundles(there, { name: 'multi', images: [{ from: 'registry', include: [name] }] });
    await pack(there);
    const flags = ['--allow-unsigned', '--json', '--platform', 'linux/arm64'];
    const path = there.path('dist', 'multi');
    const { results } = (await succeeds(there.airkit('load', path, ...flags))).json();
    expect(results).toMatchObject([{ reference: name, status: 'loaded' }]);
    const format = ['--format', '{{.Architecture}}'];
    expect(await succeed(engine().docker('inspect', ...format, name))).toBe('arm64');
    const again = (await succeeds(there.airkit('load', path, ...flags))).json();
    expect(again).toMatchObject({ results: [{ status: 'already-present' }], sentBytes: 0 });
  });

  test('of a name with a digest says that the classic store cannot keep it, and what can', async () => {
    const [name = ''] = await pushImages(registry(), source(), ['redis:7']);
    const digest = await registryDigest(name);
    const pinned = `${name.replace(/:[^:/]*$/u, '')}@${digest}`;
    const there = await makeAirkitPlace(await folder.fresh());
    await writeBundles(there, {
      name: 'pinned',
      images: [{ from: 'registry', include: [pinned] }],
    });
    await pack(there);
    const loads = there.with({ DOCKER_HOST: classic().host });
    const flags = ['--allow-unsigned', '--json'];
    const { results } = (
      await succeeds(loads.airkit('load', there.path('dist', 'pinned'), ...flags))
    ).json();
    expect(results).toMatchObject([
      { reference: pinned, status: expect.stringMatching(/loaded|present/) },
    ]);
    expect(
      JSON.stringify((await loads.airkit('load', there.path('dist', 'pinned'), ...flags)).json()),
    ).toMatch(/registry:\/\/.*airkit serve/u);
  });
});
