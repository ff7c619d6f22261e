/** Kits into real containerds, 1.6 and 2: names, pins, snapshots, and only what is missing. */
import { readFile } from 'node:fs/promises';
import { beforeAll, expect, test } from 'vitest';
import { openContainerdTarget } from '../../src/transports/containerd/target.ts';
import { parseReference } from '../../src/oci/reference.ts';
import { makeAirkitPlace, succeeds, type AirkitPlace } from '../support/airkit-command.ts';
import { describeWithEngines } from '../support/engines/availability.ts';
import { run, succeed } from '../support/engines/command.ts';
import { startContainerd } from '../support/engines/containerd.ts';
import { useEngine } from '../support/engines/use-engine.ts';
import type { BuiltRoot } from '../support/image-builder.ts';
import { useTempFolder } from '../support/temp-folder.ts';
import { linesOf, pinOf, readyNames, recordsOf, removeAll } from './support/containerd-records.ts';
import { busyboxRoot, multiRoot, packRoots, plainRoot } from './support/layouts.ts';

const REDIS = 'docker.io/library/redis:7';
const API = 'ghcr.io/acme/api:1.4';
const MULTI = 'quay.io/acme/multi:1';

for (const isNewer of [false, true]) {
  const engine = isNewer ? 'newer-containerd' : 'containerd';
  describeWithEngines([engine], `a kit in ${engine}`, () => {
    const folder = useTempFolder();
    const node = useEngine(() => startContainerd({ isNewer }));
    let place: AirkitPlace;
    let kit = '';
    let roots: Record<string, BuiltRoot> = {};

    beforeAll(async () => {
      place = await makeAirkitPlace(await folder.fresh(), node().environment);
      roots = {
        [REDIS]: await plainRoot(REDIS, [1, 2]),
        [API]: await plainRoot(API, [1, 3]),
        [MULTI]: await multiRoot(MULTI, ['arm64', 'amd64', 's390x']),
      };
      kit = await packRoots(place, 'three', Object.values(roots));
    });

    const rootOf = (name: string): string => roots[name]?.descriptor.digest ?? '';
    const load = (path: string, ...flags: string[]) =>
      place.airkit('load', path, '--to', 'containerd', '--allow-unsigned', '--json', ...flags);
    const expected = (): Record<string, string> =>
      Object.fromEntries(
        Object.keys(roots).flatMap((name) => [
          [name, rootOf(name)],
          [pinOf(name, rootOf(name)), rootOf(name)],
        ]),
      );

    test('has its names and pins, complete and unpacked', async () => {
      const { results, target } = (await succeeds(load(kit))).json();
      expect(target).toBe('containerd');
      expect(results).toEqual(
        Object.keys(roots)
          .toSorted()
          .map((reference) => ({
            target,
            reference,
            status: 'loaded',
            after: rootOf(reference),
            sentBytes: expect.any(Number),
          })),
      );
      expect(await recordsOf(node())).toEqual(expected());
      const ready = await readyNames(node());
      expect(ready.toSorted()).toEqual(Object.keys(expected()).toSorted());
      // Layers 1 and 2, 1 and 3, 70 and 72: chains that share their base.
      expect(await linesOf(node(), 'snapshots', 'ls')).toHaveLength(1 + 5);
      const dir = await folder.fresh();
      await succeed(node().ctr('images', 'mount', REDIS, dir));
      try {
        expect(await readFile(`${dir}/layer-2/text`, 'utf8')).toContain('layer 2\n');
      } finally {
        await succeed(run({ file: 'umount', args: [dir] }));
      }
    });

    test('is there at a second load, which sends nothing', async () => {
      const { results, sentBytes } = (await succeeds(load(kit))).json();
      expect(new Set(results.map(({ status }) => status))).toEqual(new Set(['already-present']));
      expect(results.map(({ before, after }) => before === after)).toEqual([true, true, true]);
      expect(sentBytes).toBe(0);
    });

    test('of an index brings the layers of this platform and all documents', async () => {
      const blobs = new Set(await linesOf(node(), 'content', 'ls', '--quiet'));
      const { blobs: all = new Map() } = roots[MULTI] ?? {};
      const absent = [...all.keys()].filter((digest: string) => !blobs.has(digest));
      // Layers 71 and 73, and what their attestations say.
      expect(absent).toHaveLength(4);
      await removeAll(node());
    });

    test('sends only the blobs that the content store lacks', async () => {
      await succeeds(load(kit, '--include', API));
      const { results, sentBytes } = (await succeeds(load(kit, '--include', REDIS))).json();
      expect(results).toMatchObject([{ reference: REDIS, status: 'loaded' }]);
      const there = new Set(roots[API]?.blobs.keys());
      const own = [...(roots[REDIS]?.blobs ?? [])].filter(([digest]) => !there.has(digest));
      expect(own).toHaveLength(3); // manifest, config, layer 2
      expect(sentBytes).toBe(own.reduce((sum, [, bytes]) => sum + bytes.byteLength, 0));
    });

    test('gets back a pin that somebody removed, without content', async () => {
      await succeed(node().ctr('images', 'rm', pinOf(REDIS, rootOf(REDIS))));
      const { results, sentBytes } = (await succeeds(load(kit, '--include', REDIS))).json();
      expect(results).toMatchObject([{ status: 'loaded', before: rootOf(REDIS) }]);
      expect(sentBytes).toBe(0);
      expect(await recordsOf(node())).toHaveProperty([pinOf(REDIS, rootOf(REDIS))]);
    });

    test('compares only with --dry-run', async () => {
      await removeAll(node());
      const { results } = (await succeeds(load(kit, '--dry-run'))).json();
      expect(new Set(results.map(({ status }) => status))).toEqual(new Set(['skipped']));
      expect(await recordsOf(node())).toEqual({});
    });

    test('moves a tag, keeps what it stood for, and puts it back', async () => {
      await succeeds(load(kit, '--include', REDIS));
      const next = await plainRoot(REDIS, [1, 9]);
      const other = await packRoots(place, 'next', [next]);
      const { results } = (await succeeds(load(other))).json();
      const [before, after] = [rootOf(REDIS), next.descriptor.digest];
      expect(results).toMatchObject([{ reference: REDIS, status: 'loaded', before, after }]);
      await using target = await openContainerdTarget({
        namespace: 'k8s.io',
        environment: { ...process.env, ...node().environment },
      });
      const reference = parseReference(REDIS);
      const absent = parseReference(API);
      expect(
        await target.putBack?.([
          { reference, expected: before, restore: undefined },
          { reference, expected: after, restore: before },
          { reference: absent, expected: after, restore: undefined },
          { reference, expected: before, restore: rootOf(MULTI) },
        ]),
      ).toMatchObject([
        { reference: REDIS, status: 'changed', now: after },
        { reference: REDIS, status: 'restored', now: before },
        { reference: API, status: 'changed', now: undefined },
        { reference: REDIS, status: 'failed', now: before },
      ]);
      expect((await recordsOf(node()))[REDIS]).toBe(before);
      expect(await readyNames(node())).toContain(REDIS);
      expect(
        await target.putBack?.([{ reference, expected: before, restore: undefined }]),
      ).toMatchObject([{ reference: REDIS, status: 'removed' }]);
      expect(await recordsOf(node())).toEqual({
        [pinOf(REDIS, before)]: before,
        [pinOf(REDIS, after)]: after,
      });
    });

    test('for another platform only is one failed image among others', async () => {
      await removeAll(node());
      const foreign = await multiRoot('quay.io/acme/foreign:1', ['s390x', 'ppc64le']);
      const mixed = await packRoots(place, 'mixed', [foreign, await plainRoot(API, [4])]);
      const outcome = await load(mixed);
      expect(outcome.code).toBe(5);
      expect(outcome.json().results.map(({ status }) => status)).toEqual(['loaded', 'failed']);
      expect(await recordsOf(node())).not.toHaveProperty(['quay.io/acme/foreign:1']);
    });

    test('of one foreign platform without an index goes in as ctr takes it', async () => {
      const foreign = await plainRoot('quay.io/acme/arm:1', [5], { architecture: 'arm64' });
      const { results } = (await succeeds(load(await packRoots(place, 'arm', [foreign])))).json();
      expect(results).toMatchObject([{ status: 'loaded', after: foreign.descriptor.digest }]);
    });

    test('runs', async () => {
      const busybox = await busyboxRoot('localhost/busybox:1', 'it runs');
      await succeeds(load(await packRoots(place, 'busybox', [busybox])));
      // By its digest, as a pinned pod is.
      const pin = pinOf('localhost/busybox:1', busybox.descriptor.digest);
      expect(await succeed(node().ctr('run', '--rm', pin, 'airkit-test'))).toBe('it runs');
    });

    test('goes into the namespace that is named', async () => {
      const flags = ['--to', 'containerd:edge', '--allow-unsigned', '--json'];
      await succeeds(place.airkit('load', kit, ...flags));
      expect(await linesOf(node(), '--namespace', 'edge', 'images', 'ls', '--quiet')).toEqual(
        Object.keys(expected()).toSorted(),
      );
    });
  });
}
