import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { serve, type ServeReport } from '../../../src/index.ts';
import { blobPath } from '../../../src/content/blob-folder.ts';
import { writeFileAtomically } from '../../../src/content/write-file.ts';
import { cacheFolderOf } from '../../../src/operations/host.ts';
import { openKitFolder, fileIn } from '../support/kit-editor.ts';
import { APP, indexOf, makeThinSite } from '../../cli/support/thin-kits.ts';
import { damagedCopy } from '../../cli/support/damaged-kit.ts';
import type { Site } from '../../cli/support/site.ts';
import { useTempFolder } from '../../support/temp-folder.ts';

const folder = useTempFolder();
let site: Site;

beforeAll(async () => {
  site = await makeThinSite(await folder.fresh());
});

/** Serves `thin` while `use` runs. */
async function serving(
  base: readonly string[],
  use: (url: string) => Promise<void>,
): Promise<void> {
  const stopping = new AbortController();
  const options = { trust: ['release.pub'], listen: '127.0.0.1:0', base, signal: stopping.signal };
  let ended: Promise<unknown> = Promise.resolve();
  const listening = new Promise<ServeReport>((resolve, reject) => {
    ended = serve(site.host, 'thin', { ...options, onListening: resolve }).catch(reject);
  });
  try {
    const { url } = await listening;
    await use(url);
  } finally {
    stopping.abort();
    await ended;
  }
}

async function appLayers(): Promise<string[]> {
  const { images } = await indexOf(site, 'full');
  const app = images.find(({ reference }) => reference === APP);
  return (app?.manifests[0]?.layers ?? []).map(({ descriptor }) => descriptor.digest);
}

describe('serve of a thin kit', () => {
  test('answers layers from its base, whole and in parts', async () => {
    await serving(['base'], async (url) => {
      for (const digest of await appLayers()) {
        const blob = `${url}/v2/acme/app/blobs/${digest}`;
        const bytes = Buffer.from(await (await fetch(blob)).arrayBuffer());
        expect(`sha256:${createHash('sha256').update(bytes).digest('hex')}`).toBe(digest);
        const part = await fetch(blob, { headers: { range: 'bytes=3-9' } });
        expect(Buffer.from(await part.arrayBuffer())).toEqual(bytes.subarray(3, 10));
      }
    });
  });

  test('without it names what is missing, and does not listen', async () => {
    const { absent } = await indexOf(site, 'thin');
    const failing = serving([], async () => undefined);
    await expect(failing).rejects.toMatchObject({ code: 'BASE_MISSING' });
    const message = await failing.catch(String);
    for (const { digest } of absent) expect(message).toContain(digest);
  });

  test('takes layers from the cache', async () => {
    const { absent } = await indexOf(site, 'thin');
    const base = await openKitFolder(site.path('base'));
    const cache = cacheFolderOf(site.host);
    for (const { digest } of absent) {
      const { bytes } = fileIn(base, `blobs/sha256/${digest.slice('sha256:'.length)}`);
      await writeFileAtomically(blobPath(cache, digest), bytes);
    }
    await serving([], async (url) => {
      const [digest = ''] = await appLayers();
      const blob = `${url}/v2/acme/app/blobs/${digest}`;
      expect((await fetch(blob, { headers: { range: 'bytes=0-4' } })).status).toBe(206);
      expect((await fetch(blob)).status).toBe(200);
    });
    await rm(cache, { recursive: true });
  });

  test('never lets the bytes of a damaged base pass for a layer', async () => {
    const multi = { reference: 'docker.io/acme/multi:2', part: 'layer' } as const;
    await damagedCopy(site.path('base'), site.path('torn'), multi);
    const { images } = await indexOf(site, 'thin');
    const digest = images
      .find(({ reference }) => reference === multi.reference)
      ?.manifests[0]?.layers.at(-1)?.descriptor.digest;
    await serving(['torn'], async (url) => {
      const answer = fetch(`${url}/v2/acme/multi/blobs/${digest}`).then(async (response) => {
        if (!response.ok) throw new Error(`status ${response.status}`);
        return response.arrayBuffer();
      });
      await expect(answer).rejects.toThrow();
    });
  });
});
