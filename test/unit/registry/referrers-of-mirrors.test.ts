import { describe, expect, it } from 'vitest';
import type { OperationOptions } from '../../../src/content/operation.ts';
import type { Referrer } from '../../../src/oci/referrer.ts';
import { openRegistrySource } from '../../../src/transports/registry/source.ts';
import { buildImage, manifestRoot, type BuiltRoot } from '../../support/image-builder.ts';
import {
  cosignRoot,
  fallbackIndex,
  referrerRoot,
  referrerTag,
} from '../../support/referrer-builder.ts';
import type { TestRegistry } from '../../support/test-registry.ts';
import { accessOf, startRegistry } from './registry-world.ts';

interface Found {
  readonly referrers: readonly Referrer[];
  readonly warnings: readonly string[];
}

/** Asks for what refers to `library/app:1` of `host`, whose mirror is `mirror`. */
async function ask(host: string, mirror: TestRegistry, image: BuiltRoot): Promise<Found> {
  const settings = { [host]: { mirrors: [mirror.host], plainHttp: true } };
  const include = [`${host}/library/app:1`];
  await using source = await openRegistrySource({ ...accessOf({ settings }), include });
  const warnings: string[] = [];
  const options: OperationOptions = {
    onProgress: (event) => {
      if (event.kind === 'warning') warnings.push(event.message);
    },
  };
  const [listed] = (await source.list()).images;
  if (listed === undefined) throw new Error('no image');
  const referrers = await source.referrers?.(listed, [image.descriptor], options);
  return { referrers: referrers ?? [], warnings };
}

async function world(): Promise<{ image: BuiltRoot; sbom: BuiltRoot; mirror: TestRegistry }> {
  const image = manifestRoot(await buildImage({ layers: [1] }));
  const sbom = referrerRoot({ subject: image.descriptor, body: 'sbom' });
  const mirror = await startRegistry();
  mirror.put('library/app', '1', image);
  return { image, sbom, mirror };
}

describe('referrers behind a mirror', () => {
  it('are those of the mirror where the registry itself cannot be reached, which is told once', async () => {
    const { image, sbom, mirror } = await world();
    mirror.put('library/app', undefined, sbom);
    mirror.put('library/app', referrerTag(image.descriptor), fallbackIndex([sbom.descriptor]));
    const gone = await startRegistry();
    await gone.stop();
    const { referrers, warnings } = await ask(gone.host, mirror, image);
    expect(referrers.map(({ descriptor }) => descriptor)).toEqual([sbom.descriptor]);
    expect(warnings).toHaveLength(1);
  });

  it('are those of the registry where the mirror has none', async () => {
    const { image, sbom, mirror } = await world();
    const signature = cosignRoot('signature');
    const origin = await startRegistry({ referrers: {} });
    for (const root of [image, sbom]) origin.put('library/app', undefined, root);
    origin.put('library/app', referrerTag(image.descriptor, '.sig'), signature);
    const { referrers, warnings } = await ask(origin.host, mirror, image);
    expect(new Set(referrers.map(({ descriptor }) => descriptor))).toEqual(
      new Set([sbom.descriptor, signature.descriptor]),
    );
    expect(warnings).toEqual([]);
  });

  it('are an error where the registry answers with one', async () => {
    const { image, mirror } = await world();
    const origin = await startRegistry({ auth: 'basic' });
    await expect(ask(origin.host, mirror, image)).rejects.toMatchObject({
      code: 'SOURCE_FAILED',
      context: { status: 401 },
    });
  });
});
