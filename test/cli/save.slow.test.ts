/** `airkit save` from a layout: the archive, the pipe, and what is refused. */
import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { beforeAll, expect, test } from 'vitest';
import { useTempFolder } from '../support/temp-folder.ts';
import { writeBigLayout } from './support/big-layout.ts';
import { airkit, airkitJson, spawnAirkit } from './support/run-airkit.ts';
import { makeSampleSite, type Site } from './support/site.ts';

const folder = useTempFolder();
let site: Site;
const FROM = ['--from', 'oci:layout'];

beforeAll(async () => {
  site = await makeSampleSite(await folder.fresh());
});

const sumOf = async (name: string): Promise<string> =>
  createHash('sha256')
    .update(await readFile(site.path(name)))
    .digest('hex');

test('save writes one archive that verify, inspect and load know', async () => {
  const { code, document } = await airkitJson(site, [
    'save',
    'redis:7',
    ...FROM,
    '-o',
    'redis.tar',
  ]);
  expect(code).toBe(0);
  expect(document).toMatchObject({
    path: site.path('redis.tar'),
    images: [{ reference: 'docker.io/library/redis:7', isManifestMade: false }],
  });
  const verified = await airkitJson(site, ['verify', 'redis.tar', '--allow-unsigned']);
  expect(verified.document).toMatchObject({ ok: true, name: 'redis', version: '7', images: 1 });
  expect((await airkitJson(site, ['verify', 'redis.tar'])).code).toBe(4);
  const flags = ['--allow-unsigned', '--to', 'oci:restored', '--receipt', 'receipt.json'];
  const loaded = await airkitJson(site, ['load', 'redis.tar', ...flags]);
  expect(loaded.document).toMatchObject({
    kit: { path: 'redis.tar', name: 'redis', version: '7' },
    results: [{ status: 'loaded' }],
  });
});

test('save takes patterns and new names, and gives the same bytes whatever the file is called', async () => {
  const choice = ['save', '*k8s*', 'redis:*', ...FROM, '--rename', 'docker.io/library/*=apps/*'];
  const first = await airkitJson(site, [...choice, '-o', 'first.tar']);
  expect(first.document['images']).toMatchObject([
    { reference: 'docker.io/apps/redis:7', original: 'docker.io/library/redis:7' },
    { reference: 'ghcr.io/acme/k8s-agent:2.3.0' },
    { reference: 'registry.k8s.io/kube-proxy:v1.30.2' },
  ]);
  await airkit(site, [...choice, '-o', 'second.tar']);
  expect(await sumOf('second.tar')).toBe(await sumOf('first.tar'));
});

test('save pipes the bytes that it would write into a file', async () => {
  await airkit(site, ['save', '*', ...FROM, '-o', 'all.tar']);
  for (const flags of [[], ['-o', '-']]) {
    const chunks: Buffer[] = [];
    const { code } = await spawnAirkit(site, ['save', '*', ...FROM, ...flags], {
      onOutput: (chunk) => void chunks.push(chunk),
    });
    expect(code).toBe(0);
    expect(Buffer.concat(chunks).equals(await readFile(site.path('all.tar')))).toBe(true);
  }
});

test('save to a pipe that closes early exits 3', async () => {
  const { code } = await spawnAirkit(site, ['save', '*', ...FROM], {
    started: (child) => void child.stdout?.destroy(),
  });
  expect(code).toBe(3);
});

test('save to a pipe that nobody reads on ends with a signal', async () => {
  await writeBigLayout(site.path('big'), { layers: 2, bytesEach: 8_000_000 });
  const stopped = await spawnAirkit(site, ['save', '*', '--from', 'oci:big'], {
    onOutput: () => undefined,
    started: (child) => {
      let left = 4_000_000; // More than is on its way at any time is still to come.
      child.stdout?.on('data', ({ byteLength }: Buffer) => {
        left -= byteLength;
        if (left > 0 || child.killed) return;
        child.stdout?.pause();
        child.kill('SIGTERM');
      });
      child.once('exit', () => child.stdout?.resume());
    },
  });
  expect(stopped.code).toBe(143);
});

test('save leaves a file alone unless --force is given, and leaves nothing beside it', async () => {
  await writeFile(site.path('mine.tar'), 'mine');
  const refused = await airkitJson(site, ['save', 'redis:7', ...FROM, '-o', 'mine.tar']);
  expect([refused.code, refused.document.error?.code]).toEqual([2, 'OUTPUT_EXISTS']);
  expect(await readFile(site.path('mine.tar'), 'utf8')).toBe('mine');
  const forced = await airkit(site, ['save', 'redis:7', ...FROM, '-o', 'mine.tar', '--force']);
  expect(forced.code).toBe(0);
  expect((await airkit(site, ['verify', 'mine.tar', '--allow-unsigned'])).code).toBe(0);
  expect((await readdir(site.folder)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
});

test.each([
  ['nothing matches', ['nosuch:1', ...FROM, '-o', 'x.tar'], 'NO_MATCH'],
  ['one of two matches nothing', ['redis:7', 'nosuch:1', ...FROM, '-o', 'x.tar'], 'NO_MATCH'],
  [
    'a platform is lacking',
    ['redis:7', ...FROM, '--platform', 'linux/s390x', '-o', 'x.tar'],
    'PLATFORM_MISSING',
  ],
  ['a source is none', ['redis:7', '--from', 'floppy:a', '-o', 'x.tar'], 'USAGE'],
  ['JSON and archive would mix', ['redis:7', ...FROM], 'USAGE'],
  ['the output is a folder', ['redis:7', ...FROM, '-o', 'layout', '--force'], 'OUTPUT_EXISTS'],
])('save exits 2 when %s, and writes nothing', async (_, args, error) => {
  const { code, document, stderr } = await airkitJson(site, ['save', ...args]);
  expect([code, document.error?.code]).toEqual([2, error]);
  expect(`${stderr}${JSON.stringify(document)}`).not.toMatch(
    /command line|allow-missing|optional:/,
  );
  expect(await readdir(site.folder)).not.toContain('x.tar');
});
