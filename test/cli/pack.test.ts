import { test, expect } from 'vitest';
import { useTempFolder } from '../support/temp-folder.ts';
import { makeSampleSite } from './support/site.ts';
import { pack, verify } from '../../src/index.ts';
const folder = useTempFolder();
test('x', async () => {
  const site = await makeSampleSite(await folder.fresh());
  let t = performance.now();
  const kits = await pack(site.host, { file: 'bundles.yaml', key: 'env:RELEASE_KEY' });
  console.log(performance.now() - t, kits[0]?.archiveBytes);
  for (let i = 0; i < 5; i++) { t = performance.now(); const r = await verify(site.host, 'kit', { trust: ['release.pub'] }); console.log(performance.now() - t, r.ok); }
  t = performance.now(); for (let i = 0; i < 200; i++) await verify(site.host, 'kit', { trust: ['release.pub'] }); console.log((performance.now() - t)/200);
  expect(1).toBe(1);
});
