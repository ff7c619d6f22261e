/** What of an image goes into containerd: platforms that a person asked for, sparse indexes, blobs that vanish. */
import { afterEach, beforeAll, expect, test } from 'vitest';
import type { ImageTarget, TargetImage } from '../../src/content/image.ts';
import { parsePlatform } from '../../src/oci/platform.ts';
import { openContainerdTarget } from '../../src/transports/containerd/target.ts';
import { describeWithEngines } from '../support/engines/availability.ts';
import { succeed } from '../support/engines/command.ts';
import { startContainerd } from '../support/engines/containerd.ts';
import { useEngine } from '../support/engines/use-engine.ts';
import { buildImage, manifestRoot, type BuiltRoot } from '../support/image-builder.ts';
import { targetImage } from '../unit/registry/registry-world.ts';
import { linesOf, readyNames, recordsOf, removeAll } from './support/containerd-records.ts';
import { multiRoot, plainRoot } from './support/layouts.ts';

const MULTI = 'quay.io/acme/multi:1';
const REDIS = 'docker.io/library/redis:7';
const API = 'ghcr.io/acme/api:1.4';
const platforms = (...texts: string[]) => texts.map(parsePlatform);

/** An index; blobs of `without` are not at hand. */
async function multi(without: readonly string[] = []): Promise<TargetImage> {
  return targetImage(MULTI, await multiRoot(MULTI, ['amd64', 'arm64', 's390x']), without);
}

/** An image whose config promises another layer than it has. */
async function lyingRoot(): Promise<BuiltRoot> {
  const image = await buildImage({ layers: [5, 6] });
  const { config } = await buildImage({ layers: [5, 8] });
  return manifestRoot({ ...image, config });
}

for (const isNewer of [false, true]) {
  const engine = isNewer ? 'newer-containerd' : 'containerd';
  describeWithEngines([engine], `${engine} takes`, () => {
    const node = useEngine(() => startContainerd({ isNewer }));
    let target: ImageTarget;

    beforeAll(async () => {
      const environment = { ...process.env, ...node().environment };
      target = await openContainerdTarget({ namespace: 'k8s.io', environment });
    });

    afterEach(async () => removeAll(node()));

    /** Platforms whose own layer is in the content store. */
    const heldIn = async ({ graph }: TargetImage): Promise<string[]> => {
      const blobs = new Set(await linesOf(node(), 'content', 'ls', '--quiet'));
      return graph.manifests
        .filter(({ isImage, layers }) => isImage && blobs.has(layers[1]?.descriptor.digest ?? ''))
        .map(({ platform }) => platform.architecture);
    };

    const isReady = async (): Promise<boolean> => (await readyNames(node())).includes(MULTI);

    test.each([
      { asked: ['linux/arm64'], held: ['arm64'], ready: false },
      { asked: ['linux/s390x', 'linux/amd64'], held: ['amd64', 's390x'], ready: true },
    ])('the platforms asked for: $asked', async ({ asked, held, ready }) => {
      const image = { ...(await multi()), platforms: platforms(...asked) };
      const load = async () => (await target.load([image])).results;
      expect(await load()).toMatchObject([{ status: 'loaded', after: image.root.digest }]);
      expect([await heldIn(image), await isReady()]).toEqual([held, ready]);
      expect(await load()).toMatchObject([{ status: 'already-present' }]);
    });

    test('its own platform of an index that lost a child manifest, but not two', async () => {
      const { graph } = await multi();
      const [, arm] = graph.manifests;
      const image = await multi([arm?.descriptor.digest ?? '']);
      expect(image.graph.absentManifests).toHaveLength(1);
      expect((await target.load([image])).results).toMatchObject([{ status: 'loaded' }]);
      expect([await heldIn(image), await isReady()]).toEqual([['amd64'], true]);
      expect((await target.load([image])).results).toMatchObject([{ status: 'already-present' }]);
      await removeAll(node());
      const foreign = { ...image, platforms: platforms('linux/s390x') };
      expect((await target.load([foreign])).results).toMatchObject([{ status: 'loaded' }]);
      expect(await heldIn(image)).toEqual(['s390x']);
      await removeAll(node());
      const both = { ...image, platforms: platforms('linux/s390x', 'linux/amd64') };
      expect((await target.load([both])).results).toMatchObject([{ status: 'failed' }]);
      expect(await recordsOf(node())).toEqual({});
    });

    test('everything when blobs vanish that it had when it was asked', async () => {
      await target.load([await targetImage(API, await plainRoot(API, [1, 3]))]);
      const image = await targetImage(REDIS, await plainRoot(REDIS, [1, 2]));
      const [shared, own] = image.graph.manifests[0]?.layers ?? [];
      let removed = false;
      const content: TargetImage['content'] = {
        ...image.content,
        fetch: async function* (wanted, options) {
          if (wanted.digest === own?.descriptor.digest && !removed) {
            removed = true;
            await succeed(node().ctr('content', 'rm', shared?.descriptor.digest ?? ''));
          }
          yield* image.content.fetch(wanted, options);
        },
      };
      const { results, sentBytes } = await target.load([{ ...image, content }]);
      expect(results).toMatchObject([{ status: 'loaded', after: image.root.digest }]);
      expect(removed).toBe(true);
      expect(await linesOf(node(), 'content', 'ls', '--quiet')).toContain(
        shared?.descriptor.digest,
      );
      expect(sentBytes).toBeGreaterThan(shared?.descriptor.size ?? 0);
    });

    test('one image after another when the first cannot be unpacked', async () => {
      const lying = await lyingRoot();
      const images = [
        await targetImage(REDIS, lying),
        await targetImage(API, await plainRoot(API, [1])),
      ];
      const { results } = await target.load(images);
      expect(results.map(({ status }) => status)).toEqual(['failed', 'loaded']);
      expect(results[0]?.message).toMatch(/extract/u);
    });
  });
}
