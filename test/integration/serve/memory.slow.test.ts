import { readFile } from 'node:fs/promises';
import { get } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { BundleIndex } from '../../../src/archive/bundle-index.ts';
import { writeBigArchive } from '../../cli/support/big-layout.ts';
import { spawnAirkit } from '../../cli/support/run-airkit.ts';
import { demoBundle, makeSite, writeBundles, type Site } from '../../cli/support/site.ts';
import { startServing, type ServingAirkit } from '../../support/serving.ts';
import { makeAirkitPlace } from '../../support/airkit-command.ts';
import { useTempFolder } from '../../support/temp-folder.ts';

const LAYER_BYTES = 200 * 1024 * 1024;
const READERS = 200;
/** Bytes that each reader takes before it goes away. */
const TAKEN = 4 * 1024 * 1024;
const LIMIT_KILOBYTES = 300 * 1024;
const folder = useTempFolder();
let site: Site;
let served: ServingAirkit;
let path = '';

beforeAll(async () => {
  site = await makeSite(await folder.fresh());
  await writeBigArchive(site.path('big.tar'), LAYER_BYTES);
  const images = [{ from: 'docker-archive:big.tar', include: ['*'] }];
  await writeBundles(site.path('bundles.yaml'), [demoBundle({ images })]);
  expect((await spawnAirkit(site, ['pack', '-q'])).code).toBe(0);
  const index: BundleIndex = JSON.parse(await readFile(site.path('kit', 'bundle.json'), 'utf8'));
  const digest = index.images[0]?.manifests[0]?.layers[0]?.descriptor.digest ?? '';
  const place = await makeAirkitPlace(site.folder);
  served = await startServing(place, 'kit', '--allow-unsigned', '--quiet');
  const catalog = await fetch(`${served.url}/v2/_catalog`);
  const { repositories }: { repositories: string[] } = JSON.parse(await catalog.text());
  path = `/v2/${repositories[0]}/blobs/${digest}`;
}, 120_000);

afterAll(async () => {
  await served.stop();
});

/** Reads slowly, from some place on, and goes away in the middle. @returns bytes that came */
async function readSome(at: number): Promise<number> {
  const headers = at % 2 === 0 ? {} : { range: `bytes=${at * 1000}-` };
  return new Promise((resolve, reject) => {
    const request = get(`${served.url}${path}`, { headers, agent: false }, (response) => {
      let size = 0;
      response.on('data', (chunk: Buffer) => {
        size += chunk.byteLength;
        if (size >= TAKEN) {
          response.destroy();
          return;
        }
        response.pause();
        setTimeout(() => response.resume(), 1);
      });
      response.on('close', () => resolve(size));
    });
    request.on('error', reject);
  });
}

test(`${READERS} readers at once, who read slowly and go away, are served in flat memory`, async () => {
  const sizes = await Promise.all(Array.from({ length: READERS }, async (_, at) => readSome(at)));
  expect(Math.min(...sizes)).toBeGreaterThanOrEqual(TAKEN);
  const status = await readFile(`/proc/${served.pid}/status`, 'utf8');
  expect(Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1])).toBeLessThan(LIMIT_KILOBYTES);
  expect((await fetch(`${served.url}/v2/`)).status).toBe(200);
});
