/** Our client against the distribution registry, with skopeo as the other side. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Image, ImageSource, TargetImage } from '../../src/content/image.ts';
import { readImageGraph } from '../../src/content/read-graph.ts';
import { heldDescriptors } from '../../src/oci/image-graph.ts';
import { formatReference, parseReference } from '../../src/oci/reference.ts';
import { compilePattern, referenceForms } from '../../src/select/pattern.ts';
import { openRegistrySource } from '../../src/transports/registry/source.ts';
import { openRegistryTarget } from '../../src/transports/registry/target.ts';
import { ociLayoutFiles, writeFiles } from '../support/archive-builder.ts';
import { describeWithEngines } from '../support/engines/availability.ts';
import { succeed } from '../support/engines/command.ts';
import { startRegistry } from '../support/engines/registry.ts';
import { skopeo } from '../support/engines/skopeo.ts';
import { useEngine } from '../support/engines/use-engine.ts';
import { buildImage, indexRoot, manifestRoot, type BuiltRoot } from '../support/image-builder.ts';
import { useTempFolder } from '../support/temp-folder.ts';

const PASSWORD = 'correct-horse';
/** `robot` with {@link PASSWORD}, as htpasswd -B writes it. */
const HTPASSWD = 'robot:$2y$05$abcdefghijklmnopqrstuuZ0Fx87Pb/Aqb0E90lfvCwzXnaFKUHpS\n';
const plain = ['--src-tls-verify=false', '--dest-tls-verify=false'];
const nothing = { settings: {}, certificateFolders: [] };

const names = [
  'kube/proxy:v1.30.1',
  'kube/proxy:v1.30.2',
  'acme/api:1.4',
  'library/redis:7',
] as const;

async function buildRoots(): Promise<BuiltRoot[]> {
  return [
    manifestRoot(await buildImage({ layers: [1, 2] })),
    manifestRoot(await buildImage({ layers: [1, 3] })),
    indexRoot('multi', [
      await buildImage({ layers: [1, 4] }),
      await buildImage({ layers: [1, 5], architecture: 'arm64' }),
    ]),
    manifestRoot(await buildImage({ layers: [6] })),
  ];
}

/** Images under the names that they would have in a kit: those of ghcr.io. */
async function forTarget(images: readonly Image[]): Promise<TargetImage[]> {
  return Promise.all(
    images.map(async (image) => ({
      ...image,
      reference: { ...image.reference, registry: 'ghcr.io' },
      graph: await readImageGraph(image.root, image.content),
    })),
  );
}

describeWithEngines(['registry', 'skopeo'], 'registry', () => {
  const temporary = useTempFolder();
  const first = useEngine(() => startRegistry());
  const second = useEngine(() => startRegistry());
  let roots: BuiltRoot[] = [];

  const openFirst = async (...include: string[]): Promise<ImageSource> => {
    const patterns = include.map(compilePattern);
    return openRegistrySource({
      ...nothing,
      environment: {},
      host: first().host,
      include,
      accepts: (reference) => {
        const relative = formatReference(reference).slice(reference.registry.length + 1);
        return patterns.some((pattern) =>
          pattern.matches([relative, ...referenceForms(reference)]),
        );
      },
    });
  };

  beforeAll(async () => {
    roots = await buildRoots();
    for (const [at, name] of names.entries()) {
      const folder = await temporary.fresh();
      const [root] = roots.slice(at, at + 1);
      if (root === undefined) throw new Error('no image');
      await writeFiles(folder, ociLayoutFiles([{ ...root, name: 'it:it' }]));
      const to = `docker://${first().host}/${name}`;
      await succeed(
        skopeo('copy', '--all', '--preserve-digests', ...plain, `oci:${folder}:it`, to),
      );
    }
  });

  test('what skopeo pushed is listed by pattern, newest first to count', async () => {
    await using all = await openFirst('*');
    const listed = (await all.list()).images.map(({ reference }) => formatReference(reference));
    expect(listed).toEqual(names.map((name) => `${first().host}/${name}`).toSorted());
    await using some = await openRegistrySource({
      ...nothing,
      environment: {},
      host: first().host,
      prefix: 'kube',
      include: ['proxy:v1.30.*'],
      newest: 1,
    });
    const newest = (await some.list()).images.map(({ reference }) => reference.tag);
    expect(newest).toEqual(['v1.30.2']);
  });

  test('every digest is the same in a second registry, which then has everything', async () => {
    await using source = await openFirst('*');
    const images = await forTarget(await source.resolve((await source.list()).images));
    await using target = await openRegistryTarget({
      ...nothing,
      environment: {},
      host: second().host,
      prefix: 'mirror',
    });
    const { results, sentBytes } = await target.load(images);
    expect(results.filter(({ status }) => status !== 'loaded')).toEqual([]);
    expect(sentBytes).toBeGreaterThan(0);
    for (const [at, name] of names.entries()) {
      const inspected = await succeed(
        skopeo(
          'inspect',
          '--raw',
          '--tls-verify=false',
          `docker://${second().host}/mirror/${name}`,
        ),
      );
      const root = roots[at];
      expect(inspected).toBe(root?.blobs.get(root.descriptor.digest)?.toString());
    }
    expect(await target.load(images)).toMatchObject({
      results: names.map(() => ({ status: 'already-present' })),
      sentBytes: 0,
    });
  });

  test('skopeo copies all platforms out of the second, pinned by digest', async () => {
    const digest = roots[2]?.descriptor.digest ?? '';
    const folder = await temporary.fresh();
    const from = `docker://${second().host}/mirror/acme/api@${digest}`;
    await succeed(
      skopeo('copy', '--all', '--preserve-digests', ...plain, from, `oci:${folder}:it`),
    );
    const copied = await succeed(skopeo('inspect', '--raw', `oci:${folder}:it`));
    expect(copied).toBe(roots[2]?.blobs.get(roots[2].descriptor.digest)?.toString());
  });

  test('blobs of every size are read and verified', async () => {
    await using source = await openFirst('acme/api:1.4');
    const [image] = await source.resolve((await source.list()).images);
    if (image === undefined) throw new Error('no image');
    for (const descriptor of heldDescriptors(await readImageGraph(image.root, image.content))) {
      let size = 0;
      for await (const chunk of image.content.fetch(descriptor)) size += chunk.byteLength;
      expect(size).toBe(descriptor.size);
    }
  });

  test('an image that is not there is told, not failed', async () => {
    await using source = await openFirst('acme/api:9', 'acme/none:*');
    const { images, skipped } = await source.list();
    expect(images).toEqual([]);
    expect(skipped).toHaveLength(2);
  });

  test('a sparse index is refused, and stripped on request', async () => {
    await using source = await openFirst('acme/api:1.4');
    const [image] = await forTarget(await source.resolve((await source.list()).images));
    if (image === undefined) throw new Error('no image');
    const manifests = image.graph.manifests.map((manifest) =>
      Object.assign({ ...manifest }, { isHeld: manifest.platform.architecture === 'amd64' }),
    );
    const sparse = {
      ...image,
      reference: parseReference('acme/sparse:1'),
      graph: { ...image.graph, manifests },
    };
    const place = { ...nothing, environment: {}, host: second().host };
    await using strict = await openRegistryTarget(place);
    await expect(strict.load([sparse])).rejects.toMatchObject({ code: 'UNSUPPORTED' });
    await using keeping = await openRegistryTarget({ ...place, sparseIndex: 'keep' });
    expect(await keeping.load([sparse])).toMatchObject({ results: [{ status: 'failed' }] });
    await using stripping = await openRegistryTarget({ ...place, sparseIndex: 'strip' });
    const { results } = await stripping.load([sparse]);
    expect(results).toMatchObject([{ status: 'loaded', after: manifests[0]?.descriptor.digest }]);
  });

  describe('with a login', () => {
    const closed = useEngine(async () => {
      const htpasswd = join(await temporary.fresh(), 'htpasswd');
      await writeFile(htpasswd, HTPASSWD);
      return startRegistry({ htpasswd });
    });

    test('docker’s and podman’s files open it; without them it says how to get one', async () => {
      await using source = await openFirst('library/redis:7');
      const images = await forTarget(await source.resolve((await source.list()).images));
      const config = await temporary.fresh();
      const auth = Buffer.from(`robot:${PASSWORD}`).toString('base64');
      const file = JSON.stringify({ auths: { [closed().host]: { auth } } });
      await writeFile(join(config, 'config.json'), file);
      for (const environment of [
        { DOCKER_CONFIG: config },
        { REGISTRY_AUTH_FILE: join(config, 'config.json') },
      ]) {
        await using target = await openRegistryTarget({
          ...nothing,
          environment,
          host: closed().host,
        });
        const { results } = await target.load(images);
        expect(results[0]?.after).toBe(images[0]?.root.digest);
      }
      await using anonymous = await openRegistryTarget({
        ...nothing,
        environment: {},
        host: closed().host,
      });
      await expect(anonymous.load(images)).rejects.toMatchObject({
        code: 'TARGET_FAILED',
        hint: expect.stringContaining('docker login'),
      });
    });
  });
});
