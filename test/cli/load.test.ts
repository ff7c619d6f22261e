import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { pack } from '../../src/index.ts';
import { useTempFolder } from '../support/temp-folder.ts';
import { damagedCopy } from './support/damaged-kit.ts';
import { airkit, airkitJson, type JsonDocument } from './support/run-airkit.ts';
import { makeSampleSite, type Site } from './support/site.ts';

const NAMES = [
  'docker.io/library/redis:7',
  'ghcr.io/acme/k8s-agent:2.3.0',
  'registry.k8s.io/kube-proxy:v1.30.2',
];
const TRUST = ['--trust', 'release.pub', '--receipt', 'receipt.json'];
const folder = useTempFolder();
let site: Site;

beforeAll(async () => {
  site = await makeSampleSite(await folder.fresh());
  await pack(site.host, { output: 'kit', key: 'env:RELEASE_KEY' });
});

async function load(
  args: readonly string[],
): Promise<{ code: number | null; document: JsonDocument }> {
  return airkitJson(site, ['load', ...args]);
}

describe('load --to oci:', () => {
  test('restores every image under its name and root digest, and again sends nothing', async () => {
    const first = await load(['kit', '--to', 'oci:restored', ...TRUST]);
    expect(first.code).toBe(0);
    expect(first.document).toMatchObject({
      schemaVersion: 1,
      kit: { name: 'demo', version: '1.0' },
      target: 'oci:restored',
      results: NAMES.map((reference) => ({ reference, status: 'loaded' })),
      receipt: site.path('receipt.json'),
    });
    expect(first.document['sentBytes']).toBeGreaterThan(0);
    expect(await rootsOf('restored')).toEqual(await rootsOf('layout'));

    const second = await load(['kit', '--to', 'oci:restored', ...TRUST]);
    expect(second.code).toBe(0);
    expect(second.document).toMatchObject({
      results: NAMES.map((reference) => ({ reference, status: 'already-present' })),
      sentBytes: 0,
    });
  });

  test('keeps what the layout held, and packs again from it to the same blobs', async () => {
    await load(['kit', '--to', 'oci:grown', '--include', '*k8s*', ...TRUST]);
    await load(['kit', '--to', 'oci:grown', '--include', 'redis:7', ...TRUST]);
    expect(await rootsOf('grown')).toEqual(await rootsOf('layout'));
  });

  test('--include loads only what matches, in the forms that bundles files know', async () => {
    const { code, document } = await load([
      'kit',
      '--to',
      'oci:some',
      '--include',
      'redis:*',
      ...TRUST,
    ]);
    expect(code).toBe(0);
    expect(document).toMatchObject({ results: [{ reference: NAMES[0], status: 'loaded' }] });
    expect(Object.keys(await rootsOf('some'))).toEqual([NAMES[0]]);
  });

  test('--include that matches nothing exits 2 and writes nothing', async () => {
    const { code, document } = await load([
      'kit',
      '--to',
      'oci:none',
      '--include',
      'nginx*',
      ...TRUST,
    ]);
    expect({ code, error: document.error?.code }).toEqual({ code: 2, error: 'NO_MATCH' });
    expect(existsSync(site.path('none'))).toBe(false);
  });

  test('--dry-run writes nothing, no receipt either', async () => {
    await rm(site.path('receipt.json'), { force: true });
    const { code, document } = await load(['kit', '--to', 'oci:dry', '--dry-run', ...TRUST]);
    expect(code).toBe(0);
    expect(document).toMatchObject({ dryRun: true, sentBytes: 0 });
    expect(document['results']).toHaveLength(3);
    expect(existsSync(site.path('dry'))).toBe(false);
    expect(existsSync(site.path('receipt.json'))).toBe(false);
  });

  test('writes a receipt of what it did', async () => {
    await load(['kit', '--to', 'oci:noted', '--trust', 'release.pub', '--receipt', 'notes/r.json']);
    const receipt: unknown = JSON.parse(await readFile(site.path('notes', 'r.json'), 'utf8'));
    expect(receipt).toMatchObject({
      schemaVersion: 1,
      kit: { name: 'demo', version: '1.0', index: expect.stringMatching(/^sha256:/) },
      signers: [{ trusted: true }],
      target: 'oci:noted',
      status: 'done',
      startedAt: expect.any(String),
      finishedAt: expect.any(String),
      results: NAMES.map((reference) => ({ reference, status: 'loaded' })),
    });
  });

  test('takes the archive in the kit, and one alone only with --allow-unsigned', async () => {
    expect((await load(['kit/bundle.tar', '--to', 'oci:by-archive', ...TRUST])).code).toBe(0);
    await cp(site.path('kit', 'bundle.tar'), site.path('alone.tar'));
    expect((await load(['alone.tar', '--to', 'oci:alone', ...TRUST])).code).toBe(4);
    expect(existsSync(site.path('alone'))).toBe(false);
    const allowed = await load(['alone.tar', '--to', 'oci:alone', ...TRUST, '--allow-unsigned']);
    expect(allowed.code).toBe(0);
  });

  test.each([
    ['by no trusted key', ['kit', '--trust', 'other.pub']],
    [
      'by no trusted key, with --allow-unsigned',
      ['kit', '--trust', 'other.pub', '--allow-unsigned'],
    ],
  ])('of a kit signed %s exits 4 and writes nothing', async (_, args) => {
    const { code, document } = await load([...args, '--to', 'oci:refused', '--receipt', 'no.json']);
    expect({ code, error: document.error?.code }).toEqual({
      code: 4,
      error: 'VERIFICATION_FAILED',
    });
    expect(existsSync(site.path('refused'))).toBe(false);
    expect(existsSync(site.path('no.json'))).toBe(false);
  });

  test('of a kit with a damaged layer exits 4 and leaves index.json of the layout as it was', async () => {
    const damage = { reference: NAMES[2] ?? '', part: 'layer' } as const;
    await damagedCopy(site.path('kit'), site.path('damaged'), damage);
    await load(['kit', '--to', 'oci:held', '--include', 'redis:7', ...TRUST]);
    const before = await readFile(site.path('held', 'index.json'));
    const { code, document } = await load(['damaged', '--to', 'oci:held', ...TRUST]);
    expect({ code, error: document.error?.code }).toEqual({
      code: 4,
      error: 'VERIFICATION_FAILED',
    });
    expect(await readFile(site.path('held', 'index.json'))).toEqual(before);
    const receipt: unknown = JSON.parse(await readFile(site.path('receipt.json'), 'utf8'));
    expect(receipt).toMatchObject({ status: 'failed' });
  });

  test('into a folder that holds something else exits 3 and leaves it alone', async () => {
    await mkdir(site.path('photos'));
    await writeFile(site.path('photos', 'index.json'), '{"album":1}');
    const { code } = await load(['kit', '--to', 'oci:photos', ...TRUST]);
    expect(code).toBe(3);
    expect(await readdir(site.path('photos'))).toEqual(['index.json']);
  });
});

test('load --to k3s:DIR writes one archive named after the kit, which is an archive to pack from', async () => {
  const first = await load(['kit', '--to', 'k3s:agent/images', ...TRUST]);
  expect(first.code).toBe(0);
  expect(await readdir(site.path('agent/images'))).toEqual(['demo-1.0.tar']);
  const { document } = await airkitJson(site, ['inspect', 'agent/images/demo-1.0.tar']);
  expect(document).toMatchObject({ images: NAMES.map((reference) => ({ reference })) });
  const again = await load(['kit', '--to', 'k3s:agent/images', ...TRUST]);
  expect(again.document).toMatchObject({ sentBytes: 0 });
});

test.each([
  ['floppy:a', 'USAGE'],
  ['oci:', 'USAGE'],
  ['containerd:', 'USAGE'],
  ['containerd:k8s.io/x', 'USAGE'],
  ['registry://', 'USAGE'],
  ['k3s:', 'USAGE'],
])('load --to %s exits 2', async (target, error) => {
  const { code, document } = await load(['kit', '--to', target, ...TRUST]);
  expect({ code, error: document.error?.code }).toEqual({ code: 2, error });
});

test('load without a Docker engine exits 3, with a hint and without a stack', async () => {
  const env = { DOCKER_HOST: `unix://${site.path('no.sock')}` };
  const { code, stderr } = await airkit(site, ['load', 'kit', ...TRUST], { env });
  expect(code).toBe(3);
  expect(stderr).not.toMatch(/\n {4}at /);
});

test.each([
  ['unix:///nonesuch.sock', 3, 'TARGET_FAILED'],
  ['ssh://ops:secret@build7/run/podman.sock', 2, 'UNSUPPORTED'],
  ['tcp://127.0.0.1:1', 2, 'UNSUPPORTED'],
  ['podman.sock', 2, 'USAGE'],
])('load --to podman at %s exits %i', async (address, exit, error) => {
  const options = { env: { CONTAINER_HOST: address } };
  const args = ['load', 'kit', '--to', 'podman', ...TRUST];
  const { code, document, stderr } = await airkitJson(site, args, options);
  expect({ code, error: document.error?.code }).toEqual({ code: exit, error });
  expect(JSON.stringify(document) + stderr).not.toContain('secret');
});

test('load names each status for people', async () => {
  const { code, stdout, stderr } = await airkit(site, [
    'load',
    'kit',
    '--to',
    'oci:shown',
    ...TRUST,
  ]);
  expect(code).toBe(0);
  for (const name of NAMES) expect(stdout).toContain(name);
  expect(stdout.match(/ loaded /g)).toHaveLength(3);
  expect(stderr).toContain(site.path('receipt.json'));
});

/** Root digests by name. */
async function rootsOf(layout: string): Promise<Record<string, string>> {
  const index: { manifests: { digest: string; annotations: Record<string, string> }[] } =
    JSON.parse(await readFile(site.path(layout, 'index.json'), 'utf8'));
  const roots = index.manifests.map(({ digest, annotations }) => [
    annotations['io.containerd.image.name'],
    digest,
  ]);
  return Object.fromEntries(roots.toSorted(([a], [b]) => ((a ?? '') < (b ?? '') ? -1 : 1)));
}
