import { existsSync } from 'node:fs';
import { mkdir, open, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { pack, plan } from '../../src/index.ts';
import { blobPath } from '../../src/content/blob-folder.ts';
import { digestOf } from '../../src/oci/digest.ts';
import { airkitJson } from '../cli/support/run-airkit.ts';
import { demoBundle, makeSite, writeBundles, writeLayout, type Site } from '../cli/support/site.ts';
import { buildImage, descriptorOf, jsonBytes } from '../support/image-builder.ts';
import { useTempFolder } from '../support/temp-folder.ts';

const OCI = 'application/vnd.oci.image';
const folder = useTempFolder();
let site: Site;

/** An image whose one layer is a file without bytes on the disk, larger than the disk itself. */
beforeAll(async () => {
  site = await makeSite(await folder.fresh());
  const { config } = await buildImage({ layers: [1] });
  const { blocks, bsize } = await statfs(site.path('.'));
  const size = blocks * bsize;
  const layer = { mediaType: `${OCI}.layer.v1.tar`, digest: digestOf('never read'), size };
  const configDescriptor = descriptorOf(`${OCI}.config.v1+json`, config);
  const manifest = jsonBytes({ schemaVersion: 2, config: configDescriptor, layers: [layer] });
  const descriptor = descriptorOf(`${OCI}.manifest.v1+json`, manifest);
  const blobs = new Map([
    [descriptor.digest, manifest],
    [configDescriptor.digest, config],
  ]);
  await writeLayout(site.path('layout'), [{ name: 'ghcr.io/acme/huge:1', descriptor, blobs }]);
  const path = blobPath(site.path('layout'), layer.digest);
  await mkdir(dirname(path), { recursive: true });
  const file = await open(path, 'w');
  await file.truncate(size);
  await file.close();
  const images = [{ from: 'oci:layout', include: ['*'] }];
  await writeBundles(site.path('bundles.yaml'), [demoBundle({ images })]);
});

test('plan shows how much is free and needed, and exits 3', async () => {
  const [planned] = await plan(site.host, { output: 'kit' });
  const [destination] = planned?.space ?? [];
  expect(destination?.neededBytes).toBeGreaterThan(destination?.freeBytes ?? 0);
  const { code, document } = await airkitJson(site, ['plan', '-o', 'kit']);
  expect({ code, error: document.error?.code }).toEqual({ code: 3, error: 'NO_SPACE' });
});

test('pack refuses before any work', async () => {
  await expect(pack(site.host, { output: 'kit' })).rejects.toMatchObject({ code: 'NO_SPACE' });
  expect(existsSync(site.path('kit.partial'))).toBe(false);
});
