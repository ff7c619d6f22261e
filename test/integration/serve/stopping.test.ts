import { get, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { once } from 'node:events';
import { buffer } from 'node:stream/consumers';
import { readFile } from 'node:fs/promises';
import { beforeAll, expect, test } from 'vitest';
import { pack, type BundleIndex } from '../../../src/index.ts';
import { digestOf } from '../../../src/oci/digest.ts';
import { writeBigArchive } from '../../cli/support/big-layout.ts';
import { demoBundle, makeSite, writeBundles, type Site } from '../../cli/support/site.ts';
import { useTempFolder } from '../../support/temp-folder.ts';
import { serveKit } from './served-kit.ts';

const folder = useTempFolder();
/** More than the buffers of a connection hold. */
const LAYER_BYTES = 24 * 1024 * 1024;
let site: Site;
let digest = '';

beforeAll(async () => {
  site = await makeSite(await folder.fresh());
  await writeBigArchive(site.path('big.tar'), LAYER_BYTES);
  const images = [{ from: 'docker-archive:big.tar', include: ['*'] }];
  await writeBundles(site.path('bundles.yaml'), [demoBundle({ images })]);
  await pack(site.host, { output: 'kit' });
  const index: BundleIndex = JSON.parse(await readFile(site.path('kit', 'bundle.json'), 'utf8'));
  digest = index.images[0]?.manifests[0]?.layers[0]?.descriptor.digest ?? '';
});

test('connections without a request do not hold a stop up', async () => {
  const kit = await serveKit(site, 'kit');
  const [host, port] = kit.report.address.split(':');
  const sockets = Array.from({ length: 3 }, () => connect(Number(port), host));
  await Promise.all(sockets.map(async (socket) => once(socket, 'connect')));
  await kit.get('/v2/', { headers: { connection: 'keep-alive' } });
  const started = performance.now();
  await kit.stop();
  expect(performance.now() - started).toBeLessThan(5000);
  for (const socket of sockets) socket.destroy();
});

test('an answer under way is sent to its end, and nobody else is let in', async () => {
  const kit = await serveKit(site, 'kit');
  const { url, repositories } = kit.report;
  const request = get(`${url}/v2/${repositories[0]}/blobs/${digest}`);
  const [response]: IncomingMessage[] = await once(request, 'response');
  if (response === undefined) throw new Error('no response');
  const stopped = kit.stop();
  await expect(kit.get('/v2/')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  expect(digestOf(await buffer(response))).toBe(digest);
  await stopped;
});

test('a client that goes away in the middle harms nobody', async () => {
  const kit = await serveKit(site, 'kit');
  const { url, repositories } = kit.report;
  const path = `/v2/${repositories[0]}/blobs/${digest}`;
  for (let client = 0; client < 5; client += 1) {
    const request = get(`${url}${path}`);
    const [response]: IncomingMessage[] = await once(request, 'response');
    response?.destroy();
  }
  expect(digestOf((await kit.get(path)).body)).toBe(digest);
  await kit.stop();
  expect(kit.entries).toHaveLength(6);
  expect(kit.entries.filter(({ failure }) => failure !== undefined)).toEqual([]);
});
