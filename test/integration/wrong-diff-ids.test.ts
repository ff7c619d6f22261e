import { existsSync } from 'node:fs';
import { beforeAll, expect, test } from 'vitest';
import { pack } from '../../src/index.ts';
import { demoBundle, makeSite, writeBundles, writeLayout, type Site } from '../cli/support/site.ts';
import { buildImage, buildLayer, manifestRoot } from '../support/image-builder.ts';
import { useTempFolder } from '../support/temp-folder.ts';

const folder = useTempFolder();
let site: Site;

beforeAll(async () => {
  site = await makeSite(await folder.fresh());
  const image = await buildImage({ names: ['ghcr.io/acme/api:1'], layers: [1] });
  await writeLayout(site.path('sound'), [manifestRoot(image)]);
  const swapped = { ...image, layers: [await buildLayer(2)] };
  await writeLayout(site.path('swapped'), [manifestRoot(swapped)]);
});

test('a layer that is not the one its config names is refused before a kit begins', async () => {
  for (const layout of ['sound', 'swapped']) {
    const images = [{ from: `oci:${layout}`, include: ['*'] }];
    await writeBundles(site.path(`${layout}.yaml`), [demoBundle({ images })]);
  }
  await pack(site.host, { file: 'sound.yaml', output: 'sound-kit' });
  const refused = pack(site.host, { file: 'swapped.yaml', output: 'swapped-kit' });
  await expect(refused).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' });
  expect(existsSync(site.path('swapped-kit.partial'))).toBe(false);
});
