/** containerd as Kubernetes leaves it as a source: digests survive, and pins and image IDs are no images of their own. */
import { beforeAll, expect, test } from 'vitest';
import { makeAirkitPlace, succeeds, type AirkitPlace } from '../support/airkit-command.ts';
import { describeWithEngines } from '../support/engines/availability.ts';
import { succeed } from '../support/engines/command.ts';
import { startContainerd, type ContainerdEngine } from '../support/engines/containerd.ts';
import { useEngine } from '../support/engines/use-engine.ts';
import type { BuiltRoot } from '../support/image-builder.ts';
import { useTempFolder } from '../support/temp-folder.ts';
import { linesOf, pinOf, recordsOf } from './support/containerd-records.ts';
import { pack, readIndex, rootDigests, writeBundles } from './support/kits.ts';
import { multiRoot, packRoots, plainRoot } from './support/layouts.ts';

const REDIS = 'docker.io/library/redis:7';
const API = 'ghcr.io/acme/api:1.4';
const MULTI = 'quay.io/acme/multi:1';

/** Images that Kubernetes knows. */
async function managedNames(node: ContainerdEngine): Promise<string[]> {
  return linesOf(node, 'images', 'ls', '--quiet', 'labels."io.cri-containerd.image"==managed');
}

describeWithEngines(['containerd'], 'a containerd that Kubernetes uses', () => {
  const folder = useTempFolder();
  const node = useEngine(() => startContainerd({ hasCri: true }));
  const other = useEngine(() => startContainerd());
  let place: AirkitPlace;
  let roots: Record<string, BuiltRoot> = {};
  const rootOf = (name: string): string => roots[name]?.descriptor.digest ?? '';
  const bundle = (images: readonly (string | Record<string, unknown>)[]) =>
    writeBundles(place, { name: 'taken', images });

  beforeAll(async () => {
    place = await makeAirkitPlace(await folder.fresh(), node().environment);
    roots = {
      [REDIS]: await plainRoot(REDIS, [1, 2]),
      [API]: await plainRoot(API, [1, 3]),
      [MULTI]: await multiRoot(MULTI, ['arm64', 'amd64']),
    };
    const kit = await packRoots(place, 'first', Object.values(roots));
    await succeeds(place.airkit('load', kit, '--to', 'containerd', '--allow-unsigned'));
  });

  test('marks what was loaded as its own', async () => {
    const names = Object.keys(roots).flatMap((name) => [name, pinOf(name, rootOf(name))]);
    await expect
      .poll(async () => managedNames(node()), { timeout: 10_000 })
      .toEqual(expect.arrayContaining(names));
  });

  test('offers each image once, under its tag', async () => {
    // Besides tags and pins there is a record for each image ID, which comes a moment later.
    await expect
      .poll(async () => Object.keys(await recordsOf(node())), { timeout: 10_000 })
      .toHaveLength(3 * 3);
    await bundle([{ from: 'containerd', include: ['*'] }]);
    const [planned] = (await succeeds(place.airkit('plan', '--json'))).json().bundles;
    expect(planned?.images.map(({ reference }) => reference)).toEqual(Object.keys(roots));
    expect(planned?.kit.kind).toBe('exact');
    expect(planned?.skipped).toEqual([]);
  });

  test('gives images with the digests that they were pulled with', async () => {
    const first = await pack(place);
    expect(await rootDigests(place.path('dist/taken'))).toEqual(
      Object.fromEntries(Object.keys(roots).map((name) => [name, rootOf(name)])),
    );
    await succeeds(place.airkit('verify', 'dist/taken', '--allow-unsigned', '--deep'));
    expect(await pack(place, '--force')).toEqual(first);
  });

  test('of an index gives the platform that it keeps, and names the rest as absent', async () => {
    const { absent, images } = await readIndex(place.path('dist/taken'));
    const multi = images.find(({ reference }) => reference === MULTI);
    expect(multi?.manifests.map(({ platform }) => platform?.architecture)).toEqual(
      expect.arrayContaining(['amd64', 'arm64']),
    );
    const [arm] = multi?.manifests ?? [];
    expect(absent).toContainEqual({
      digest: arm?.layers[1]?.descriptor.digest,
      size: arm?.layers[1]?.descriptor.size,
      reason: 'platform',
    });
  });

  test('fills another containerd with the same images', async () => {
    const there = place.with(other().environment);
    await succeeds(there.airkit('load', 'dist/taken', '--to', 'containerd', '--allow-unsigned'));
    expect(await recordsOf(other())).toEqual(
      Object.fromEntries(
        Object.keys(roots).flatMap((name) => [
          [name, rootOf(name)],
          [pinOf(name, rootOf(name)), rootOf(name)],
        ]),
      ),
    );
    await succeed(other().ctr('images', 'rm', REDIS));
    await writeBundles(there, {
      name: 'pinned',
      images: [{ from: 'containerd:k8s.io', include: ['redis@*'] }],
    });
    await pack(there);
    const pin = pinOf(REDIS, rootOf(REDIS));
    expect(await rootDigests(place.path('dist/pinned'))).toEqual({ [pin]: rootOf(REDIS) });
  });

  test('has nothing in a namespace that nobody used', async () => {
    await bundle([{ from: 'containerd:nobody', include: ['*'] }]);
    const outcome = await place.airkit('plan', '--json');
    expect([outcome.code, outcome.json().error?.code]).toEqual([2, 'NO_MATCH']);
  });

  test('that lost a layer fails the pack', async () => {
    const layer = [...(roots[API]?.blobs.keys() ?? [])].at(-1) ?? '';
    await succeed(node().ctr('content', 'rm', layer));
    await bundle([{ from: 'containerd', include: [API] }]);
    const outcome = await place.airkit('pack', '--json', '--force');
    expect([outcome.code, outcome.json().error?.code]).toEqual([3, 'BLOB_MISSING']);
  });

  test('that does not answer is a source that failed', async () => {
    const nobody = place.with({ CONTAINERD_ADDRESS: place.path('nobody.sock') });
    const outcome = await nobody.airkit('plan', '--json');
    expect([outcome.code, outcome.json().error?.code]).toEqual([3, 'SOURCE_FAILED']);
    expect(outcome.json().error?.hint).toContain('CONTAINERD_ADDRESS');
  });
});
