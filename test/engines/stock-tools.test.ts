/** Proves the harness: every engine starts, and the stock tools hand the busybox images to each other. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  buildBusyboxImages,
  busyboxImages,
  busyboxNames,
  lineOf,
} from '../support/busybox-images.ts';
import { describeWithEngines } from '../support/engines/availability.ts';
import { pipe, run, succeed } from '../support/engines/command.ts';
import { startContainerd } from '../support/engines/containerd.ts';
import { cosign } from '../support/engines/cosign.ts';
import { startDocker } from '../support/engines/docker.ts';
import type { DockerEngine } from '../support/engines/docker.ts';
import { mountsBelow } from '../support/engines/mounts.ts';
import { startNewerDocker } from '../support/engines/newer-docker.ts';
import { podmanRunFlags, startPodman } from '../support/engines/podman.ts';
import { startRegistry } from '../support/engines/registry.ts';
import { newerSkopeo, skopeo } from '../support/engines/skopeo.ts';
import { startSsh } from '../support/engines/ssh.ts';
import { useEngine } from '../support/engines/use-engine.ts';

const [first] = busyboxImages;
if (first === undefined) throw new Error('no images');

async function namesIn(docker: DockerEngine): Promise<string[]> {
  const format = '{{.Repository}}:{{.Tag}}';
  return (await succeed(docker.docker('images', '--format', format))).split('\n').toSorted();
}

describeWithEngines(['docker'], 'stock tools', () => {
  const source = useEngine(() => startDocker());
  let folder = '';
  let archive = '';

  beforeAll(async () => {
    await buildBusyboxImages(source());
    folder = await mkdtemp(join(tmpdir(), 'airkit-stock-'));
    archive = join(folder, 'all.tar');
    await succeed(source().docker('save', '-o', archive, ...busyboxNames));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  describe('docker', () => {
    test('has every image, shares layers and repeats one', async () => {
      expect(await namesIn(source())).toEqual(busyboxNames.toSorted());
      const layers = '{{json .RootFS.Layers}}';
      const output = await succeed(
        source().docker('inspect', '--format', layers, 'quay.io/k8s-tools/debug:0.9'),
      );
      const parsed: unknown = JSON.parse(output);
      expect(parsed).toHaveLength(5);
      expect(new Set(Array.isArray(parsed) ? parsed : [])).toHaveProperty('size', 3);
    });

    test.each(busyboxImages)('runs $name', async (one) => {
      const output = await succeed(source().docker('run', '--rm', '--network', 'none', one.name));
      expect(output).toBe(lineOf(one));
    });

    test('finds images by label', async () => {
      const listed = await succeed(source().docker('images', '-q', '--filter', 'label=tier=core'));
      expect(listed.split('\n')).toHaveLength(3);
    });

    test('hands all images to a second docker, which stops without a trace', async () => {
      const target = await startDocker();
      try {
        await succeed(pipe(source().command('save', ...busyboxNames), target.command('load')));
        expect(await namesIn(target)).toEqual(await namesIn(source()));
      } finally {
        await target.stop();
      }
      expect(await mountsBelow(target.folder)).toEqual([]);
      expect((await target.docker('info')).code).not.toBe(0);
    });
  });

  describeWithEngines(['podman'], 'podman', () => {
    const target = useEngine(() => startPodman());

    test('loads and runs', async () => {
      await succeed(target().podman('load', '-i', archive));
      const output = await succeed(target().podman('run', ...podmanRunFlags, first.name));
      expect(output).toBe(lineOf(first));
    });

    test('answers the Docker API', async () => {
      const host = target().host;
      const listed = await succeed(
        run({ file: 'docker', args: ['--host', host, 'images', '--format', '{{.Repository}}'] }),
      );
      expect(listed).toContain('registry.k8s.io/kube-proxy');
    });
  });

  describeWithEngines(['containerd'], 'containerd', () => {
    const target = useEngine(() => startContainerd());

    test('imports and runs', async () => {
      await succeed(target().ctr('images', 'import', archive));
      expect(await succeed(target().ctr('run', '--rm', first.name, 'one'))).toBe(lineOf(first));
    });
  });

  describeWithEngines(['registry', 'skopeo'], 'registry', () => {
    const registry = useEngine(() => startRegistry());

    test('takes a push and gives it back', async () => {
      const name = `${registry().host}/acme/proxy:1`;
      await succeed(source().docker('tag', first.name, name));
      await succeed(source().docker('push', '--quiet', name));
      await succeed(source().docker('rmi', name));
      await succeed(source().docker('pull', '--quiet', name));
      await succeed(source().docker('rmi', name));
    });

    test('is filled by skopeo from an archive', async () => {
      const name = `docker://${registry().host}/acme/api:1.4`;
      const from = `docker-archive:${archive}:ghcr.io/acme/api:1.4`;
      await succeed(skopeo('copy', '--dest-tls-verify=false', from, name));
      const tags = await succeed(
        skopeo('list-tags', '--tls-verify=false', `docker://${registry().host}/acme/api`),
      );
      expect(tags).toContain('"1.4"');
    });
  });

  describeWithEngines(['ssh'], 'ssh', () => {
    const server = useEngine(() => startSsh({ dockerHost: source().host }));

    test("reaches the engine's API over a login", async () => {
      expect(await succeed(server().ssh('docker', 'images', '-q'))).not.toBe('');
      const { code } = await server().ssh('docker', 'system', 'dial-stdio');
      expect(code).toBe(0);
    });
  });

  describeWithEngines(['newer-docker'], 'docker with the containerd store', () => {
    const target = useEngine(() => startNewerDocker());

    test('loads, inspects, runs and exports', async () => {
      expect(await succeed(target().docker('info', '--format', '{{.DriverStatus}}'))).toContain(
        'io.containerd.snapshotter',
      );
      await succeed(target().docker('load', '-i', archive));
      expect(await namesIn(target())).toEqual(await namesIn(source()));
      const label = '{{.Config.Labels.tier}}';
      expect(await succeed(target().docker('inspect', '--format', label, first.name))).toBe('core');
      const output = await succeed(target().docker('run', '--rm', '--network', 'none', first.name));
      expect(output).toBe(lineOf(first));
      const container = await succeed(target().docker('create', first.name));
      await succeed(target().docker('export', '-o', join(folder, 'export.tar'), container));
    });

    test('comes with a newer skopeo', async () => {
      const from = `docker-archive:${archive}:redis:7`;
      expect(await succeed(newerSkopeo('inspect', '--raw', from))).toContain('schemaVersion');
    });
  });
});

describeWithEngines(['cosign'], 'cosign', () => {
  test('verifies a blob and refuses another', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'airkit-cosign-'));
    const [key, pub, blob, sig] = ['key', 'pub', 'blob', 'sig'].map((name) => join(folder, name));
    const shell = (script: string): Promise<unknown> =>
      succeed(run({ file: 'sh', args: ['-ec', script, 'sh', key, pub, blob, sig].map(String) }));
    const verify = async (): Promise<number> =>
      (
        await cosign(
          ...[
            'verify-blob',
            '--insecure-ignore-tlog=true',
            '--key',
            pub,
            '--signature',
            sig,
            blob,
          ].map(String),
        )
      ).code;
    try {
      await writeFile(String(blob), 'hello');
      await shell('openssl ecparam -name prime256v1 -genkey -noout -out "$1"');
      await shell('openssl ec -in "$1" -pubout -out "$2" 2>/dev/null');
      await shell('openssl dgst -sha256 -sign "$1" "$3" | base64 -w0 > "$4"');
      expect(await verify()).toBe(0);
      await writeFile(String(blob), 'other');
      expect(await verify()).not.toBe(0);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
