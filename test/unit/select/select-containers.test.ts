import { describe, expect, it } from 'vitest';
import { nameSnapshot } from '../../../src/select/name-snapshot.ts';
import { selectContainers } from '../../../src/select/select-containers.ts';
import type { ContainerSelector } from '../../../src/spec/bundles-file.ts';

const container = (name: string, id: string, labels: Record<string, string> = {}) => ({
  id: id.padEnd(64, '0'),
  name,
  labels,
});
const offered = [
  container('web-1', 'abcdef12', { tier: 'core' }),
  container('web-2', 'abcdef34'),
  container('abcdef', '99'),
  container('db', 'db0000000000'),
];
const selector = (fields: Partial<ContainerSelector>): ContainerSelector => ({
  from: { transport: 'docker' },
  text: 'docker',
  include: ['*'],
  exclude: [],
  labels: {},
  optional: false,
  changes: [],
  keepConfig: true,
  position: { file: 'bundles.yaml', line: 3, column: 7 },
  ...fields,
});
const chosen = (fields: Partial<ContainerSelector>): string[] =>
  selectContainers(offered, selector(fields)).chosen.map((one) => one.container.name);

describe('selectors of containers', () => {
  it('match names, with and without the slash, and IDs', () => {
    expect(chosen({ include: ['web-*'] })).toEqual(['web-1', 'web-2']);
    expect(chosen({ include: ['/web-?'], exclude: ['*2'] })).toEqual(['web-1']);
    expect(chosen({ include: ['abcdef120000'] })).toEqual(['web-1']);
    expect(chosen({ include: ['abcdef1'] })).toEqual(['web-1']);
    expect(chosen({ include: ['abcdef1*'] })).toEqual(['web-1']);
    expect(chosen({ labels: { tier: 'core' } })).toEqual(['web-1']);
  });

  it('take what is a name for the name, and few digits for a word', () => {
    expect(chosen({ include: ['abcdef'] })).toEqual(['abcdef']);
    expect(chosen({ include: ['db'] })).toEqual(['db']);
    expect(chosen({ include: ['99'], optional: true })).toEqual([]);
  });

  it('tell of each pattern that chooses nothing, unless they are optional', () => {
    const fields = { include: ['web-*', 'nope', 'db'], exclude: ['db'] };
    const { unused } = selectContainers(offered, selector(fields));
    expect(unused.map(({ pattern, error }) => [pattern, error.code])).toEqual([
      ['nope', 'NO_MATCH'],
      ['db', 'NO_MATCH'],
    ]);
    expect(selectContainers(offered, selector({ ...fields, optional: true })).unused).toEqual([]);
  });
});

describe('names of snapshots', () => {
  const [web] = [container('web-1', 'abcdef12')];
  const created = '2026-11-21T23:59:59Z';

  it('hold the name, twelve digits of the ID and the day', () => {
    expect(nameSnapshot(web, { as: 'snaps/{name}-{id}:{date}', created })).toMatchObject({
      repository: 'snaps/web-1-abcdef120000',
      tag: '20261121',
    });
    expect(nameSnapshot(web, { as: 'snaps/{name}', created: undefined }).tag).toBe('latest');
  });

  it('are refused without a day to name, and where no image can be called so', () => {
    expect(() => nameSnapshot(web, { as: 'a:{date}', created: undefined })).toThrow(
      expect.objectContaining({ code: 'USAGE' }),
    );
    const upper = { ...web, name: 'Web' };
    expect(() => nameSnapshot(upper, { as: '{name}:1', created })).toThrow(
      expect.objectContaining({ code: 'REFERENCE_INVALID' }),
    );
    expect(nameSnapshot(upper, { as: 'web:{name}', created }).tag).toBe('Web');
  });
});
