import { expect, it } from 'vitest';
import type { ImageTarget, TargetImage, TargetResult } from '../../../src/content/image.ts';
import { tellingReferrers } from '../../../src/operations/left-behind.ts';
import { sortReferrers } from '../../../src/oci/referrer.ts';
import { buildImage, manifestRoot } from '../../support/image-builder.ts';
import { referrerRoot } from '../../support/referrer-builder.ts';
import { targetImage } from '../registry/registry-world.ts';

async function images(): Promise<TargetImage[]> {
  const root = manifestRoot(await buildImage({ layers: [1] }));
  const plain = await targetImage('plain:1', root);
  const { descriptor } = referrerRoot({ subject: root.descriptor, body: 'sbom' });
  const { digest } = root.descriptor;
  const referrers = sortReferrers([{ descriptor, subject: digest, indexes: [], manifests: [] }]);
  const signed = await targetImage('signed:1', root);
  const failing = await targetImage('failing:1', root);
  return [
    plain,
    ...[signed, failing].map((one) =>
      Object.assign({}, one, { graph: { ...one.graph, referrers } }),
    ),
  ];
}

const results: readonly TargetResult[] = [
  { reference: 'docker.io/library/plain:1', status: 'loaded' },
  { reference: 'docker.io/library/signed:1', status: 'loaded', message: 'renamed' },
  { reference: 'docker.io/library/failing:1', status: 'failed', message: 'no room' },
];

function targetThat(keepsReferrers: boolean): ImageTarget {
  return {
    name: 'test',
    keepsReferrers,
    survey: async () => results,
    load: async (_, options) => {
      for (const result of results) await options?.onResult?.(result);
      return { results, sentBytes: 0 };
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
}

it('a target that cannot hold referrers says so, for images that have some and arrive', async () => {
  const told: TargetResult[] = [];
  const target = tellingReferrers(targetThat(false));
  const onResult = async (result: TargetResult): Promise<void> => {
    told.push(result);
  };
  const loaded = (await target.load(await images(), { onResult })).results;
  const [plain, signed, failing] = loaded;
  expect(plain).toEqual(results[0]);
  expect(signed?.message).toMatch(/^renamed; .*\(1\)/);
  expect(failing).toEqual(results[2]);
  expect(told).toEqual(loaded);
  expect(await target.survey(await images())).toEqual(loaded);
});

it('a target that can hold them is left as it is', () => {
  const target = targetThat(true);
  expect(tellingReferrers(target)).toBe(target);
});
