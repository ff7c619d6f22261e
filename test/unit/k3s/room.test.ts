import { expect, test } from 'vitest';
import { openK3sTarget } from '../../../src/transports/k3s/target.ts';
import { buildImage, manifestRoot } from '../../support/image-builder.ts';
import { targetImage } from '../../support/target-image.ts';
import { useTempFolder } from '../../support/temp-folder.ts';

const folder = useTempFolder();
const kit = { name: 'room', version: '1' };

test('the folder of k3s needs room for the whole archive, and must be one that may be written', async () => {
  const images = `${await folder.fresh()}/images`;
  const root = manifestRoot(await buildImage({ layers: [1, 2] }));
  const image = await targetImage('registry.example/room/app:1', root);
  const target = openK3sTarget({ folder: images, kit });
  const [need] = (await target.preflight?.([image])) ?? [];
  const { sentBytes } = await target.load([image]);
  expect(need?.path).toBe(images);
  expect(need?.bytes).toBeGreaterThan(sentBytes);
  const below = openK3sTarget({ folder: `${images}/room-1.tar/x`, kit });
  await expect(below.preflight?.([image])).rejects.toMatchObject({ code: 'DISK_FAILED' });
});
