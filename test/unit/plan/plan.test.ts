import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildPlan, type PlanBlob, type PlanInput } from '../../../src/plan/plan.ts';

const KINDS = ['index', 'manifest', 'config', 'layer'] as const;

/** Equal keys are equal blobs: kind and size follow from the key. */
function blob(seed: number): PlanBlob {
  const kind = KINDS[seed % 4] ?? 'layer';
  return { key: `${kind}-${seed}`, kind, size: seed * 1000 + 1, exact: seed % 7 !== 0 };
}

function input(reference: string, seeds: readonly number[]): PlanInput {
  const names = { original: reference, from: 'docker', pattern: '*' };
  return { reference, ...names, platforms: ['linux/amd64'], blobs: seeds.map(blob) };
}

const seeds = fc.array(fc.nat(40), { maxLength: 12 });
const inputs = fc
  .array(seeds, { maxLength: 8 })
  .map((all) => all.map((one, at) => input(`example.com/image-${at}:1`, one)));
const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);

const layer = (key: string): PlanBlob => ({ key, kind: 'layer', size: 1, exact: true });

const stack = (reference: string, ...keys: string[]): PlanInput => ({
  ...input(reference, []),
  blobs: keys.map(layer),
});

describe('buildPlan', () => {
  it('holds every blob of every image, each once', () => {
    fc.assert(
      fc.property(inputs, (images) => {
        const keys = buildPlan(images).blobs.map(({ key }) => key);
        expect(new Set(keys).size).toBe(keys.length);
        const wanted = images.flatMap(({ blobs }) => blobs.map(({ key }) => key));
        expect(new Set(keys)).toEqual(new Set(wanted));
      }),
    );
  });

  it('has sums that add up', () => {
    fc.assert(
      fc.property(inputs, (images) => {
        const { blobs, totals, images: planned } = buildPlan(images);
        expect(totals.blobBytes).toBe(sum(blobs.map(({ size }) => size)));
        expect(totals.imageBytes).toBe(sum(planned.map(({ size }) => size)));
        expect(totals.savedBytes).toBe(totals.imageBytes - totals.blobBytes);
        expect(totals.savedBytes).toBeGreaterThanOrEqual(0);
        expect(totals.exact).toBe(blobs.every(({ exact }) => exact));
        for (const { size, uniqueBytes, sharedBytes } of planned)
          expect(uniqueBytes + sharedBytes).toBe(size);
      }),
    );
  });

  it('tells what leaving an image out would save', () => {
    fc.assert(
      fc.property(inputs, fc.nat(), (images, pick) => {
        fc.pre(images.length > 0);
        const left = images[pick % images.length];
        const whole = buildPlan(images);
        const rest = buildPlan(images.filter((image) => image !== left));
        const planned = whole.images.find(({ reference }) => reference === left?.reference);
        expect(planned?.uniqueBytes).toBe(whole.totals.blobBytes - rest.totals.blobBytes);
      }),
    );
  });

  it('does not depend on the order of the inputs', () => {
    const shuffled = inputs.chain((images) =>
      fc.tuple(fc.constant(images), fc.shuffledSubarray(images, { minLength: images.length })),
    );
    fc.assert(
      fc.property(shuffled, ([images, others]) => {
        expect(buildPlan(others)).toEqual(buildPlan(images));
      }),
    );
  });

  it('sorts images by name and puts documents by kind before layers', () => {
    fc.assert(
      fc.property(inputs, (images) => {
        const plan = buildPlan(images);
        const names = plan.images.map(({ reference }) => reference);
        expect(names).toEqual(names.toSorted());
        const kinds = plan.blobs.map(({ kind }) => KINDS.indexOf(kind));
        expect(kinds).toEqual(kinds.toSorted((a, b) => a - b));
      }),
    );
  });

  it('keeps the layers of the first image that has them in the order of its stack', () => {
    const plan = buildPlan([
      stack('b', 'base', 'top-b'),
      stack('a', 'base', 'mid', 'top-a', 'mid'),
    ]);
    expect(plan.blobs.map(({ key }) => key)).toEqual(['base', 'mid', 'top-a', 'top-b']);
    expect(plan.images.map(({ size }) => size)).toEqual([3, 2]);
  });

  it('of nothing is empty', () => {
    const totals = { imageBytes: 0, blobBytes: 0, savedBytes: 0, leftOutBytes: 0, exact: true };
    expect(buildPlan([])).toEqual({ images: [], blobs: [], leftOut: [], totals });
  });
});
