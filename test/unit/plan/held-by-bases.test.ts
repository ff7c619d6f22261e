import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { digestOf } from '../../../src/oci/digest.ts';
import { chainIds } from '../../../src/oci/image-config.ts';
import { heldByBases, type BaseContent } from '../../../src/plan/held-by-bases.ts';
import { buildPlan, type PlanBlob, type PlanInput } from '../../../src/plan/plan.ts';

const diffIdOf = (key: string) => digestOf(`plain ${key}`);
const stackOf = (...keys: string[]) => keys.map((key) => ({ key, diffId: diffIdOf(key) }));
const blobs = (...keys: string[]): BaseContent => ({
  blobs: new Set(keys),
  chainIds: new Set(),
});
const unpacked = (...stacks: string[][]): BaseContent => ({
  blobs: new Set(),
  chainIds: new Set(stacks.flatMap((keys) => chainIds(keys.map(diffIdOf)))),
});

const keys = fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'), { maxLength: 5 });
const stacks = fc.array(keys, { maxLength: 5 });
const base = fc.oneof(
  keys.map((some) => blobs(...some)),
  stacks.map((some) => unpacked(...some)),
);

function blob(kind: PlanBlob['kind'], key: string): PlanBlob {
  return { kind, key, size: key.length, exact: true };
}

function input(reference: string, layers: readonly string[]): PlanInput {
  return {
    reference,
    original: reference,
    from: 'docker',
    pattern: '*',
    platforms: [],
    blobs: [blob('config', `config of ${reference}`), ...layers.map((key) => blob('layer', key))],
  };
}

describe('heldByBases', () => {
  test('thin kit and base are the full kit together, whatever the base', () => {
    fc.assert(
      fc.property(stacks, fc.array(base, { maxLength: 3 }), (images, bases) => {
        const inputs = images.map((layers, at) => input(`image-${at}`, layers));
        const held = heldByBases(
          images.map((layers) => stackOf(...layers)),
          bases,
        );
        const [full, thin] = [buildPlan(inputs), buildPlan(inputs, held)];
        const all = [...thin.blobs, ...thin.leftOut].map(({ key }) => key);
        expect(all.toSorted()).toEqual(full.blobs.map(({ key }) => key).toSorted());
        expect(thin.leftOut.every(({ key }) => held.has(key))).toBe(true);
        expect(thin.totals.blobBytes + thin.totals.leftOutBytes).toBe(full.totals.blobBytes);
        expect(thin.totals.savedBytes).toBe(full.totals.savedBytes);
        expect(thin.images).toEqual(full.images);
      }),
    );
  });

  test('every image can be made from what the kit and any one of the bases hold', () => {
    fc.assert(
      fc.property(stacks, fc.array(base, { minLength: 1, maxLength: 3 }), (images, bases) => {
        const held = heldByBases(
          images.map((layers) => stackOf(...layers)),
          bases,
        );
        for (const layers of images) {
          const chains = chainIds(layers.map(diffIdOf));
          for (const [position, key] of layers.entries()) {
            if (!held.has(key)) continue;
            const chain = chains[position] ?? '';
            for (const one of bases)
              expect(one.blobs.has(key) || one.chainIds.has(chain)).toBe(true);
          }
        }
      }),
    );
  });

  test('without bases nothing is held', () => {
    expect(heldByBases([stackOf('a', 'b')], [])).toEqual(new Set());
  });

  test('an unpacked layer counts only on top of the layers below it', () => {
    const known = unpacked(['a', 'b']);
    expect(heldByBases([stackOf('a', 'b', 'c')], [known])).toEqual(new Set(['a', 'b']));
    expect(heldByBases([stackOf('a', 'b'), stackOf('x', 'b')], [known])).toEqual(new Set(['a']));
  });

  test('layers without diffIDs count as blobs only', () => {
    expect(heldByBases([[{ key: 'a' }]], [unpacked(['a'])])).toEqual(new Set());
    expect(heldByBases([[{ key: 'a' }]], [blobs('a')])).toEqual(new Set(['a']));
  });
});

describe('buildPlan', () => {
  test('lets documents travel, also where another image has the same bytes as a layer', () => {
    const images = [input('one', ['config of two']), input('two', ['a'])];
    const plan = buildPlan(images, new Set(['config of two', 'config of one', 'a']));
    expect(plan.leftOut.map(({ key }) => key)).toEqual(['a']);
  });
});
