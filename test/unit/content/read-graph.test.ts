import { setTimeout } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { ContentReader } from '../../../src/content/content.ts';
import { readImageGraph } from '../../../src/content/read-graph.ts';
import { readLabels } from '../../../src/content/read-labels.ts';
import type { Descriptor } from '../../../src/oci/descriptor.ts';
import type { Digest } from '../../../src/oci/digest.ts';
import { MEDIA_TYPES } from '../../../src/oci/media-types.ts';
import {
  buildImage,
  descriptorOf,
  indexRoot,
  jsonBytes,
  manifestRoot,
  type BuiltRoot,
} from '../../support/image-builder.ts';
import { contentOf } from './memory-content.ts';

async function multi(): Promise<BuiltRoot> {
  const architectures = ['amd64', 'arm64'];
  const images = architectures.map(async (architecture) =>
    buildImage({
      layers: [1, architecture === 'arm64' ? 3 : 2],
      architecture,
      labels: { a: architecture },
    }),
  );
  return indexRoot('a:1', await Promise.all(images));
}

/** Puts a root into an index, as often as asked. */
function nested(root: Descriptor, blobs: Map<Digest, Buffer>, depth: number): Descriptor {
  let top = root;
  for (let level = 0; level < depth; level += 1) {
    const bytes = jsonBytes({
      schemaVersion: 2,
      mediaType: MEDIA_TYPES.ociIndex,
      manifests: [top],
    });
    top = descriptorOf(MEDIA_TYPES.ociIndex, bytes);
    blobs.set(top.digest, bytes);
  }
  return top;
}

describe('readImageGraph', () => {
  it('reads an index with platforms and attestations', async () => {
    const root = await multi();
    const graph = await readImageGraph(root.descriptor, contentOf(root.blobs));
    expect(graph.indexes).toEqual([root.descriptor]);
    expect(graph.absentManifests).toEqual([]);
    const shown = graph.manifests.map(({ platform, isImage, isHeld }) => [
      platform.architecture,
      isImage,
      isHeld,
    ]);
    expect(shown).toEqual([
      ['amd64', true, true],
      ['arm64', true, true],
      ['unknown', false, true],
      ['unknown', false, true],
    ]);
    expect(graph.manifests[2]?.attests).toBe(graph.manifests[0]?.descriptor.digest);
    expect(await readLabels(root.descriptor, contentOf(root.blobs))).toEqual({ a: 'amd64' });
  });

  it('notes layers and children of an index that are not there', async () => {
    const root = await multi();
    const whole = await readImageGraph(root.descriptor, contentOf(root.blobs));
    const blobs = new Map(root.blobs);
    blobs.delete(whole.manifests[0]?.layers[1]?.descriptor.digest ?? root.descriptor.digest);
    blobs.delete(whole.manifests[1]?.descriptor.digest ?? root.descriptor.digest);
    const graph = await readImageGraph(root.descriptor, contentOf(blobs));
    expect(graph.manifests.map(({ isHeld }) => isHeld)).toEqual([false, true, true]);
    expect(graph.absentManifests.map(({ digest }) => digest)).toEqual([
      whole.manifests[1]?.descriptor.digest,
    ]);
  });

  it.each(['root', 'config'])('fails when the %s is missing', async (what) => {
    const image = await buildImage({ layers: [1] });
    const root = manifestRoot(image);
    const blobs = new Map(root.blobs);
    blobs.delete(what === 'root' ? root.descriptor.digest : image.imageId);
    await expect(readImageGraph(root.descriptor, contentOf(blobs))).rejects.toMatchObject({
      code: 'BLOB_MISSING',
    });
  });

  it('refuses a manifest with another number of layers than its config', async () => {
    const root = manifestRoot(await buildImage({ layers: [1, 2] }));
    const other = await buildImage({ layers: [1] });
    const config = descriptorOf(MEDIA_TYPES.ociConfig, other.config);
    const bytes = jsonBytes({
      ...JSON.parse(root.blobs.get(root.descriptor.digest)?.toString() ?? ''),
      config,
    });
    const descriptor = descriptorOf(MEDIA_TYPES.ociManifest, bytes);
    const blobs = new Map([
      ...root.blobs,
      [config.digest, other.config],
      [descriptor.digest, bytes],
    ]);
    await expect(readImageGraph(descriptor, contentOf(blobs))).rejects.toMatchObject({
      code: 'CONTENT_INVALID',
    });
  });

  it('follows nested indexes up to four levels', async () => {
    const root = manifestRoot(await buildImage({ layers: [1] }));
    const blobs = new Map(root.blobs);
    const four = await readImageGraph(nested(root.descriptor, blobs, 4), contentOf(blobs));
    expect([four.indexes.length, four.manifests.length]).toEqual([4, 1]);
    const five = readImageGraph(nested(root.descriptor, blobs, 5), contentOf(blobs));
    await expect(five).rejects.toMatchObject({ code: 'CONTENT_INVALID' });
  });

  it('takes each manifest once, though an index lists it twice', async () => {
    const root = manifestRoot(await buildImage({ layers: [1] }));
    const manifests = [root.descriptor, root.descriptor];
    const bytes = jsonBytes({ schemaVersion: 2, mediaType: MEDIA_TYPES.ociIndex, manifests });
    const index = descriptorOf(MEDIA_TYPES.ociIndex, bytes);
    const blobs = new Map([...root.blobs, [index.digest, bytes]]);
    expect((await readImageGraph(index, contentOf(blobs))).manifests).toHaveLength(1);
  });

  it('reads several documents at once, and gives them in their order', async () => {
    const images = Array.from({ length: 6 }, async (_, at) =>
      buildImage({ layers: [1, 10 + at], architecture: `cpu${at}` }),
    );
    const root = indexRoot('a:1', await Promise.all(images));
    const content = contentOf(root.blobs);
    const running = { now: 0, most: 0 };
    const slow: ContentReader = {
      ...content,
      fetch: async function* (target, options) {
        running.now += 1;
        running.most = Math.max(running.most, running.now);
        // Later ones are quicker.
        await setTimeout(20 - (target.size % 20));
        yield* content.fetch(target, options);
        running.now -= 1;
      },
    };
    const graph = await readImageGraph(root.descriptor, slow, { concurrency: 3 });
    expect(running.most).toBe(3);
    expect(graph).toEqual(await readImageGraph(root.descriptor, content, { concurrency: 1 }));
    expect(
      graph.manifests.filter(({ isImage }) => isImage).map(({ platform }) => platform.architecture),
    ).toEqual(['cpu0', 'cpu1', 'cpu2', 'cpu3', 'cpu4', 'cpu5']);
  });

  it('does not read what is neither manifest nor index', async () => {
    const bytes = jsonBytes({});
    const root = descriptorOf('application/octet-stream', bytes);
    const reading = readImageGraph(root, contentOf(new Map([[root.digest, bytes]])));
    await expect(reading).rejects.toMatchObject({ code: 'UNSUPPORTED' });
  });
});
