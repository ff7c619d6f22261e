/** Engines pull original names out of the registry that a load filled, by the configuration that the load printed. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { makeAirkitPlace, succeeds, type AirkitPlace } from '../support/airkit-command.ts';
import { ociLayoutFiles, writeFiles } from '../support/archive-builder.ts';
import { describeWithEngines } from '../support/engines/availability.ts';
import { run, succeed } from '../support/engines/command.ts';
import { startContainerd } from '../support/engines/containerd.ts';
import { startPodman } from '../support/engines/podman.ts';
import { startRegistry } from '../support/engines/registry.ts';
import { useEngine } from '../support/engines/use-engine.ts';
import { buildImage, manifestRoot } from '../support/image-builder.ts';
import { useTempFolder } from '../support/temp-folder.ts';
import { pack, rootDigests, writeBundles } from './support/kits.ts';

const NAMES = ['docker.io/library/redis:7', 'ghcr.io/acme/api:1'] as const;
const temporary = useTempFolder();
let place: AirkitPlace;
let digests: Record<string, string> = {};

beforeAll(async () => {
  place = await makeAirkitPlace(await temporary.fresh());
  const roots = await Promise.all(
    NAMES.map(async (name, at) =>
      manifestRoot(await buildImage({ names: [name], layers: [1, at] })),
    ),
  );
  await mkdir(place.path('layout'));
  await writeFiles(place.path('layout'), ociLayoutFiles(roots));
  await writeBundles(place, { name: 'kit', images: [{ from: 'oci:layout', include: ['*'] }] });
  await pack(place);
  digests = await rootDigests(place.path('dist', 'kit'));
});

describeWithEngines(['registry', 'containerd', 'podman'], 'load --mirror-config', () => {
  const registry = useEngine(() => startRegistry());
  const containerd = useEngine(() => startContainerd());
  const podman = useEngine(() => startPodman());

  test.each([
    ['plain', '', []],
    ['with a prefix', '/mirror', []],
    ['scoped', '', ['--scoped']],
    ['scoped, with a prefix', '/mirror/of', ['--scoped']],
  ])('%s names are found by their original ones', async (_, prefix, scoped) => {
    const to = ['--to', `registry://${registry().host}${prefix}`, ...scoped];
    const hosts = await temporary.fresh();
    for (const { path, content } of await loadInto(to, 'containerd')) {
      const own = join(hosts, path.replace('/etc/containerd/certs.d/', ''));
      await mkdir(dirname(own), { recursive: true });
      await writeFile(own, content);
    }
    const conf = join(hosts, 'registries.conf');
    await writeFile(conf, (await loadInto(to, 'podman'))[0]?.content ?? '');
    for (const name of NAMES) {
      const pin = `${name.slice(0, name.lastIndexOf(':'))}@${digests[name]}`;
      for (const image of [name, pin]) {
        await succeed(containerd().ctr('images', 'pull', '--hosts-dir', hosts, image));
        await succeed(containerd().ctr('images', 'rm', '--sync', image));
        const command = podman().command('pull', '--quiet', image);
        await succeed(run({ ...command, env: { CONTAINERS_REGISTRIES_CONF: conf } }));
      }
      await succeed(podman().podman('rmi', '--all', '--force'));
    }
    expect(Object.keys(digests)).toEqual([...NAMES]);
  });
});

/** Loads the kit. @returns the files that were printed */
async function loadInto(
  to: readonly string[],
  engine: string,
): Promise<readonly { path: string; content: string }[]> {
  const flags = ['--allow-unsigned', '--mirror-config', engine, '--json'];
  return (await succeeds(place.airkit('load', 'dist/kit', ...to, ...flags))).json().mirrorConfig;
}
