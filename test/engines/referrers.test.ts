/** A multi-platform image that cosign signed, from one registry through a kit into other registries and engines. */
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { makeAirkitPlace, succeeds, type AirkitPlace } from '../support/airkit-command.ts';
import type { TargetResult } from '../support/airkit-command.ts';
import { ociLayoutFiles, writeFiles } from '../support/archive-builder.ts';
import { describeWithEngines } from '../support/engines/availability.ts';
import { succeed, type Outcome } from '../support/engines/command.ts';
import { startContainerd } from '../support/engines/containerd.ts';
import { cosign } from '../support/engines/cosign.ts';
import { startDocker } from '../support/engines/docker.ts';
import { startNewerDocker } from '../support/engines/newer-docker.ts';
import { startRegistry } from '../support/engines/registry.ts';
import { skopeo } from '../support/engines/skopeo.ts';
import { useEngine } from '../support/engines/use-engine.ts';
import { buildImage, indexRoot, type BuiltRoot } from '../support/image-builder.ts';
import { startServing } from '../support/serving.ts';
import { useTempFolder } from '../support/temp-folder.ts';
import { pack, readIndex, writeBundles } from './support/kits.ts';
import { listUnder, tagsIn } from './support/registry-images.ts';

const REPOSITORY = 'acme/api';
const plain = ['--allow-insecure-registry', '--allow-http-registry'];
const unlogged = ['--tlog-upload=false', '--use-signing-config=false', '--yes', ...plain];
const old = '--new-bundle-format=false';

async function buildRoot(): Promise<BuiltRoot> {
  const images = ['amd64', 'arm64', 's390x'].map(async (architecture, at) =>
    buildImage({ architecture, layers: [80, 81 + at] }),
  );
  return indexRoot('it:it', await Promise.all(images));
}

describeWithEngines(['registry', 'skopeo', 'cosign'], 'a signed image', () => {
  const folder = useTempFolder();
  const source = useEngine(() => startRegistry());
  const target = useEngine(() => startRegistry());
  let outside: AirkitPlace;
  let root: BuiltRoot;
  let key = '';
  const kit = (name: string): string => outside.path('dist', name);
  const rootDigest = (): string => root.descriptor.digest;

  const sign = async (subject: string, ...flags: string[]): Promise<string> =>
    succeed(
      cosign('sign', '--key', `${key}.key`, ...unlogged, ...flags, `${source().host}/${subject}`),
    );

  const verify = async (subject: string, ...flags: string[]): Promise<Outcome> =>
    cosign(
      'verify',
      '--key',
      `${key}.pub`,
      '--insecure-ignore-tlog=true',
      ...plain,
      ...flags,
      subject,
    );

  const load = async (
    place: AirkitPlace,
    name: string,
    ...flags: string[]
  ): Promise<readonly TargetResult[]> =>
    (await succeeds(place.airkit('load', kit(name), '--allow-unsigned', '--json', ...flags))).json()
      .results;

  /** Digest of the manifest for a platform. */
  const platform = async (architecture: string): Promise<string> => {
    const [image] = (await readIndex(kit('all'))).images;
    const found = image?.manifests.find((one) => one.platform.architecture === architecture);
    return found?.descriptor.digest ?? '';
  };

  beforeAll(async () => {
    root = await buildRoot();
    const layout = await folder.fresh();
    await writeFiles(layout, ociLayoutFiles([root]));
    const to = `docker://${source().host}/${REPOSITORY}:1`;
    const copy = ['copy', '--quiet', '--all', '--preserve-digests', '--dest-tls-verify=false'];
    await succeed(skopeo(...copy, `oci:${layout}:it`, to));
    key = join(await folder.fresh(), 'site');
    await succeed(cosign('generate-key-pair', '--output-key-prefix', key));
    const subject = `${REPOSITORY}@${rootDigest()}`;
    // The format of cosign 3, found by its subject; that of 1 and 2, found by its tag: both for every manifest.
    await sign(subject, '--recursive');
    await sign(subject, '--recursive', old);
    outside = await makeAirkitPlace(await folder.fresh());
    const images = { from: 'registry', include: [`${source().host}/${REPOSITORY}:1`] };
    const one = { ...images, referrers: true, platforms: ['linux/amd64'] };
    await writeBundles(
      outside,
      { name: 'all', images: [{ ...images, referrers: true }] },
      { name: 'one', images: [one] },
    );
    await pack(outside);
  });

  test('has its signatures in the kit, which is whole', async () => {
    for (const name of ['all', 'one'])
      await succeeds(outside.airkit('verify', kit(name), '--allow-unsigned', '--deep'));
    const [all] = (await readIndex(kit('all'))).images;
    const [one] = (await readIndex(kit('one'))).images;
    expect(all?.root.digest).toBe(rootDigest());
    // The index, three platforms and three attestations, twice each; of one platform three times two.
    expect(all?.referrers).toHaveLength(14);
    expect(one?.referrers).toHaveLength(6);
  });

  test('has every digest and tag in the second registry, where cosign verifies it', async () => {
    const to = `registry://${target().host}/mirror`;
    expect(await load(outside, 'all', '--to', to)).toMatchObject([
      { status: 'loaded', after: rootDigest() },
    ]);
    const repository = `mirror/${REPOSITORY}`;
    const [before, after] = [
      await tagsIn(source(), REPOSITORY),
      await tagsIn(target(), repository),
    ];
    expect(new Set(after.keys())).toEqual(new Set(before.keys()));
    for (const [tag, digest] of before) {
      if (!/^sha256-[0-9a-f]{64}$/u.test(tag)) expect(after.get(tag)).toBe(digest);
      else
        expect(await listUnder(target(), repository, tag)).toEqual(
          await listUnder(source(), REPOSITORY, tag),
        );
    }
    for (const name of [`${repository}:1`, `${repository}@${await platform('arm64')}`]) {
      await succeed(verify(`${target().host}/${name}`));
      await succeed(verify(`${target().host}/${name}`, old));
    }
    const tree = await succeed(cosign('tree', ...plain, `${target().host}/${repository}:1`));
    expect(tree).toContain(`${rootDigest().replace(':', '-')}.sig`);
    expect(tree).toContain('via OCI referrer');
    expect(await load(outside, 'all', '--to', to)).toMatchObject([{ status: 'already-present' }]);
  });

  test('that is served from the kit is verified there', async () => {
    const served = await startServing(outside, kit('all'), '--allow-unsigned');
    const name = `${served.host}/${REPOSITORY}:1`;
    for (const more of [[], [old]]) await succeed(verify(name, ...more));
    expect(await succeed(cosign('tree', ...plain, name))).toContain('via OCI referrer');
    await served.stop();
  });

  test('of which one platform is carried keeps the signatures of that one', async () => {
    const to = `registry://${target().host}/one`;
    const [result] = await load(outside, 'one', '--to', to, '--sparse-index', 'strip');
    const amd64 = await platform('amd64');
    expect(result).toMatchObject({ status: 'loaded', after: amd64 });
    expect(result?.message).toContain('stay behind');
    await succeed(verify(`${target().host}/one/${REPOSITORY}:1`));
    await succeed(verify(`${target().host}/one/${REPOSITORY}:1`, old));
    const unsigned = `${target().host}/one/${REPOSITORY}@${rootDigest()}`;
    expect((await verify(unsigned)).code).not.toBe(0);
  });

  test('that the site signed with a key of its own keeps that signature', async () => {
    const own = join(await folder.fresh(), 'own');
    await succeed(cosign('generate-key-pair', '--output-key-prefix', own));
    const host = target().host;
    const name = `${host}/own/${REPOSITORY}`;
    const to = `docker://${name}:1`;
    const flags = ['--quiet', '--all', '--src-tls-verify=false', '--dest-tls-verify=false'];
    await succeed(
      skopeo(
        'copy',
        '--preserve-digests',
        ...flags,
        `docker://${source().host}/${REPOSITORY}:1`,
        to,
      ),
    );
    const subject = `${name}@${rootDigest()}`;
    await succeed(cosign('sign', '--key', `${own}.key`, ...unlogged, subject));
    await succeed(cosign('sign', '--key', `${own}.key`, ...unlogged, old, subject));
    const [result] = await load(outside, 'all', '--to', `registry://${host}/own`);
    expect(result).toMatchObject({ status: 'loaded', after: rootDigest() });
    expect(result?.message).toContain('.sig');
    await succeed(verify(`${name}:1`));
    for (const more of [[], [old]])
      await succeed(
        cosign(
          'verify',
          '--key',
          `${own}.pub`,
          '--insecure-ignore-tlog=true',
          ...plain,
          ...more,
          `${name}:1`,
        ),
      );
  });

  describeWithEngines(['docker', 'newer-docker'], 'in docker', () => {
    const classic = useEngine(() => startDocker());
    const containerd = useEngine(() => startNewerDocker());

    test.each(['all', 'one'])('is an image: %s; what refers to it stays behind', async (name) => {
      for (const engine of [classic(), containerd()]) {
        const place = outside.with({ DOCKER_HOST: engine.host });
        const [result] = await load(place, name);
        expect(['loaded', 'already-present']).toContain(result?.status);
        expect(result?.message).toContain('stay behind');
        const id = await succeed(
          engine.docker('inspect', '--format', '{{.Id}}', `${source().host}/${REPOSITORY}:1`),
        );
        expect(result?.after).toBe(id);
        await succeed(engine.docker('rmi', '--force', `${source().host}/${REPOSITORY}:1`));
        await succeed(engine.docker('load', '--input', join(kit(name), 'bundle.tar')));
        await succeed(engine.docker('rmi', '--force', `${source().host}/${REPOSITORY}:1`));
      }
    });
  });

  describeWithEngines(['containerd'], 'in containerd', () => {
    const engine = useEngine(() => startContainerd());

    test.each([
      ['all', ['--all-platforms']],
      ['one', ['--platform', 'linux/amd64']],
    ])('is imported from the archive itself: %s', async (name, flags) => {
      const archive = join(kit(name), 'bundle.tar');
      await succeed(engine().ctr('images', 'import', ...flags, archive));
      const listed = await succeed(engine().ctr('images', 'list', '--quiet'));
      expect(listed).toBe(`${source().host}/${REPOSITORY}:1`);
      await succeed(engine().ctr('images', 'rm', listed));
    });
  });

  describe('in an OCI layout', () => {
    test('is loaded with all that refers to it, and packed again from there', async () => {
      const layout = outside.path('layout');
      expect(await load(outside, 'all', '--to', `oci:${layout}`)).toMatchObject([
        { status: 'loaded' },
      ]);
      const images = [{ from: 'oci:layout', include: ['*'], referrers: true }];
      await writeBundles(outside, { name: 'again', images });
      await pack(outside);
      const [again] = (await readIndex(kit('again'))).images;
      const [all] = (await readIndex(kit('all'))).images;
      expect(again?.referrers).toEqual(all?.referrers);
      const from = `oci:${layout}:${all?.reference ?? ''}`;
      await succeed(skopeo('copy', '--quiet', '--all', from, `dir:${await folder.fresh()}`));
    });
  });
});
