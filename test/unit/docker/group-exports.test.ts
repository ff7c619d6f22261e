import { expect, test } from 'vitest';
import { digestOf } from '../../../src/oci/digest.ts';
import { groupExports, type Exportable } from '../../../src/transports/docker/group-exports.ts';

const MB = 1_000_000;

function image(name: string, layers: Readonly<Record<string, number>>): Exportable {
  return {
    id: digestOf(name),
    layers: Object.entries(layers).map(([layer, size]) => ({
      diffId: digestOf(layer),
      plainSize: size * MB,
    })),
  };
}

const FAMILIES = [
  image('postgres', { base: 80, postgres: 350 }),
  image('backup', { base: 80, postgres: 350, backup: 7 }),
  image('temurin', { base: 80, java: 220 }),
  image('billing', { base: 80, java: 220, billing: 90 }),
  image('ledger', { base: 80, java: 220, billing: 90, ledger: 1 }),
];

function names(ids: readonly string[]): string[] {
  return ['postgres', 'backup', 'temurin', 'billing', 'ledger'].filter((name) =>
    ids.includes(digestOf(name)),
  );
}

test('images that share layers stay together, and the groups are alike', () => {
  const groups = groupExports(FAMILIES, 2).map(names);
  expect(groups).toEqual([
    ['postgres', 'backup'],
    ['temurin', 'billing', 'ledger'],
  ]);
  expect(groupExports(FAMILIES.toReversed(), 2).map(names)).toEqual(groups);
});

test('every image is in one group', () => {
  for (const atMost of [1, 2, 3, 4]) {
    const ids = groupExports(FAMILIES, atMost).flat();
    expect(ids.toSorted()).toEqual(FAMILIES.map(({ id }) => id).toSorted());
  }
});

test('one export serves where the images are nearly the same, small, or unknown', () => {
  const alike = ['a', 'b', 'c', 'd'].map((name) => image(name, { base: 500, [name]: 10 }));
  expect(groupExports(alike, 4)).toHaveLength(1);
  const small = ['a', 'b', 'c', 'd'].map((name) => image(name, { [name]: 10 }));
  expect(groupExports(small, 4)).toHaveLength(1);
  const unknown = ['a', 'b'].map((name) => ({ id: digestOf(name), layers: [] }));
  expect(groupExports(unknown, 2)).toEqual([unknown.map(({ id }) => id).toSorted()]);
  expect(groupExports([], 2)).toEqual([]);
});
