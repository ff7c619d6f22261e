import { describe, expect, it } from 'vitest';
import { compilePattern, referenceForms } from '../../../src/select/pattern.ts';
import { openRegistrySource } from '../../../src/transports/registry/source.ts';
import { cosignRoot, referrerTag } from '../../support/referrer-builder.ts';
import { accessOf } from './registry-world.ts';

import { filled, namesOf, open, paths, readAll } from './filled-registry.ts';

describe('names', () => {
  it('of literal repositories need their tags only', async () => {
    const registry = await filled({ refuseCatalog: true });
    await using source = await open(registry, ['kube/{proxy,none}:v1.*']);
    expect((await source.list()).skipped).toEqual([
      `${registry.host}/kube/none: there is no such repository, or it has no tags`,
    ]);
    expect(await namesOf(source)).toContain('kube/proxy:v1.30.1');
    expect(paths(registry)).not.toContain('GET /v2/_catalog');
  });

  it('with literal tags are looked up and not listed', async () => {
    const registry = await filled();
    await using source = await open(registry, ['api:{1.4,9}'], { prefix: 'acme' });
    expect(await namesOf(source)).toEqual(['acme/api:1.4']);
    expect(
      paths(registry).filter((path) => path.includes('tags') || path.includes('catalog')),
    ).toEqual([]);
    expect(paths(registry)).not.toContain('GET /v2/acme/api/manifests/1.4');
  });

  it('with digests are looked up', async () => {
    const registry = await filled();
    const digest = registry.roots[1]?.descriptor.digest ?? '';
    const include = [`${registry.host}/acme/api@${digest}`];
    await using source = await openRegistrySource({ ...accessOf(), include });
    expect(await namesOf(source)).toEqual([`acme/api@${digest}`]);
    expect(await readAll(source)).toBeGreaterThan(8);
  });

  it('come from the catalog where a repository is a pattern, page by page', async () => {
    const registry = await filled({ pageSize: 1 });
    await using source = await open(registry, ['acme/*']);
    expect(await namesOf(source)).toEqual(['acme/api:1.4', 'acme/tools:2']);
    expect(paths(registry)).not.toContain('GET /v2/kube/proxy/tags/list');
    const pattern = compilePattern('*tools*');
    await using other = await openRegistrySource({
      ...accessOf(),
      host: registry.host,
      include: [pattern.text],
      accepts: (reference) => pattern.matches(referenceForms(reference)),
    });
    expect(await namesOf(other)).toEqual(['acme/tools:2']);
  });

  it('are to be given where the catalog is refused', async () => {
    const registry = await filled({ refuseCatalog: true });
    await using source = await open(registry, ['acme/*']);
    await expect(source.list()).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      hint: expect.stringContaining('include'),
    });
  });

  it('that are made from digests name no images, unless they are written out', async () => {
    const registry = await filled();
    const signature = cosignRoot('signature');
    const tag = referrerTag(signature.descriptor, '.sig');
    registry.put('acme/tools', tag, signature);
    registry.put('acme/tools', referrerTag(signature.descriptor), signature);
    await using source = await open(registry, ['acme/tools:*']);
    expect(await namesOf(source)).toEqual(['acme/tools:2']);
    await using written = await open(registry, ['acme/tools:*', `acme/tools:${tag}`]);
    expect(await namesOf(written)).toEqual(['acme/tools:2', `acme/tools:${tag}`]);
  });

  it('can be chosen by version', async () => {
    const registry = await filled();
    await using ranged = await open(registry, ['kube/proxy:*'], { semver: '>=1.30.0 <1.32.0' });
    expect(await namesOf(ranged)).toEqual(['kube/proxy:v1.30.0', 'kube/proxy:v1.30.1']);
    expect((await ranged.list()).skipped).toEqual([expect.stringContaining('latest')]);
    await using newest = await open(registry, ['kube/proxy'], { newest: 1 });
    expect(await namesOf(newest)).toEqual(['kube/proxy:v1.30.1']);
  });

  it('of no registry in particular cannot be patterns', async () => {
    await expect(openRegistrySource({ ...accessOf(), include: ['*k8s*'] })).rejects.toMatchObject({
      code: 'USAGE',
    });
    await expect(
      openRegistrySource({ ...accessOf(), include: ['a:1'], semver: 'new' }),
    ).rejects.toMatchObject({ code: 'USAGE' });
  });
});

describe('metadata', () => {
  it('is all that describing reads, once', async () => {
    const registry = await filled();
    await using source = await open(registry, ['acme/api:1.4']);
    const { images } = await source.list();
    const [first] = await source.describe(images);
    const again = await source.describe(images);
    expect(first).toEqual(again[0]);
    const gets = paths(registry).filter((path) => path.startsWith('GET /v2/acme'));
    expect(new Set(gets).size).toBe(gets.length);
    // One index, two manifests and two attestations, two configs; no layer.
    expect(gets).toHaveLength(7);
    expect(paths(registry).filter((path) => path.startsWith('HEAD'))).toHaveLength(1);
    expect(await images[0]?.labels()).toEqual({});
  });

  it('stays what it was when a tag moves meanwhile', async () => {
    const registry = await filled();
    await using source = await open(registry, ['acme/tools:2']);
    const { images } = await source.list();
    registry.repositories
      .get('acme/tools')
      ?.tags.set('2', registry.roots[1]?.descriptor.digest ?? registry.roots[0]!.descriptor.digest);
    const [image] = await source.resolve(images);
    expect(image?.root).toEqual(registry.roots[0]?.descriptor);
  });
});
