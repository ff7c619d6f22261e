/** One kit into every kind of target, side by side: names, digests, containers, receipts, and the way back. */
import { readFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { parseReceipt, type Receipt } from '../../src/index.ts';
import { makeAirkitPlace, succeeds, type AirkitPlace } from '../support/airkit-command.ts';
import { buildBusyboxImages } from '../support/busybox-images.ts';
import { describeWithEngines } from '../support/engines/availability.ts';
import { succeed } from '../support/engines/command.ts';
import { startContainerd } from '../support/engines/containerd.ts';
import { startDocker, type DockerEngine } from '../support/engines/docker.ts';
import { startNewerDocker } from '../support/engines/newer-docker.ts';
import { podmanRunFlags, startPodman } from '../support/engines/podman.ts';
import { startRegistry } from '../support/engines/registry.ts';
import { startSsh } from '../support/engines/ssh.ts';
import { useEngine } from '../support/engines/use-engine.ts';
import { writeFiles, ociLayoutFiles } from '../support/archive-builder.ts';
import { useTempFolder } from '../support/temp-folder.ts';
import { pinOf, readyNames } from './support/containerd-records.ts';
import {
  namesInArchive,
  namesInContainerd,
  namesInDocker,
  namesInLayout,
  namesInPodman,
  namesInRegistry,
  type HeldNames,
} from './support/held-names.ts';
import { imageIds, pack, rootDigests, writeBundles } from './support/kits.ts';
import { multiRoot } from './support/layouts.ts';
import { heldBy } from './support/podman-images.ts';

const AGENT = 'ghcr.io/acme/k8s-agent:2.3.0';
const CANDIDATE = 'ghcr.io/acme/k8s-agent:2.3.0-rc1';
const MULTI = 'quay.io/acme/multi:1';

/** A target as `--to` names it, what is asked of it, and whether its IDs are configs or roots. */
interface Target {
  readonly to: string;
  readonly names: HeldNames;
  readonly ids: 'configs' | 'roots';
}

async function runsIn(engine: DockerEngine): Promise<void> {
  const args = ['run', '--rm', '--network', 'none', AGENT];
  expect(await succeed(engine.docker(...args))).toBe(`${AGENT} runs`);
}

const isLoaded = (after: string): object => ({ status: 'loaded', after });
const isThere = (id: string): object => ({ status: 'already-present', before: id, after: id });

describeWithEngines(
  ['docker', 'newer-docker', 'podman', 'containerd', 'newer-containerd', 'registry', 'ssh'],
  'one kit',
  () => {
    const folder = useTempFolder();
    const source = useEngine(() => startDocker());
    const classic = useEngine(() => startDocker());
    const newer = useEngine(() => startNewerDocker());
    const podman = useEngine(() => startPodman());
    const registry = useEngine(() => startRegistry());
    const ssh = useEngine(() => startSsh({ dockerHost: newer().host }));
    let outside: AirkitPlace;
    let kit = '';
    let configs: Record<string, string> = {};
    let roots: Record<string, string> = {};

    beforeAll(async () => {
      await buildBusyboxImages(source());
      outside = await makeAirkitPlace(await folder.fresh(), { DOCKER_HOST: source().host });
      const multi = await multiRoot(MULTI, ['amd64', 'arm64']);
      await writeFiles(outside.path('layout'), ociLayoutFiles([multi]));
      const images = ['*/k8s-agent:*', '*/kube-*', { from: 'oci:layout', include: ['*'] }];
      await writeBundles(outside, { name: 'all', images });
      await pack(outside);
      kit = outside.path('dist', 'all');
      configs = await imageIds(kit);
      roots = await rootDigests(kit);
    });

    const load = async (place: AirkitPlace, targets: readonly Target[], receipt: string) => {
      const to = targets.flatMap((one) => ['--to', one.to]);
      const args = ['load', kit, '--allow-unsigned', '--json', '--receipt', receipt, ...to];
      const document = (await succeeds(place.airkit(...args))).json();
      const path = place.path(receipt);
      return { document, receipt: parseReceipt(await readFile(path), path) };
    };

    /** What a receipt must say of a load that went well. */
    const expectReceipt = (
      { targets, results, status, kit: loaded }: Receipt,
      expected: readonly Target[],
      image: (id: string) => object,
    ): void => {
      expect({ status, name: loaded.name }).toEqual({ status: 'done', name: 'all' });
      expect(targets.map(({ target }) => target)).toEqual(expected.map(({ to }) => to));
      expect(results).toEqual(
        expected.flatMap(({ to, ids }) =>
          Object.keys(roots).map((reference) => {
            const id = (ids === 'roots' ? roots : configs)[reference] ?? '';
            return expect.objectContaining({ target: to, reference, ...image(id) });
          }),
        ),
      );
    };

    const expectNames = async (targets: readonly Target[]): Promise<void> => {
      for (const { names, ids } of targets)
        expect(await names.all()).toEqual(ids === 'roots' ? roots : configs);
    };

    describe('into docker, docker over ssh, podman, containerd, k3s, a registry and a layout', () => {
      const node = useEngine(() => startContainerd());
      let place: AirkitPlace;
      let targets: Target[] = [];
      let archive = '';

      beforeAll(async () => {
        const path = [ssh().path, process.env['PATH']].join(delimiter);
        place = await makeAirkitPlace(await folder.fresh(), {
          ...node().environment,
          PATH: path,
          DOCKER_HOST: classic().host,
          CONTAINER_HOST: podman().host,
        });
        archive = join(place.path('images'), 'all-1.0.tar');
        const inArchive = { all: async () => namesInArchive(archive), move: async () => undefined };
        const inRegistry = namesInRegistry(registry(), Object.keys(roots));
        targets = [
          { to: 'docker', names: namesInDocker(classic()), ids: 'configs' },
          { to: `docker+ssh://${ssh().address}`, names: namesInDocker(newer()), ids: 'roots' },
          { to: 'podman', names: namesInPodman(podman()), ids: 'configs' },
          { to: 'containerd', names: namesInContainerd(node()), ids: 'roots' },
          { to: 'k3s:images', names: inArchive, ids: 'roots' },
          { to: `registry://${registry().host}`, names: inRegistry, ids: 'roots' },
          { to: 'oci:restored', names: namesInLayout(place.path('restored')), ids: 'roots' },
        ];
      });

      test('brings every name, image ID and digest, and says so in one receipt', async () => {
        const { receipt } = await load(place, targets, 'first.json');
        await expectNames(targets);
        expectReceipt(receipt, targets, isLoaded);
        expect(receipt.results.filter(({ before }) => before !== undefined)).toEqual([]);
        for (const { sentBytes } of receipt.targets) expect(sentBytes).toBeGreaterThan(0);
        const held = await heldBy(podman());
        for (const [name, root] of Object.entries(roots))
          expect(held[name]?.digests).toContain(pinOf(name, root));
      });

      test('has images that run', async () => {
        await runsIn(classic());
        await runsIn(newer());
        const inPodman = await succeed(podman().podman('run', ...podmanRunFlags, AGENT));
        expect(inPodman).toBe(`${AGENT} runs`);
        const pins = Object.entries(roots).map(([name, root]) => pinOf(name, root));
        const ready = await readyNames(node());
        expect(ready).toEqual(expect.arrayContaining([...Object.keys(roots), ...pins]));
        expect(await succeed(node().ctr('run', '--rm', AGENT, 'every'))).toBe(`${AGENT} runs`);
      });

      test('is there at the second load, which sends nothing', async () => {
        const { document, receipt } = await load(place, targets, 'second.json');
        expect(document.sentBytes).toBe(0);
        expectReceipt(receipt, targets, isThere);
        expect(receipt.targets.map(({ sentBytes }) => sentBytes)).toEqual(targets.map(() => 0));
      });

      test('puts back what somebody changed, and a rollback brings that again', async () => {
        const moved = targets.filter(({ to }) => !to.startsWith('k3s'));
        for (const { names } of moved) await names.move(AGENT, CANDIDATE);
        const changed = await Promise.all(moved.map(async ({ names }) => names.all()));
        const { receipt } = await load(place, moved, 'third.json');
        await expectNames(targets);
        const loaded = receipt.results.filter(({ status }) => status === 'loaded');
        expect(loaded.map(({ target, reference, before }) => [target, reference, before])).toEqual(
          moved.map(({ to, ids }) => [to, AGENT, (ids === 'roots' ? roots : configs)[CANDIDATE]]),
        );
        const back = ['rollback', 'third.json', '--receipt', 'back.json', '--json'];
        const { results } = (await succeeds(place.airkit(...back))).json();
        expect(results.map(({ status }) => status)).toEqual(moved.map(() => 'restored'));
        expect(await Promise.all(moved.map(async ({ names }) => names.all()))).toEqual(changed);
      });
    });

    test('goes through podman’s command, into containerd 2 and the containerd store', async () => {
      const node = await startContainerd({ isNewer: true });
      const other = await startPodman();
      try {
        const place = await makeAirkitPlace(await folder.fresh(), {
          ...node.environment,
          ...other.environment,
          DOCKER_HOST: newer().host,
        });
        await succeed(
          newer().docker('rmi', '--force', ...Object.keys(await namesInDocker(newer()).all())),
        );
        const targets: Target[] = [
          { to: 'docker', names: namesInDocker(newer()), ids: 'roots' },
          { to: 'podman', names: namesInPodman(other), ids: 'configs' },
          { to: 'containerd', names: namesInContainerd(node), ids: 'roots' },
        ];
        const { receipt } = await load(place, targets, 'first.json');
        await expectNames(targets);
        expectReceipt(receipt, targets, isLoaded);
        expect(await succeed(node.ctr('run', '--rm', AGENT, 'newer'))).toBe(`${AGENT} runs`);
        expect((await load(place, targets, 'second.json')).document.sentBytes).toBe(0);
      } finally {
        await other.stop();
        await node.stop();
      }
    });
  },
);
