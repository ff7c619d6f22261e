/** If airkit disappeared, a kit would still be good: stock tools load it and check its signatures. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { makeAirkitPlace, succeeds, type AirkitPlace } from '../support/airkit-command.ts';
import { buildBusyboxImages, busyboxImages, lineOf } from '../support/busybox-images.ts';
import { describeWithEngines } from '../support/engines/availability.ts';
import { run, succeed, type Outcome } from '../support/engines/command.ts';
import { startContainerd } from '../support/engines/containerd.ts';
import { cosign } from '../support/engines/cosign.ts';
import { startDocker } from '../support/engines/docker.ts';
import { podmanRunFlags, startPodman } from '../support/engines/podman.ts';
import { skopeo } from '../support/engines/skopeo.ts';
import { useEngine } from '../support/engines/use-engine.ts';
import { useTempFolder } from '../support/temp-folder.ts';
import {
  canonical,
  familiar,
  idsIn,
  imageIds,
  pack,
  readIndex,
  writeBundles,
} from './support/kits.ts';

const everything = [{ from: 'docker', include: ['*'] }];
const sshVerify =
  'exec ssh-keygen -Y verify -f "$1" -I release -n airkit-bundle-index@v1 -s "$2" < "$3"';

const [first] = busyboxImages;
if (first === undefined) throw new Error('no images');

/** The image ID of an image, as skopeo copies it. */
async function configIn(from: string, to: string): Promise<unknown> {
  await succeed(skopeo('copy', '--quiet', from, `dir:${to}`));
  const manifest: { config?: { digest?: unknown } } = JSON.parse(
    await readFile(join(to, 'manifest.json'), 'utf8'),
  );
  return manifest.config?.digest;
}

describeWithEngines(['docker'], 'a kit in the hands of stock tools', () => {
  const folder = useTempFolder();
  const source = useEngine(() => startDocker());
  let outside: AirkitPlace;
  const kit = (name: string): string => outside.path('dist', name);
  const archive = (name: string): string => join(kit(name), 'bundle.tar');
  const pub = (): string => outside.path('release.pub');
  const inKit = async (file: string, ...args: string[]): Promise<Outcome> =>
    run({ file: 'env', args: ['-C', kit('zstd'), file, ...args] });

  beforeAll(async () => {
    await buildBusyboxImages(source());
    outside = await makeAirkitPlace(await folder.fresh(), { DOCKER_HOST: source().host });
    await succeeds(outside.airkit('keygen', '-o', 'release'));
    await writeBundles(
      outside,
      { name: 'zstd', images: everything },
      { name: 'gzip', images: everything, layers: 'gzip' },
      { name: 'none', images: everything, layers: 'none' },
    );
    await pack(outside, '--key', 'release.key');
  });

  test('holds the image IDs of the engine in every encoding', async () => {
    const ids = await idsIn(source());
    for (const encoding of ['zstd', 'gzip', 'none'])
      expect(await imageIds(kit(encoding))).toEqual(ids);
  });

  describe('Docker 20.10', () => {
    const target = useEngine(() => startDocker());

    test.each(['gzip', 'none'])('loads layers with encoding %s by itself', async (encoding) => {
      await succeed(target().docker('load', '--input', archive(encoding)));
      const ids = await idsIn(target());
      expect(ids).toEqual(await idsIn(source()));
      expect(await succeed(target().docker('run', '--rm', '--network', 'none', first.name))).toBe(
        lineOf(first),
      );
      await succeed(target().docker('rmi', '--force', ...Object.keys(ids).map(familiar)));
    });
  });

  describeWithEngines(['podman'], 'podman', () => {
    const target = useEngine(() => startPodman());

    test.each(['zstd', 'gzip'])('loads layers with encoding %s', async (encoding) => {
      await succeed(target().podman('load', '--input', archive(encoding)));
      const format = '{{.Repository}}:{{.Tag}} sha256:{{.ID}}';
      const listed = await succeed(target().podman('images', '--no-trunc', '--format', format));
      const ids = Object.fromEntries(
        listed.split('\n').map((line) => line.replace('sha256:sha256:', 'sha256:').split(' ')),
      );
      expect(ids).toEqual(await idsIn(source()));
      expect(await succeed(target().podman('run', ...podmanRunFlags, first.name))).toBe(
        lineOf(first),
      );
      await succeed(target().podman('rmi', '--all', '--force'));
    });
  });

  describeWithEngines(['containerd'], 'containerd 1.6', () => {
    const target = useEngine(() => startContainerd());

    test.each(['zstd', 'gzip'])('imports layers with encoding %s', async (encoding) => {
      await succeed(target().ctr('images', 'import', '--all-platforms', archive(encoding)));
      const { images } = await readIndex(kit(encoding));
      const listed = await succeed(target().ctr('images', 'list'));
      const found = listed
        .split('\n')
        .slice(1)
        .map((line) => line.split(/\s+/u));
      expect(Object.fromEntries(found.map(([name, , digest]) => [name, digest]))).toEqual(
        Object.fromEntries(images.map(({ reference, root }) => [reference, root.digest])),
      );
      for (const { root, manifests } of images) {
        const manifest: unknown = JSON.parse(
          await succeed(target().ctr('content', 'get', root.digest)),
        );
        expect(manifest).toMatchObject({ config: { digest: manifests[0]?.config.digest } });
      }
      const { name } = first;
      expect(await succeed(target().ctr('run', '--rm', name, `run-${encoding}`))).toBe(
        lineOf(first),
      );
      await succeed(target().ctr('images', 'rm', ...images.map(({ reference }) => reference)));
    });
  });

  describeWithEngines(['skopeo'], 'skopeo', () => {
    test.each([
      ['docker-archive', 'zstd'],
      ['docker-archive', 'gzip'],
      ['oci-archive', 'zstd'],
      ['oci-archive', 'gzip'],
    ])('copies every image from the kit as %s with encoding %s', async (transport, encoding) => {
      const ids = await idsIn(source());
      const names = ['redis:7', 'registry.k8s.io/pause:latest', 'localhost:5000/k8s/dash:1'];
      names.push('quay.io/k8s-tools/debug:0.9', first.name);
      for (const name of names.map(canonical))
        expect(
          await configIn(`${transport}:${archive(encoding)}:${name}`, await folder.fresh()),
        ).toBe(ids[name]);
    });
  });

  describe('a signature', () => {
    test('is accepted by openssl', async () => {
      const flags = ['-sha256', '-verify', pub(), '-signature', 'SHA256SUMS.sig', 'SHA256SUMS'];
      expect(await succeed(inKit('openssl', 'dgst', ...flags))).toBe('Verified OK');
    });

    test('covers sums that sha256sum accepts', async () => {
      const said = await succeed(inKit('sha256sum', '--check', '--strict', 'SHA256SUMS'));
      expect(said.split('\n').toSorted()).toEqual([
        'bundle.json: OK',
        'bundle.tar: OK',
        'images.txt: OK',
        'load.sh: OK',
      ]);
    });

    test.each(['bundle.json', 'SHA256SUMS'])('of %s is accepted by ssh-keygen', async (file) => {
      const verify = async (signed: string): Promise<Outcome> => {
        const signers = outside.path('release.allowed_signers');
        return inKit('sh', '-c', sshVerify, 'sh', signers, `${file}.sshsig`, signed);
      };
      expect(await succeed(verify(file))).toContain('Good "airkit-bundle-index@v1" signature');
      expect((await verify('images.txt')).code).not.toBe(0);
    });

    describeWithEngines(['cosign'], 'beside cosign', () => {
      test.each(['bundle.json', 'SHA256SUMS'])('of %s is accepted', async (file) => {
        const verify = async (signed: string): Promise<Outcome> => {
          const flags = ['--insecure-ignore-tlog=true', '--key', pub(), '--bundle'];
          const bundle = join(kit('zstd'), `${file}.sigstore.json`);
          return cosign('verify-blob', ...flags, bundle, join(kit('zstd'), signed));
        };
        expect((await verify(file)).stderr).toContain('Verified OK');
        expect((await verify('images.txt')).code).not.toBe(0);
      });
    });
  });
});
