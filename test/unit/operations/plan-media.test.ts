import { expect, test } from 'vitest';
import { planMedia, type Medium } from '../../../src/operations/plan-media.ts';

const KIB = 1024;

function medium(path: string, freeBlocks: number, fields: Partial<Medium> = {}): Medium {
  const blockBytes = KIB;
  const device = Number.parseInt(path, 36);
  return { path, device, freeBytes: freeBlocks * KIB, blockBytes, present: new Map(), ...fields };
}

const tables = [{ name: 'bundle.json', path: 'k/bundle.json', size: 10 }];
const volumes = [1, 2, 3, 4].map((number) => ({
  name: `bundle.tar.00${number}`,
  path: `k/bundle.tar.00${number}`,
  size: 10 * KIB - 1,
}));

function shared(media: readonly Medium[]): [string, number][] {
  return planMedia({ tables, volumes }, media).map((plan) => [
    plan.medium.path,
    plan.volumes.length,
  ]);
}

test('each medium gets a run of volumes, and the tables beside it', () => {
  expect(shared([medium('a', 25), medium('b', 14), medium('c', 99)])).toEqual([
    ['a', 2],
    ['c', 2],
  ]);
  expect(shared([medium('a', 45), medium('b', 45)])).toEqual([['a', 4]]);
});

test('folders of one file system share its room', () => {
  const media = ['a', 'b'].map((path) => medium(path, 35, { device: 7 }));
  expect(() => shared(media)).toThrow(expect.objectContaining({ code: 'NO_SPACE' }));
});

test('what is there already needs no room', () => {
  const present = new Map(
    [...tables, ...volumes.slice(0, 2)].map(({ name, size }) => [name, size]),
  );
  expect(shared([medium('a', 4, { present }), medium('b', 30)])).toEqual([
    ['a', 2],
    ['b', 2],
  ]);
});

test('a volume that is too large for the file system is refused, not put elsewhere', () => {
  const media = [medium('a', 99, { maxFileBytes: 9 * KIB }), medium('b', 99)];
  expect(() => shared(media)).toThrow(expect.objectContaining({ code: 'UNSUPPORTED' }));
});
