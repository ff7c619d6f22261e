import { describe, expect, it } from 'vitest';
import type { ImageSource } from '../../../src/content/image.ts';
import { compareStrings } from '../../../src/oci/compare.ts';
import type { Descriptor } from '../../../src/oci/descriptor.ts';
import { referrerBlobs, type Referrer } from '../../../src/oci/referrer.ts';
import { openRegistrySource } from '../../../src/transports/registry/source.ts';
import { buildImage, manifestRoot, type BuiltRoot } from '../../support/image-builder.ts';
import {
  cosignRoot,
  fallbackIndex,
  referrerIndex,
  referrerRoot,
  referrerTag,
} from '../../support/referrer-builder.ts';
import type { RegistrySwitches, TestRegistry } from '../../support/test-registry.ts';
import { accessOf, collect, loggedIn, startRegistry } from './registry-world.ts';

const REPOSITORY = 'acme/api';

interface World extends AsyncDisposable {
  readonly registry: TestRegistry;
  readonly image: BuiltRoot;
  readonly warnings: string[];
  add(root: BuiltRoot, tag?: string): BuiltRoot;
  find(): Promise<readonly Referrer[]>;
  readonly source: ImageSource;
}

async function world(switches: RegistrySwitches = {}): Promise<World> {
  const registry = await startRegistry(switches);
  const image = manifestRoot(await buildImage({ layers: [1] }));
  registry.put(REPOSITORY, '1', image);
  const environment = switches.auth === undefined ? {} : await loggedIn(registry.host);
  const source = await openRegistrySource({
    ...accessOf({ environment }),
    host: registry.host,
    include: [`${REPOSITORY}:1`],
  });
  const warnings: string[] = [];
  return {
    registry,
    image,
    warnings,
    source,
    add: (root, tag) => {
      registry.put(REPOSITORY, tag, root);
      return root;
    },
    find: async () => {
      const [listed] = (await source.list()).images;
      if (listed === undefined) throw new Error('no image');
      const options = {
        onProgress: (event: { kind: string; message?: string }) => {
          if (event.kind === 'warning') warnings.push(event.message ?? '');
        },
      };
      return (await source.referrers?.(listed, [image.descriptor], options)) ?? [];
    },
    [Symbol.asyncDispose]: async () => source[Symbol.asyncDispose](),
  };
}

const digestsOf = (found: readonly { readonly descriptor: Descriptor }[]): string[] =>
  found.map(({ descriptor }): string => descriptor.digest).toSorted(compareStrings);

describe('referrers', () => {
  it('come by the API, page by page, with what refers to them, whatever the login', async () => {
    for (const auth of [undefined, 'basic', 'bearer'] as const) {
      await using one = await world({ auth, referrers: {}, pageSize: 1 });
      const sbom = one.add(referrerRoot({ subject: one.image.descriptor, body: 'sbom' }));
      const report = one.add(referrerRoot({ subject: one.image.descriptor, body: 'report' }));
      const signature = one.add(referrerRoot({ subject: sbom.descriptor, body: 'signature' }));
      one.add(referrerRoot({ subject: cosignRoot('x').descriptor, body: 'of another' }));
      const found = await one.find();
      expect(digestsOf(found)).toEqual(digestsOf([sbom, report, signature]));
      expect(found.map(({ tag }) => tag)).toEqual([undefined, undefined, undefined]);
    }
  });

  it('come by the fallback tag where there is no API', async () => {
    await using one = await world();
    const sbom = one.add(referrerRoot({ subject: one.image.descriptor, body: 'sbom' }));
    one.add(fallbackIndex([sbom.descriptor]), referrerTag(one.image.descriptor));
    expect(digestsOf(await one.find())).toEqual(digestsOf([sbom]));
  });

  it.each(['api', 'tags'])('come by cosign’s tags: %s', async (kind) => {
    await using one = await world(kind === 'api' ? { referrers: {} } : {});
    const tags = ['.sig', '.att', '.sbom'].map((suffix) =>
      referrerTag(one.image.descriptor, suffix),
    );
    const roots = tags.map((tag) => one.add(cosignRoot(tag), tag));
    const ofSbom = referrerTag(roots[2]?.descriptor ?? one.image.descriptor, '.sig');
    const all = [...roots, one.add(cosignRoot('signed sbom'), ofSbom)];
    one.add(cosignRoot('of another'), referrerTag(cosignRoot('y').descriptor, '.sig'));
    const found = await one.find();
    expect(digestsOf(found)).toEqual(digestsOf(all));
    expect(new Set(found.map(({ tag }) => tag))).toEqual(new Set([...tags, ofSbom]));
  });

  it('may be indexes; every blob of them can be read', async () => {
    await using one = await world({ referrers: {} });
    const parts = ['a', 'b'].map((body) => referrerRoot({ body }));
    const index = one.add(referrerIndex(one.image.descriptor, parts));
    const [found, ...others] = await one.find();
    expect(others).toEqual([]);
    expect(found).toMatchObject({ indexes: [{ digest: index.descriptor.digest }] });
    expect(found?.manifests).toHaveLength(2);
    const [listed] = (await one.source.list()).images;
    const [image] = await one.source.resolve(listed === undefined ? [] : [listed]);
    if (found === undefined || image === undefined) throw new Error('nothing found');
    for (const blob of referrerBlobs(found))
      expect((await collect(image.content.fetch(blob))).byteLength).toBe(blob.size);
  });

  it('are sorted, whatever the order of the list, and asked for once', async () => {
    const orders = [true, false].map(async (isReversed) => {
      const list = (_: string, honest: Descriptor[]): Descriptor[] =>
        isReversed ? honest.toReversed() : honest;
      await using one = await world({ referrers: { list } });
      for (const body of ['a', 'b', 'c', 'd'])
        one.add(referrerRoot({ subject: one.image.descriptor, body }));
      const found = await one.find();
      const { length } = one.registry.seen;
      await one.find();
      const later = one.registry.seen.slice(length).map(({ path }) => path);
      expect(later.filter((path) => path.includes('referrers'))).toEqual([]);
      return found;
    });
    const [first, second] = await Promise.all(orders);
    expect(first).toHaveLength(4);
    expect(first).toEqual(second);
  });

  it('are none where the list is empty or is no list', async () => {
    await using none = await world({ referrers: {} });
    expect(await none.find()).toEqual([]);
    await using wrong = await world();
    wrong.add(cosignRoot('no index'), referrerTag(wrong.image.descriptor));
    expect(await wrong.find()).toEqual([]);
    expect(wrong.warnings).toHaveLength(1);
  });
});

type List = NonNullable<NonNullable<RegistrySwitches['referrers']>['list']>;
const larger: List = (_, honest) =>
  honest.map(({ mediaType, digest, size }) => ({ mediaType, digest, size: size + 1 }));
const thrice: List = (_, honest) => honest.flatMap((one) => [one, one, one]);
const tooMany: List = () =>
  Array.from({ length: 1001 }, (_, at) => referrerRoot({ body: `${at}` }).descriptor);

describe('a list of referrers that lies', () => {
  it.each(['API', 'tag'])('about what they refer to is an error: %s', async (kind) => {
    const other = referrerRoot({ subject: cosignRoot('z').descriptor, body: 'of another' });
    const list = (): Descriptor[] => [other.descriptor];
    await using one = await world(kind === 'API' ? { referrers: { list } } : {});
    one.add(other);
    one.add(fallbackIndex([other.descriptor]), referrerTag(one.image.descriptor));
    await expect(one.find()).rejects.toMatchObject({ code: 'CONTENT_INVALID' });
  });

  it('about their size is an error', async () => {
    await using one = await world({ referrers: { list: larger } });
    one.add(referrerRoot({ subject: one.image.descriptor, body: 'sbom' }));
    await expect(one.find()).rejects.toMatchObject({ code: 'SIZE_MISMATCH' });
  });

  it('with what is not there any more, or of no known type, is told and passed over', async () => {
    await using one = await world();
    const kept = one.add(referrerRoot({ subject: one.image.descriptor, body: 'kept' }));
    const gone = referrerRoot({ subject: one.image.descriptor, body: 'gone' }).descriptor;
    const old = { ...gone, mediaType: 'application/vnd.oci.artifact.manifest.v1+json' };
    one.add(fallbackIndex([gone, kept.descriptor, old]), referrerTag(one.image.descriptor));
    expect(digestsOf(await one.find())).toEqual(digestsOf([kept]));
    expect(one.warnings).toHaveLength(2);
  });

  it('in a circle, too deep or too long ends', async () => {
    await using round = await world({ referrers: {} });
    const sbom = round.add(referrerRoot({ subject: round.image.descriptor, body: 'sbom' }));
    // cosign's tag of an SBOM leads back to the image.
    round.add(round.image, referrerTag(sbom.descriptor, '.sig'));
    expect(digestsOf(await round.find())).toEqual(digestsOf([sbom, round.image]));

    await using deep = await world({ referrers: {} });
    let subject = deep.image.descriptor;
    for (let level = 0; level < 6; level += 1)
      subject = deep.add(referrerRoot({ subject, body: `level ${level}` })).descriptor;
    await expect(deep.find()).rejects.toMatchObject({ code: 'UNSUPPORTED' });

    await using long = await world({ referrers: { list: tooMany } });
    await expect(long.find()).rejects.toMatchObject({ code: 'UNSUPPORTED' });
  });

  it('by another page again and again ends', async () => {
    await using one = await world({ referrers: { list: thrice }, pageSize: 1 });
    const sbom = one.add(referrerRoot({ subject: one.image.descriptor, body: 'sbom' }));
    expect(digestsOf(await one.find())).toEqual(digestsOf([sbom]));
  });
});
