/** Damaged, exchanged and cut kits are never passed on as good. */
import { appendFile, cp, readFile, rename, truncate } from 'node:fs/promises';
import { beforeAll, expect, test } from 'vitest';
import { bundleIndexSpan } from '../../../src/archive/layout.ts';
import { parseBundleIndex } from '../../../src/archive/bundle-index.ts';
import { pack, serve } from '../../../src/index.ts';
import { flipByte } from '../../engines/support/kits.ts';
import { useTempFolder } from '../../support/temp-folder.ts';
import { writeBigArchive } from '../../cli/support/big-layout.ts';
import { demoBundle, makeSite, writeBundles, type Site } from '../../cli/support/site.ts';
import { layersOf, makeServedSample, type ServedSample } from './sample.ts';
import { serveKit } from './served-kit.ts';

const folder = useTempFolder();
let sample: ServedSample;
let site: Site;

beforeAll(async () => {
  sample = await makeServedSample(await folder.fresh());
  ({ site } = sample);
});

/** Where in a kit's archive the bytes of a blob begin. */
async function offsetOf(kit: string, digest: string): Promise<{ offset: number; size: number }> {
  const bytes = await readFile(`${kit}/bundle.json`);
  const member = parseBundleIndex(bytes).members.find(({ sha256 }) => digest.endsWith(sha256));
  if (member === undefined) throw new Error('no such blob');
  return { offset: bundleIndexSpan(bytes.byteLength) + member.offset, size: member.size };
}

async function copyOf(name: string): Promise<string> {
  await cp(site.path('kit'), site.path(name), { recursive: true });
  return site.path(name);
}

test('a small damaged blob is 500 and nothing of it is sent, whole or in part', async () => {
  const copy = await copyOf('flipped');
  const [layer = { digest: '', bytes: Buffer.of() }] = layersOf(sample.redis);
  const { offset, size } = await offsetOf(copy, layer.digest);
  await flipByte(`${copy}/bundle.tar`, offset + size - 1);
  const kit = await serveKit(site, copy);
  const path = `/v2/library/redis/blobs/${layer.digest}`;
  for (const headers of [{}, { range: 'bytes=0-9' }, { range: 'bytes=0-' }]) {
    const reply = await kit.get(path, { headers });
    expect(reply).toMatchObject({ status: 500, code: 'UNKNOWN' });
  }
  expect(kit.entries.filter(({ failure }) => failure !== undefined)).toHaveLength(3);
  await kit.stop();
});

test('a large damaged blob breaks the connection before its end', async () => {
  const own = await makeSite(await folder.fresh());
  await writeBigArchive(own.path('big.tar'), 3 * 1024 * 1024);
  const images = [{ from: 'docker-archive:big.tar', include: ['*'] }];
  await writeBundles(own.path('bundles.yaml'), [demoBundle({ images })]);
  await pack(own.host, { output: 'kit' });
  const index = parseBundleIndex(await readFile(own.path('kit', 'bundle.json')));
  const [layer] = index.images[0]?.manifests[0]?.layers ?? [];
  if (layer === undefined) throw new Error('no layer');
  const { digest, size } = layer.descriptor;
  const { offset } = await offsetOf(own.path('kit'), digest);
  await flipByte(own.path('kit', 'bundle.tar'), offset + 100);
  const kit = await serveKit(own, 'kit');
  const [name] = kit.report.repositories;
  const reply = await kit.get(`/v2/${name}/blobs/${digest}`);
  expect([reply.status, reply.isComplete]).toEqual([200, false]);
  expect(reply.body.byteLength).toBeLessThan(size);
  const part = await kit.get(`/v2/${name}/blobs/${digest}`, { headers: { range: 'bytes=5-9' } });
  expect(part.status).toBe(500);
  await kit.stop();
});

test('a kit that is exchanged while it is served is served as it was verified', async () => {
  const copy = await copyOf('exchanged');
  const kit = await serveKit(site, copy);
  await cp(`${copy}/bundle.tar`, `${copy}/other.tar`);
  const [layer = { digest: '', bytes: Buffer.of() }] = layersOf(sample.redis);
  await flipByte(`${copy}/other.tar`, (await offsetOf(copy, layer.digest)).offset);
  await rename(`${copy}/other.tar`, `${copy}/bundle.tar`);
  const reply = await kit.get(`/v2/library/redis/blobs/${layer.digest}`);
  expect(reply.body.equals(layer.bytes)).toBe(true);
  await kit.stop();
});

test('a kit that is cut while it is served fails, and the server goes on', async () => {
  const copy = await copyOf('cut');
  const kit = await serveKit(site, copy);
  const [layer = { digest: '', bytes: Buffer.of() }] = layersOf(sample.redis);
  const { offset } = await offsetOf(copy, layer.digest);
  await truncate(`${copy}/bundle.tar`, offset + 10);
  expect((await kit.get(`/v2/library/redis/blobs/${layer.digest}`)).status).toBe(500);
  expect((await kit.get('/v2/')).status).toBe(200);
  await kit.stop();
});

test('a kit that is not whole or not trusted is not served at all', async () => {
  const longer = await copyOf('longer');
  await appendFile(`${longer}/bundle.tar`, 'x');
  for (const [path, allowUnsigned] of [
    [longer, true],
    ['kit', false],
  ] as const) {
    await expect(
      serve(site.host, path, { allowUnsigned, listen: '127.0.0.1:0' }),
    ).rejects.toMatchObject({ code: 'VERIFICATION_FAILED' });
  }
});
