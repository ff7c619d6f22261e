import { describe, expect, it } from 'vitest';
import { startRegistry, targetImage } from './registry-world.ts';

import { digestAt, multi, open, single, sparse, writes } from './pushed-images.ts';

describe('a load', () => {
  it('pushes exact bytes under mapped names, content first and tags last', async () => {
    const registry = await startRegistry({ refuseSparse: true });
    const images = [
      await targetImage('ghcr.io/acme/api:1', await multi()),
      await targetImage('redis:7', await single(1, 2)),
    ];
    await using target = await open(registry, { prefix: 'team' });
    expect(target.name).toBe(`registry://${registry.host}/team`);
    const bytes: number[] = [];
    const outcome = await target.load(images, {
      onProgress: (event) => {
        if (event.kind === 'bytes') bytes.push(event.bytes);
      },
    });
    expect(outcome.results).toEqual(
      images.map(({ root }, at) => ({
        reference: ['ghcr.io/acme/api:1', 'docker.io/library/redis:7'][at],
        status: 'loaded',
        before: undefined,
        after: root.digest,
        sentBytes: expect.any(Number),
      })),
    );
    const own = outcome.results.map(({ sentBytes = 0 }) => sentBytes);
    expect(own.reduce((sum, one) => sum + one, 0)).toBe(outcome.sentBytes);
    expect(digestAt(registry, 'team/acme/api', '1')).toBe(images[0]?.root.digest);
    expect(digestAt(registry, 'team/library/redis', '7')).toBe(images[1]?.root.digest);
    const kinds = writes(registry).map((line) => line.replace(/\/v2\/.*\/(?=blobs|manifests)/, ''));
    const firstManifest = kinds.findIndex((kind) => kind.includes('manifests'));
    expect(kinds.slice(firstManifest).filter((kind) => kind.includes('blobs'))).toEqual([]);
    expect(kinds.slice(-2).toSorted()).toEqual(['PUT manifests/1', 'PUT manifests/7']);
    expect(outcome.sentBytes).toBeGreaterThan(bytes.reduce((sum, one) => sum + one, 0));
  });

  it('sends nothing the second time', async () => {
    const registry = await startRegistry();
    const images = [await targetImage('ghcr.io/acme/api:1', await multi())];
    await using target = await open(registry, { scoped: true });
    expect(await target.survey(images)).toMatchObject([{ status: 'skipped' }]);
    await target.load(images);
    const before = writes(registry).length;
    expect(await target.load(images)).toMatchObject({
      results: [{ status: 'already-present', after: images[0]?.root.digest }],
      sentBytes: 0,
    });
    expect(await target.survey(images)).toMatchObject([{ status: 'already-present' }]);
    expect(writes(registry)).toHaveLength(before);
    expect(digestAt(registry, 'ghcr.io/acme/api', '1')).toBe(images[0]?.root.digest);
  });

  it('sends each blob once, and mounts it where others need it', async () => {
    for (const refuseMount of [false, true]) {
      const registry = await startRegistry({ refuseMount });
      const root = await single(1, 2);
      const images = [await targetImage('a/x:1', root), await targetImage('b/y:1', root)];
      await using target = await open(registry);
      const { results } = await target.load(images);
      expect(results.map(({ status }) => status)).toEqual(['loaded', 'loaded']);
      const uploads = registry.seen.filter(
        ({ method, path }) => method === 'PUT' && path.includes('uploads'),
      );
      expect(uploads).toHaveLength(refuseMount ? 6 : 3);
    }
  });

  it('tells what a tag stood for before', async () => {
    const registry = await startRegistry();
    const old = await single(7);
    registry.put('library/redis', '7', old);
    await using target = await open(registry);
    const image = await targetImage('redis:7', await single(1, 2));
    expect(await target.load([image])).toMatchObject({
      results: [{ status: 'loaded', before: old.descriptor.digest, after: image.root.digest }],
    });
  });

  it('keeps an image that is known by digest only', async () => {
    const registry = await startRegistry();
    const root = await multi();
    const image = await targetImage(`ghcr.io/acme/api@${root.descriptor.digest}`, root);
    await using target = await open(registry);
    expect(await target.load([image])).toMatchObject({
      results: [{ status: 'loaded', after: root.descriptor.digest }],
    });
    expect(registry.repositories.get('acme/api')?.tags.size).toBe(0);
    expect(await target.survey([image])).toMatchObject([{ status: 'already-present' }]);
  });

  it('refuses two images under one name, naming both', async () => {
    const registry = await startRegistry();
    const images = [
      await targetImage('ghcr.io/acme/api:1', await single(1)),
      await targetImage('quay.io/acme/api:1', await single(2)),
    ];
    await using target = await open(registry);
    await expect(target.load(images)).rejects.toMatchObject({
      code: 'NAME_COLLISION',
      message: expect.stringMatching(/ghcr\.io\/acme\/api:1.*quay\.io\/acme\/api:1/),
    });
    expect(writes(registry)).toEqual([]);
    await using scoped = await open(registry, { scoped: true });
    expect((await scoped.load(images)).results.map(({ status }) => status)).toEqual([
      'loaded',
      'loaded',
    ]);
  });

  it('stops with the reason of the signal', async () => {
    const registry = await startRegistry();
    await using target = await open(registry);
    const reason = new Error('stopped by the test');
    const image = await targetImage('a/x:1', await single(1));
    await expect(target.load([image], { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });
});

describe('an index with absent platforms', () => {
  it('fails before anything is written, naming the image and the platforms', async () => {
    const registry = await startRegistry();
    await using target = await open(registry);
    await expect(target.load([await sparse(1)])).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      message: expect.stringMatching(/ghcr\.io\/acme\/api:1.*linux\/arm64/),
    });
    expect(writes(registry)).toEqual([]);
  });

  it('fails together with all others of its kind', async () => {
    const registry = await startRegistry();
    await using target = await open(registry);
    const one = await sparse(1);
    const other = { ...one, reference: { ...one.reference, tag: '2' } };
    const whole = await targetImage('a/x:1', await single(1));
    await expect(target.load([other, whole, one])).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      problems: [{ reference: 'ghcr.io/acme/api:1' }, { reference: 'ghcr.io/acme/api:2' }],
    });
    expect(writes(registry)).toEqual([]);
  });

  it('is pushed as it is with keep, where the registry permits it', async () => {
    for (const refuseSparse of [false, true]) {
      const registry = await startRegistry({ refuseSparse });
      await using target = await open(registry, { sparseIndex: 'keep' });
      const image = await sparse(1);
      const { results } = await target.load([image]);
      expect(results).toMatchObject([
        refuseSparse
          ? { status: 'failed', message: expect.stringContaining('--sparse-index strip') }
          : { status: 'loaded' },
      ]);
      expect(digestAt(registry, 'acme/api', '1')).toBe(
        refuseSparse ? undefined : image.root.digest,
      );
    }
  });

  it('is stripped to an index of the carried ones, or to the sole one', async () => {
    for (const absent of [[1], [1, 2]]) {
      const registry = await startRegistry({ refuseSparse: true });
      await using target = await open(registry, { sparseIndex: 'strip' });
      const image = await sparse(...absent);
      const { results } = await target.load([image]);
      const after = digestAt(registry, 'acme/api', '1');
      expect(results).toMatchObject([
        { status: 'loaded', after, message: expect.stringContaining(image.root.digest) },
      ]);
      const type = registry.repositories
        .get('acme/api')
        ?.manifests.get(results[0]?.after ?? '')?.type;
      expect(type).toMatch(absent.length === 1 ? /index/ : /manifest/);
      expect(await target.survey([image])).toMatchObject([{ status: 'already-present' }]);
    }
  });
});
