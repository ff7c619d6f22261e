/** The single-file airkit on a machine without Node, npm and network. Build it first: `npm run build:loader`. */
import { copyFile, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { makeAirkitPlace, succeeds, type AirkitPlace } from '../support/airkit-command.ts';
import { buildBusyboxImages } from '../support/busybox-images.ts';
import { describeWithEngines, LOADER } from '../support/engines/availability.ts';
import { makeBareRoot, type BareRoot } from '../support/engines/bare-root.ts';
import type { Outcome } from '../support/engines/command.ts';
import { startDocker } from '../support/engines/docker.ts';
import { useEngine } from '../support/engines/use-engine.ts';
import { useTempFolder } from '../support/temp-folder.ts';
import { damagedCopy, idsIn, imageIds, pack, writeBundles } from './support/kits.ts';

const NAME = basename(LOADER);

describeWithEngines(['docker', 'loader'], 'the single-file airkit in a kit', () => {
  const folder = useTempFolder();
  const source = useEngine(() => startDocker());
  const target = useEngine(() => startDocker());
  let outside: AirkitPlace;
  let root: BareRoot;

  /** Runs the executable of the kit at /kit, without Node. */
  const airkit = async (args: string, kit = outside.path('dist', 'zstd')): Promise<Outcome> =>
    root.sh(`cd /root && /kit/${NAME} ${args}`, {
      binds: { '/kit': kit, '/engine': target().folder },
      env: { DOCKER_HOST: 'unix:///engine/docker.sock' },
    });

  beforeAll(async () => {
    await buildBusyboxImages(source());
    outside = await makeAirkitPlace(await folder.fresh(), { DOCKER_HOST: source().host });
    await succeeds(outside.airkit('keygen', '-o', 'release'));
    await writeBundles(outside, { name: 'zstd', images: [{ from: 'docker', include: ['*'] }] });
    await pack(outside, '--key', 'release.key', '--with-loader', `linux-${process.arch}`);
    root = await makeBareRoot(await folder.fresh(), [LOADER]);
    await copyFile(outside.path('release.pub'), join(root.path, 'root', 'release.pub'));
  });

  test('is there, executable, and has a sum', async () => {
    const path = outside.path('dist', 'zstd', NAME);
    expect((await stat(path)).mode & 0o777).toBe(0o755);
    expect((await stat(path)).size).toBeLessThan(120_000_000);
    const sums = await readFile(outside.path('dist', 'zstd', 'SHA256SUMS'), 'utf8');
    expect(sums).toContain(`  ${NAME}\n`);
  });

  test('verifies, and finds damage', async () => {
    expect((await airkit('verify /kit --deep --trust release.pub')).code).toBe(0);
    const damaged = await damagedCopy(outside.path('dist', 'zstd'));
    expect((await airkit('verify /kit --trust release.pub', damaged)).code).toBe(4);
  });

  test('loads zstd layers into Docker 20.10', async () => {
    const loaded = await airkit('load /kit --trust release.pub --receipt receipt.json --json');
    expect([loaded.code, loaded.stderr.includes('Error')]).toEqual([0, false]);
    expect(await idsIn(target())).toEqual(await imageIds(outside.path('dist', 'zstd')));
  });

  test('has the files of the package within it', async () => {
    const schema = await airkit('schema');
    expect(schema.stdout).toBe(
      await readFile(new URL('../../bundles.schema.json', import.meta.url), 'utf8'),
    );
    expect((await airkit(`init && /kit/${NAME} validate`)).code).toBe(0);
  });
});

describeWithEngines(['docker', 'loader'], 'the single-file airkit packs', () => {
  const folder = useTempFolder();
  const source = useEngine(() => startDocker());

  test('the same bytes as any airkit, or nothing', async () => {
    await buildBusyboxImages(source());
    const place = await makeAirkitPlace(await folder.fresh(), { DOCKER_HOST: source().host });
    const images = ['redis:7'];
    await writeBundles(place, { name: 'gzip', images, layers: 'gzip' }, { name: 'zstd', images });
    const root = await makeBareRoot(await folder.fresh(), [LOADER]);
    const packed = async (bundle: string): Promise<Outcome> =>
      root.sh(`cd /place && ${NAME} pack --bundle ${bundle} -o out-${bundle} --json`, {
        binds: { '/place': place.folder, '/engine': source().folder },
        env: { DOCKER_HOST: 'unix:///engine/docker.sock' },
      });
    expect((await packed('gzip')).code).toBe(0);
    await pack(place, '--bundle', 'gzip');
    expect(await readFile(place.path('out-gzip', 'SHA256SUMS'), 'utf8')).toBe(
      await readFile(place.path('dist', 'gzip', 'SHA256SUMS'), 'utf8'),
    );
    const refused = await packed('zstd');
    const { error }: { error?: { code: string } } = JSON.parse(refused.stdout);
    expect([refused.code, error?.code]).toEqual([2, 'UNSUPPORTED']);
  });
});
