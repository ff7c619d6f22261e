/** The arm64 loader binary, run by qemu where the machine has another architecture. */
import { readFile } from 'node:fs/promises';
import { beforeAll, expect, test } from 'vitest';
import { makeAirkitPlace, succeeds, type AirkitPlace } from '../support/airkit-command.ts';
import { buildBusyboxImages } from '../support/busybox-images.ts';
import {
  ARM64_LIBRARIES,
  ARM64_LOADER,
  describeWithEngines,
} from '../support/engines/availability.ts';
import { run, succeed, type Outcome } from '../support/engines/command.ts';
import { startDocker } from '../support/engines/docker.ts';
import { useEngine } from '../support/engines/use-engine.ts';
import { useTempFolder } from '../support/temp-folder.ts';
import { idsIn, imageIds, pack, writeBundles } from './support/kits.ts';

describeWithEngines(['docker', 'arm64-loader'], 'the single-file airkit for arm64', () => {
  const folder = useTempFolder();
  const source = useEngine(() => startDocker());
  const target = useEngine(() => startDocker());
  let outside: AirkitPlace;
  const kit = (): string => outside.path('dist', 'zstd');

  const airkit = async (...args: string[]): Promise<Outcome> => {
    const env = { DOCKER_HOST: target().host, HOME: outside.path('inside') };
    const words = ['-L', ARM64_LIBRARIES, ARM64_LOADER, ...args];
    return run({ file: 'qemu-aarch64-static', args: words, env });
  };

  beforeAll(async () => {
    await buildBusyboxImages(source());
    outside = await makeAirkitPlace(await folder.fresh(), { DOCKER_HOST: source().host });
    await succeeds(outside.airkit('keygen', '-o', 'release'));
    await writeBundles(outside, { name: 'zstd', images: [{ from: 'docker', include: ['*'] }] });
    await pack(outside, '--key', 'release.key');
  });

  test('starts, and is of the version that this is', async () => {
    const text = await readFile(new URL('../../package.json', import.meta.url), 'utf8');
    const { version }: { version: string } = JSON.parse(text);
    expect(await succeed(airkit('--version'))).toBe(version);
  });

  test('verifies', async () => {
    const flags = ['--deep', '--trust', outside.path('release.pub')];
    expect((await airkit('verify', kit(), ...flags)).code).toBe(0);
  });

  test('loads into Docker', async () => {
    const flags = ['--trust', outside.path('release.pub'), '--receipt', outside.path('r.json')];
    expect((await airkit('load', kit(), ...flags)).code).toBe(0);
    expect(await idsIn(target())).toEqual(await imageIds(kit()));
  });
});
