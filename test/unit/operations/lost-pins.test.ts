import { expect, it } from 'vitest';
import { lostPins } from '../../../src/operations/lost-pins.ts';
import type { LoadResult } from '../../../src/operations/load-results.ts';
import { digestOf } from '../../../src/oci/digest.ts';

const root = { mediaType: 'x', digest: digestOf('root'), size: 4 };

interface Case {
  readonly from: string;
  readonly result: Partial<LoadResult>;
  readonly codes: readonly string[];
}

function lostBy({ from, result }: Case): string[] {
  const reference = 'docker.io/library/redis:7';
  const image = {
    reference,
    original: reference,
    root,
    from,
    pattern: '*',
    manifests: [],
    referrers: [],
  };
  const index = {
    mediaType: 'application/vnd.airkit.bundle.index.v1+json',
    name: 'demo',
    version: '1',
    tool: { name: 'airkit', version: '0', encoder: 'none' },
    images: [image],
    members: [],
    absent: [],
  } as const;
  const results: LoadResult[] = [{ target: 'docker', reference, status: 'loaded', ...result }];
  return lostPins(index, results).map(({ code }) => code);
}

const config = digestOf('config');

it.each<[string, Case]>([
  [
    'of a registry, kept by another ID',
    { from: 'registry', result: { after: config }, codes: ['PIN_LOST'] },
  ],
  [
    'of a registry, renamed',
    {
      from: 'registry://a.b',
      result: { reference: 'x.y/z:1', original: 'docker.io/library/redis:7', after: config },
      codes: ['PIN_LOST'],
    },
  ],
  [
    'of a registry, kept by its root',
    { from: 'registry', result: { after: root.digest }, codes: [] },
  ],
  ['of a registry, that failed', { from: 'registry', result: { status: 'failed' }, codes: [] }],
  ['of an engine', { from: 'docker', result: { after: config }, codes: [] }],
])('a pin %s', (_, one) => {
  expect(lostBy(one)).toEqual(one.codes);
});
