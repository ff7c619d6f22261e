/** The main job with Docker 20.10 on both sides: bundles file, plan, kit, verify, load, run. */
import { readFile } from 'node:fs/promises';
import { beforeAll, expect, test } from 'vitest';
import { digestOf } from '../../src/oci/digest.ts';
import { makeAirkitPlace, succeeds, type AirkitPlace } from '../support/airkit-command.ts';
import { buildBusyboxImages, busyboxImages, lineOf } from '../support/busybox-images.ts';
import { describeWithEngines } from '../support/engines/availability.ts';
import { succeed } from '../support/engines/command.ts';
import { startDocker } from '../support/engines/docker.ts';
import { useEngine } from '../support/engines/use-engine.ts';
import { useTempFolder } from '../support/temp-folder.ts';
import {
  canonical,
  damagedCopy,
  exists,
  familiar,
  filesBelow,
  flatSizes,
  idsIn,
  imageIds,
  pick,
  rootDigests,
  writeBundles,
} from './support/kits.ts';

const selectors = [
  { from: 'docker', include: ['*k8s*'], exclude: ['*:*-rc*'] },
  { from: 'docker', include: ['*'], labels: { tier: 'core' } },
  { from: 'docker', include: ['{redis,nginx}:*', '*/api:*'] },
];

/** Everything but the release candidate. */
const packed = busyboxImages
  .filter(({ name }) => !name.includes('-rc'))
  .flatMap(({ name, alsoNamed }) => (alsoNamed === undefined ? [name] : [name, alsoNamed]))
  .map(canonical)
  .toSorted();

describeWithEngines(['docker'], 'a kit from Docker 20.10', () => {
  const folder = useTempFolder();
  const source = useEngine(() => startDocker());
  const target = useEngine(() => startDocker());
  let outside: AirkitPlace;
  let inside: AirkitPlace;
  let kit = '';
  let keyId = '';

  beforeAll(async () => {
    await buildBusyboxImages(source());
    outside = await makeAirkitPlace(await folder.fresh(), { DOCKER_HOST: source().host });
    inside = await makeAirkitPlace(await folder.fresh(), { DOCKER_HOST: target().host });
    kit = outside.path('dist', 'offline');
    await writeBundles(outside, { name: 'offline', images: selectors });
    keyId = (await succeeds(outside.airkit('keygen', '-o', 'release', '--json'))).json().keyId;
  });

  const load = (path: string, ...flags: string[]) =>
    inside.airkit('load', path, '--trust', outside.path('release.pub'), '--json', ...flags);

  const planned = async () => {
    const [bundle] = (await succeeds(outside.airkit('plan', '--json'))).json().bundles;
    if (bundle === undefined) throw new Error('no plan');
    return bundle;
  };

  test('is planned without exporting anything', async () => {
    const { images, totals, kit: size } = await planned();
    expect(images.map(({ reference }) => reference)).toEqual(packed);
    expect(images.find(({ reference }) => reference.includes('kube-proxy'))).toMatchObject({
      original: 'registry.k8s.io/kube-proxy:v1.30.2',
      pattern: '*k8s*',
      platforms: ['linux/amd64'],
    });
    expect(images.find(({ reference }) => reference.includes('redis'))?.pattern).toBe(
      '{redis,nginx}:*',
    );
    expect(size.kind).toBe('upperBound');
    expect(totals.exact).toBe(false);
    expect(totals.savedBytes).toBe(totals.imageBytes - totals.blobBytes);
    expect(await filesBelow(outside.cache)).toEqual([]);
    expect(await exists(kit)).toBe(false);
  });

  test('is packed, signed and verified', async () => {
    const bound = (await planned()).kit.bytes;
    const outcome = await succeeds(outside.airkit('pack', '--key', 'release.key', '--json'));
    const [made] = outcome.json().kits;
    expect(made).toMatchObject({ name: 'offline', path: kit, signedBy: keyId });
    expect(made?.archive.bytes).toBeLessThanOrEqual(bound);
    expect(await imageIds(kit)).toEqual(pick(await idsIn(source()), packed));
    const report = await succeeds(
      inside.airkit('verify', kit, '--trust', outside.path('release.pub'), '--deep', '--json'),
    );
    expect(report.json()).toMatchObject({ ok: true, complete: true, findings: [] });
  });

  test('has exactly the planned size once its layers are cached', async () => {
    const { images, totals, kit: size } = await planned();
    const files = (await filesBelow(kit)).filter(
      (path) => !/\.(sig|sshsig|sigstore\.json)$/u.test(path),
    );
    const sizes = await Promise.all(files.map(async (path) => (await readFile(path)).byteLength));
    expect(size).toEqual({ kind: 'exact', bytes: sizes.reduce((sum, one) => sum + one, 0) });
    for (const image of images) expect(image.uniqueBytes + image.sharedBytes).toBe(image.size);
    expect(totals.imageBytes).toBe(images.reduce((sum, image) => sum + image.size, 0));
    const byName = (part: string) => images.find(({ reference }) => reference.includes(part));
    // The busybox layer is shared by all; both names of pause share all.
    expect(byName('pause:3.9')?.uniqueBytes).toBe(0);
    expect(byName('redis')?.uniqueBytes).toBeGreaterThan(0);
    const roots = await rootDigests(kit);
    expect(images.map(({ root }) => root)).toEqual(packed.map((name) => roots[name]));
  });

  test('tells why an image is in it', async () => {
    const { why } = (await succeeds(outside.airkit('plan', '--why', 'redis:7', '--json'))).json();
    expect(why).toMatchObject([{ bundle: 'offline', pattern: '{redis,nginx}:*' }]);
    const none = await outside.airkit(
      'plan',
      '--why',
      'ghcr.io/acme/k8s-agent:2.3.0-rc1',
      '--json',
    );
    expect(none.code).toBe(2);
    expect(none.json().error?.code).toBe('NO_MATCH');
  });

  test('is compared with an empty engine without changing it', async () => {
    const { results, sentBytes, dryRun } = (await succeeds(load(kit, '--dry-run'))).json();
    expect(dryRun).toBe(true);
    expect(results.map(({ reference }) => reference)).toEqual(packed);
    expect(new Set(results.map(({ status }) => status))).toEqual(new Set(['skipped']));
    expect(sentBytes).toBe(0);
    expect(await idsIn(target())).toEqual({});
    expect(await exists(inside.receipt)).toBe(false);
  });

  test('loads nothing when a layer of it is damaged', async () => {
    const outcome = await load(await damagedCopy(kit));
    expect(outcome.code).toBe(4);
    expect(outcome.json().error?.code).toBe('VERIFICATION_FAILED');
    expect(await idsIn(target())).toEqual({});
    expect(await succeed(target().docker('images', '--all', '--quiet'))).toBe('');
  });

  test('loads nothing without a trusted key', async () => {
    const outcome = await inside.airkit('load', kit, '--json');
    expect(outcome.code).toBe(4);
    expect(await idsIn(target())).toEqual({});
  });

  test('is restored into an empty engine with names and image IDs kept', async () => {
    const { results, sentBytes } = (await succeeds(load(kit))).json();
    expect(results.map(({ reference, status }) => [reference, status])).toEqual(
      packed.map((name) => [name, 'loaded']),
    );
    expect(await idsIn(target())).toEqual(pick(await idsIn(source()), packed));
    const sizes = await flatSizes(kit, () => true);
    expect(sentBytes).toBe(sizes.reduce((sum, size) => sum + size, 0));
  });

  test('leaves a receipt that says what it did', async () => {
    const receipt: unknown = JSON.parse(await readFile(inside.receipt, 'utf8'));
    const ids = await imageIds(kit);
    expect(receipt).toMatchObject({
      status: 'done',
      target: 'docker',
      kit: {
        name: 'offline',
        version: '1.0',
        index: digestOf(await readFile(`${kit}/bundle.json`)),
      },
      signers: [{ keyId, trusted: true }],
      results: packed.map((reference) => ({ reference, status: 'loaded', after: ids[reference] })),
    });
  });

  test.each(busyboxImages.filter(({ name }) => !name.includes('-rc')))(
    'runs $name on the other side',
    async (one) => {
      const output = await succeed(target().docker('run', '--rm', '--network', 'none', one.name));
      expect(output).toBe(lineOf(one));
    },
  );

  test('sends nothing the second time', async () => {
    const { results, sentBytes } = (await succeeds(load(kit))).json();
    expect(new Set(results.map(({ status }) => status))).toEqual(new Set(['already-present']));
    expect(sentBytes).toBe(0);
  });

  test('sends only the layers that a removed image had for itself', async () => {
    await succeed(target().docker('rmi', 'redis:7', 'nginx:1.25'));
    const { results, sentBytes } = (await succeeds(load(kit, '--include', 'redis*'))).json();
    expect(results.map(({ reference, status }) => [familiar(reference), status])).toEqual([
      ['redis:7', 'loaded'],
    ]);
    const own = await flatSizes(kit, (users) => users.every((name) => name.includes('redis')));
    expect(own).toHaveLength(1);
    expect(sentBytes).toBe(own[0]);
    expect(Object.keys(await idsIn(target()))).not.toContain(canonical('nginx:1.25'));
    expect(await succeed(target().docker('run', '--rm', '--network', 'none', 'redis:7'))).toBe(
      'redis:7 runs',
    );
  });

  test('gives a name back that another image took', async () => {
    await succeed(target().docker('tag', 'redis:7', 'ghcr.io/acme/api:1.4'));
    const before = await idsIn(target());
    const { results } = (await succeeds(load(kit, '--include', '*/api:*'))).json();
    const ids = await imageIds(kit);
    const name = canonical('ghcr.io/acme/api:1.4');
    expect(results).toMatchObject([
      { reference: name, status: 'loaded', before: before[name], after: ids[name] },
    ]);
  });

  test('refuses a pattern that is in no name of the kit', async () => {
    const outcome = await load(kit, '--include', 'postgres*');
    expect(outcome.code).toBe(2);
    expect(outcome.json().error?.code).toBe('NO_MATCH');
  });
});
