/** Engines pull from `airkit serve`: by its own names, and by the original ones through the printed configuration. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { digestOf } from '../../src/oci/digest.ts';
import { makeAirkitPlace, succeeds, type AirkitPlace } from '../support/airkit-command.ts';
import { ociLayoutFiles, writeFiles } from '../support/archive-builder.ts';
import { describeWithEngines } from '../support/engines/availability.ts';
import { run, succeed, type Outcome } from '../support/engines/command.ts';
import { startContainerd } from '../support/engines/containerd.ts';
import { startDocker } from '../support/engines/docker.ts';
import { startNewerDocker } from '../support/engines/newer-docker.ts';
import { startPodman } from '../support/engines/podman.ts';
import { freePort } from '../support/engines/registry.ts';
import { skopeo } from '../support/engines/skopeo.ts';
import { useEngine } from '../support/engines/use-engine.ts';
import { buildImage, indexRoot, manifestRoot } from '../support/image-builder.ts';
import { startServing, type ServingAirkit } from '../support/serving.ts';
import { useTempFolder } from '../support/temp-folder.ts';
import { pack, rootDigests, writeBundles } from './support/kits.ts';

const API = 'ghcr.io/acme/api:1';
const REDIS = 'docker.io/library/redis:7';
const KUBE = 'registry.k8s.io/kube-proxy:v1.30.2';
/** Other images under one name. */
const TWINS = ['ghcr.io/acme/tool:1', 'quay.io/acme/tool:1'] as const;

const temporary = useTempFolder();
let place: AirkitPlace;
let served: ServingAirkit;
let digests: Record<string, string> = {};
let port = 0;

beforeAll(async () => {
  place = await makeAirkitPlace(await temporary.fresh());
  const roots = [
    indexRoot(API, [
      await buildImage({ layers: [1, 2] }),
      await buildImage({ layers: [1, 3], architecture: 'arm64' }),
    ]),
    manifestRoot(await buildImage({ names: [REDIS], layers: [1, 4] })),
    manifestRoot(await buildImage({ names: [KUBE], layers: [1, 5] })),
    manifestRoot(await buildImage({ names: [TWINS[0]], layers: [1, 6] })),
    manifestRoot(await buildImage({ names: [TWINS[1]], layers: [1, 7] })),
  ];
  await mkdir(place.path('layout'));
  await writeFiles(place.path('layout'), ociLayoutFiles(roots));
  await writeBundles(place, { name: 'kit', images: [{ from: 'oci:layout', include: ['*'] }] });
  await pack(place);
  digests = await rootDigests(place.path('dist', 'kit'));
  port = await freePort();
  served = await startServing(
    place,
    'dist/kit',
    '--allow-unsigned',
    '--listen',
    `127.0.0.1:${port}`,
  );
  return async () => {
    const { code, stderr } = await served.stop();
    expect({ code, failed: /failed/.test(stderr) }).toEqual({ code: 130, failed: false });
  };
});

/** `ghcr.io/acme/api:1` as `ghcr.io/acme/api@sha256:…`. */
function pinned(reference: string): string {
  return `${reference.slice(0, reference.lastIndexOf(':'))}@${digests[reference]}`;
}

/** The same in the served registry, with or without the original host. */
function here(reference: string, { scoped = false } = {}): string {
  return `${served.host}/${scoped ? reference : reference.slice(reference.indexOf('/') + 1)}`;
}

async function printedFiles(engine: string): Promise<readonly { path: string; content: string }[]> {
  const listen = ['--listen', `127.0.0.1:${port}`];
  const flags = ['--allow-unsigned', '--mirror-config', engine, '--json'];
  return (await succeeds(place.airkit('serve', 'dist/kit', ...listen, ...flags))).json()
    .mirrorConfig;
}

describeWithEngines(['docker'], 'docker', () => {
  const engine = useEngine(async () => {
    const [daemon] = await printedFiles('docker');
    if (daemon?.path !== '/etc/docker/daemon.json') throw new Error('no daemon.json');
    const config: object = JSON.parse(daemon.content);
    return startDocker({ config });
  });

  test.each([API, REDIS, KUBE])('pulls %s by tag and by digest', async (image) => {
    for (const name of [here(image), here(image, { scoped: true })]) {
      const said = await succeed(engine().docker('pull', name));
      expect(said).toContain(`Digest: ${digests[image]}`);
    }
    await succeed(engine().docker('pull', here(pinned(image))));
  });

  test('pulls names of Docker Hub through its registry-mirrors, pins too', async () => {
    const said = await succeed(engine().docker('pull', 'redis:7'));
    expect(said).toContain(`Digest: ${digests[REDIS]}`);
    await succeed(engine().docker('pull', `redis@${digests[REDIS]}`));
  });

  test('cannot push', async () => {
    await succeed(engine().docker('pull', here(REDIS)));
    await succeed(engine().docker('tag', here(REDIS), `${served.host}/mine:1`));
    expect((await engine().docker('push', `${served.host}/mine:1`)).code).not.toBe(0);
  });
});

describeWithEngines(['newer-docker'], 'docker 28 with the containerd store', () => {
  const engine = useEngine(async () => {
    const [daemon, ...others] = await printedFiles('docker');
    const config: object = JSON.parse(daemon?.content ?? '');
    const certs = others.map(({ path, content }) => [
      path.replace('/etc/docker/certs.d/', ''),
      content,
    ]);
    return startNewerDocker({ config, certs: Object.fromEntries(certs) });
  });

  test.each([API, REDIS, KUBE, ...TWINS])(
    'pulls %s by its original name and pin',
    async (image) => {
      for (const name of [image, pinned(image)]) {
        const said = await succeed(engine().docker('pull', name));
        expect(said).toContain(`Digest: ${digests[image]}`);
      }
    },
  );
});

describeWithEngines(['podman', 'skopeo'], 'podman and skopeo', () => {
  const engine = useEngine(() => startPodman());
  let env: Record<string, string> = {};

  beforeAll(async () => {
    const [file] = await printedFiles('podman');
    const path = join(await temporary.fresh(), 'registries.conf');
    await writeFile(path, file?.content ?? '');
    env = { CONTAINERS_REGISTRIES_CONF: path };
  });

  const podman = async (...args: string[]): Promise<Outcome> =>
    run({ ...engine().command(...args), env });

  test.each([API, REDIS, KUBE, ...TWINS])(
    'podman pulls %s by its original name and pin',
    async (image) => {
      for (const name of [image, pinned(image)]) {
        await succeed(podman('pull', '--quiet', name));
        const found = await succeed(
          podman('image', 'inspect', '--format', '{{.RepoDigests}}', name),
        );
        expect(found).toContain(pinned(image));
        expect(found).not.toContain(served.host);
      }
    },
  );

  test('podman pulls by the names of the served registry', async () => {
    for (const name of [here(API), here(pinned(API)), here(REDIS, { scoped: true })])
      await succeed(engine().podman('pull', '--quiet', '--tls-verify=false', name));
  });

  test.each([API, REDIS])('skopeo copies %s whole, by tag and by digest', async (image) => {
    for (const name of [here(image), here(pinned(image)), here(image, { scoped: true })]) {
      const to = `oci:${await temporary.fresh()}:it`;
      const flags = ['--all', '--preserve-digests', '--src-tls-verify=false'];
      await succeed(skopeo('copy', ...flags, `docker://${name}`, to));
      const raw = await succeed(skopeo('inspect', '--format', '{{.Digest}}', to));
      if (image === REDIS) expect(raw).toBe(digests[image]);
    }
    const listed = await succeed(
      skopeo('list-tags', '--tls-verify=false', `docker://${here(image).replace(/:[^:]*$/, '')}`),
    );
    expect(JSON.parse(listed)).toMatchObject({ Tags: [image.replace(/^.*:/, '')] });
  });

  test('skopeo reads original names through the same file', async () => {
    const conf = ['--registries-conf', env['CONTAINERS_REGISTRIES_CONF'] ?? ''];
    const raw = await succeed(skopeo(...conf, 'inspect', '--raw', `docker://${pinned(API)}`));
    expect(digestOf(raw)).toBe(digests[API]);
  });
});

describeWithEngines(['containerd'], 'containerd', () => {
  const engine = useEngine(() => startContainerd());
  let hosts = '';

  beforeAll(async () => {
    hosts = await temporary.fresh();
    for (const { path, content } of await printedFiles('containerd')) {
      const own = join(hosts, path.replace('/etc/containerd/certs.d/', ''));
      await mkdir(dirname(own), { recursive: true });
      await writeFile(own, content);
    }
  });

  test.each([API, REDIS, KUBE, ...TWINS])(
    'ctr pulls %s by its original name and pin',
    async (image) => {
      for (const name of [image, pinned(image)]) {
        await succeed(engine().ctr('images', 'pull', '--hosts-dir', hosts, name));
        const listed = await succeed(engine().ctr('images', 'list', `name==${name}`));
        expect(listed).toContain(digests[image]);
      }
    },
  );

  test('ctr pulls by the names of the served registry', async () => {
    for (const name of [here(API), here(pinned(API)), here(KUBE, { scoped: true })])
      await succeed(engine().ctr('images', 'pull', '--plain-http', name));
  });
});
