import { describe, expect, it } from 'vitest';
import type { TargetImage } from '../../../src/content/image.ts';
import { readReferrer } from '../../../src/content/read-referrer.ts';
import { parseReference } from '../../../src/oci/reference.ts';
import { sortReferrers } from '../../../src/oci/referrer.ts';
import type { Descriptor } from '../../../src/oci/descriptor.ts';
import { MEDIA_TYPES } from '../../../src/oci/media-types.ts';
import { descriptorOf, jsonBytes, type BuiltRoot } from '../../support/image-builder.ts';
import {
  cosignRoot,
  fallbackIndex,
  referrerIndex,
  referrerRoot,
  referrerTag,
  SBOM_TYPE,
} from '../../support/referrer-builder.ts';
import type { RegistrySwitches, TestRegistry } from '../../support/test-registry.ts';
import { digestAt, layerOf, multi, open, single, writes } from './pushed-images.ts';
import { contentOf, startRegistry, targetImage } from './registry-world.ts';

const REPOSITORY = 'acme/api';

interface Attached {
  readonly root: BuiltRoot;
  readonly tag?: string;
}

/** An image with referrers, as a kit gives it. */
async function imageWith(
  root: BuiltRoot,
  attached: readonly Attached[],
  without: readonly string[] = [],
): Promise<TargetImage> {
  const image = await targetImage('ghcr.io/acme/api:1', root, without);
  const blobs = new Map(
    [root, ...attached.map((one) => one.root)].flatMap((one) => Array.from(one.blobs)),
  );
  const content = contentOf({ ...root, blobs }, without);
  const read = attached.map(async ({ root: { descriptor }, tag }) =>
    readReferrer({ descriptor, tag }, content),
  );
  const referrers = sortReferrers(await Promise.all(read));
  return { ...image, content, graph: { ...image.graph, referrers } };
}

const manifestAt = (registry: TestRegistry, tag: string): string => {
  const repository = registry.repositories.get(REPOSITORY);
  const digest = repository?.tags.get(tag) ?? '';
  return repository?.manifests.get(digest)?.bytes.toString() ?? '';
};

const listAt = (registry: TestRegistry, subject: Descriptor): Descriptor[] => {
  const list: { manifests: Descriptor[] } = JSON.parse(manifestAt(registry, referrerTag(subject)));
  return list.manifests;
};

async function sample(): Promise<{ root: BuiltRoot; attached: Attached[]; image: TargetImage }> {
  const root = await single(1, 2);
  const sbom = referrerRoot({ subject: root.descriptor, body: 'sbom' });
  const attached = [
    { root: sbom },
    { root: referrerRoot({ subject: sbom.descriptor, body: 'signature of the SBOM' }) },
    { root: referrerIndex(root.descriptor, [referrerRoot({ body: 'part' })]) },
    { root: cosignRoot('signature'), tag: referrerTag(root.descriptor, '.sig') },
  ];
  return { root, attached, image: await imageWith(root, attached) };
}

function unreadableList(): BuiltRoot {
  const mediaType = MEDIA_TYPES.ociIndex;
  const bytes = jsonBytes({ schemaVersion: 2, mediaType, manifests: 'none' });
  const descriptor = descriptorOf(mediaType, bytes);
  return { name: undefined, descriptor, blobs: new Map([[descriptor.digest, bytes]]) };
}

const shapes: [string, RegistrySwitches][] = [
  ['with the API', { referrers: {} }],
  ['without it', {}],
  ['with a login', { referrers: {}, auth: 'bearer' }],
];

describe('referrers go into a registry', () => {
  it.each(shapes.slice(0, 2))('%s: exact bytes, after what they refer to', async (_, switches) => {
    const registry = await startRegistry({ ...switches, refuseSparse: true });
    const { root, attached, image } = await sample();
    await using target = await open(registry);
    expect(await target.load([image])).toMatchObject({ results: [{ status: 'loaded' }] });
    const held = registry.repositories.get(REPOSITORY);
    for (const one of attached)
      expect(held?.manifests.get(one.root.descriptor.digest)?.bytes).toEqual(
        one.root.blobs.get(one.root.descriptor.digest),
      );
    expect(digestAt(registry, REPOSITORY, referrerTag(root.descriptor, '.sig'))).toBe(
      attached[3]?.root.descriptor.digest,
    );
    const order = writes(registry);
    expect(order.at(-1)).toBe(`PUT /v2/${REPOSITORY}/manifests/1`);
    const hasList = digestAt(registry, REPOSITORY, referrerTag(root.descriptor)) !== undefined;
    expect(hasList).toBe(switches.referrers === undefined);
  });

  it('without the API they are listed under the fallback tag, beside what is there', async () => {
    const registry = await startRegistry();
    const { root, attached, image } = await sample();
    const theirs = referrerRoot({ subject: root.descriptor, body: 'theirs' });
    registry.put(REPOSITORY, undefined, theirs);
    registry.put(REPOSITORY, referrerTag(root.descriptor), fallbackIndex([theirs.descriptor]));
    await using target = await open(registry);
    await target.load([image]);
    expect(new Set(listAt(registry, root.descriptor).map(({ digest }) => digest))).toEqual(
      new Set([theirs, attached[0]?.root, attached[2]?.root].map((one) => one?.descriptor.digest)),
    );
    const sbom = attached[0]?.root.descriptor ?? root.descriptor;
    const listed = listAt(registry, root.descriptor).find(({ digest }) => digest === sbom.digest);
    expect(listed).toMatchObject({ artifactType: SBOM_TYPE, annotations: { body: 'sbom' } });
    expect(listAt(registry, sbom)).toHaveLength(1);
    expect(manifestAt(registry, referrerTag(root.descriptor))).toContain('"kept":"yes"');
  });

  it.each(shapes)('%s: the second time nothing is sent', async (_, switches) => {
    const registry = await startRegistry({ ...switches, auth: undefined });
    const { image } = await sample();
    await using target = await open(registry);
    await target.load([image]);
    const { length } = writes(registry);
    expect(await target.survey([image])).toMatchObject([{ status: 'already-present' }]);
    expect(await target.load([image])).toMatchObject({
      results: [{ status: 'already-present' }],
      sentBytes: 0,
    });
    expect(writes(registry)).toHaveLength(length);
  });

  it('also where the image is there already', async () => {
    const registry = await startRegistry();
    const { root, attached, image } = await sample();
    registry.put(REPOSITORY, '1', root);
    await using target = await open(registry);
    expect(await target.survey([image])).toMatchObject([{ status: 'skipped' }]);
    expect(await target.load([image])).toMatchObject({ results: [{ status: 'loaded' }] });
    expect(listAt(registry, root.descriptor)).toHaveLength(2);
    expect(attached).toHaveLength(4);
  });

  it('two names of one image write one list, and lose nothing', async () => {
    const registry = await startRegistry();
    const root = await single(1);
    const bodies = ['a', 'b', 'c', 'd'];
    const images = await Promise.all(
      bodies.map(async (body) => {
        const attached = [{ root: referrerRoot({ subject: root.descriptor, body }) }];
        const image = await imageWith(root, attached);
        return { ...image, reference: parseReference(`ghcr.io/acme/api:${body}`) };
      }),
    );
    await using target = await open(registry);
    const { results } = await target.load(images);
    expect(results.map(({ status }) => status)).toEqual(bodies.map(() => 'loaded'));
    expect(listAt(registry, root.descriptor)).toHaveLength(4);
  });

  it.each([
    ['is none', cosignRoot('theirs')],
    ['cannot be read', unreadableList()],
  ])('a tag that should be a list and %s fails the image, and stays', async (_, theirs) => {
    const registry = await startRegistry();
    const { root, image } = await sample();
    registry.put(REPOSITORY, referrerTag(root.descriptor), theirs);
    await using target = await open(registry);
    expect(await target.load([image])).toMatchObject({ results: [{ status: 'failed' }] });
    expect(digestAt(registry, REPOSITORY, referrerTag(root.descriptor))).toBe(
      theirs.descriptor.digest,
    );
    expect(digestAt(registry, REPOSITORY, '1')).toBeUndefined();
  });
});

describe('a tag of cosign in the target', () => {
  it.each([
    ['with fewer signatures is renewed', { theirs: ['ours'], isRenewed: true, isTold: false }],
    [
      'with ours and others is left',
      { theirs: ['ours', 'more', 'theirs'], isRenewed: false, isTold: false },
    ],
    ['with others is left, and told', { theirs: ['theirs'], isRenewed: false, isTold: true }],
  ])('%s', async (_, { theirs, isRenewed, isTold }) => {
    const registry = await startRegistry();
    const root = await single(1);
    const tag = referrerTag(root.descriptor, '.sig');
    const held = cosignRoot(...theirs);
    registry.put(REPOSITORY, tag, held);
    const ours = cosignRoot('ours', 'more');
    const image = await imageWith(root, [{ root: ours, tag }]);
    await using target = await open(registry);
    const { results } = await target.load([image]);
    expect(results[0]).toMatchObject({ status: 'loaded' });
    expect(results[0]?.message?.includes(tag) ?? false).toBe(isTold);
    const expected = isRenewed ? ours : held;
    expect(digestAt(registry, REPOSITORY, tag)).toBe(expected.descriptor.digest);
  });
});

describe('an index of which some platforms are absent', () => {
  it('keeps the referrers of what is carried, and tells of the others', async () => {
    const root = await multi();
    const absent = [await layerOf(1), await layerOf(2)];
    const { graph } = await targetImage('ghcr.io/acme/api:1', root, absent);
    const [first] = graph.manifests;
    if (first === undefined) throw new Error('no manifest');
    const ofIndex = referrerRoot({ subject: root.descriptor, body: 'of the index' });
    const ofFirst = referrerRoot({ subject: first.descriptor, body: 'of the first' });
    const signature = referrerTag(root.descriptor, '.sig');
    const attached = [
      { root: ofIndex },
      { root: ofFirst },
      { root: cosignRoot('i'), tag: signature },
    ];
    const image = await imageWith(root, attached, absent);
    const registry = await startRegistry({ refuseSparse: true, referrers: {} });
    await using target = await open(registry, { sparseIndex: 'strip' });
    const { results } = await target.load([image]);
    expect(results).toMatchObject([
      { status: 'loaded', message: expect.stringContaining('2 of 3 referrers stay behind') },
    ]);
    const held = registry.repositories.get(REPOSITORY);
    expect(held?.manifests.has(ofFirst.descriptor.digest)).toBe(true);
    expect(held?.manifests.has(ofIndex.descriptor.digest)).toBe(false);
    expect(held?.tags.has(signature)).toBe(false);
    expect(await target.survey([image])).toMatchObject([{ status: 'already-present' }]);
  });
});
