/** Keys that turn out not to open while a pack is under way. */
import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { pack, type ProgressEvent } from '../../src/index.ts';
import { demoBundle, makeSite, rootOf, writeBundles, type Site } from '../cli/support/site.ts';
import { useTempFolder } from '../support/temp-folder.ts';
import { startTestRegistry, type TestRegistry } from '../support/test-registry.ts';

const folder = useTempFolder();
let site: Site;
let registry: TestRegistry;

beforeAll(async () => {
  site = await makeSite(await folder.fresh());
  // Nothing but the key ends a pack from there.
  registry = await startTestRegistry({ stall: { count: 100, after: -1 } });
  registry.put('app', '1', await rootOf({ names: ['app:1'], layers: [1] }));
});

afterAll(async () => registry.stop());

test('a wrong password ends the pack, and is the failure of no image', async () => {
  const images = [{ from: 'registry', include: [`${registry.host}/app:1`] }];
  await writeBundles(site.path('bundles.yaml'), [demoBundle({ images })]);
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const format = { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc' } as const;
  const locked = privateKey.export({ ...format, passphrase: 'the right one' }).toString();
  const secrets = { LOCKED_KEY: locked, AIRKIT_KEY_PASSWORD: 'a wrong one' };
  const host = { ...site.host, environment: { ...site.environment, ...secrets } };
  const warnings: ProgressEvent[] = [];
  const packing = pack(host, {
    key: 'env:LOCKED_KEY',
    onProgress: (event) => {
      if (event.kind === 'warning') warnings.push(event);
    },
  });
  await expect(packing).rejects.toMatchObject({ code: 'KEY_INVALID' });
  expect(warnings).toEqual([]);
});
