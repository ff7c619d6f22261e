import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  formatInventory,
  INVENTORY_MEDIA_TYPE,
  parseInventory,
  type Inventory,
} from '../../../src/inventory/inventory-file.ts';
import { digestOf } from '../../../src/oci/digest.ts';

const digest = fc.nat(50).map((seed) => digestOf(Buffer.from(`${seed}`)));
const digests = fc.array(digest).map((found) => new Set(found));
const inventories: fc.Arbitrary<Inventory> = fc.record({
  target: fc.string(),
  images: fc.array(fc.record({ reference: fc.string(), id: digest })),
  blobs: digests,
  chainIds: digests,
  diffIds: digests,
  platform: fc.constantFrom(undefined, { os: 'linux', architecture: 'arm64', variant: 'v8' }),
});

const empty = { target: 'docker', images: [], blobs: [], chainIDs: [], diffIDs: [] };

describe('an inventory', () => {
  test('is read as it was written', () => {
    fc.assert(
      fc.property(inventories, fc.boolean(), ({ platform, ...held }, needsBlobs) => {
        const inventory = {
          ...held,
          ...(platform && { platform }),
          ...(needsBlobs && { needsBlobs }),
        };
        const read = parseInventory(formatInventory(inventory), 'x');
        expect(formatInventory(read)).toEqual(formatInventory(inventory));
        expect(read.images).toEqual(inventory.images);
        expect(read.blobs).toEqual(inventory.blobs);
        expect(read.needsBlobs).toBe(needsBlobs ? true : undefined);
      }),
    );
  });

  test('has the same bytes whatever order things were found in', () => {
    fc.assert(
      fc.property(fc.array(digest), (found) => {
        const written = (order: typeof found): Uint8Array =>
          formatInventory({
            ...empty,
            blobs: new Set(order),
            chainIds: new Set(order),
            diffIds: new Set(order),
          });
        expect(written(found)).toEqual(written(found.toReversed()));
      }),
    );
  });

  test.each([
    ['of another format', { ...empty, mediaType: 'application/json' }, 'UNSUPPORTED'],
    ['with an unknown member', { ...empty, base: 1 }, 'CONTENT_INVALID'],
    ['with a digest that is none', { ...empty, blobs: ['sha256:12'] }, 'CONTENT_INVALID'],
    ['without its names', { ...empty, images: undefined }, 'CONTENT_INVALID'],
    ['with a need that is none', { ...empty, needsBlobs: 'yes' }, 'CONTENT_INVALID'],
    ['with an ID that is none', { ...empty, images: [{ reference: 'a' }] }, 'CONTENT_INVALID'],
  ])('%s is refused', (_, document, code) => {
    const bytes = Buffer.from(JSON.stringify({ mediaType: INVENTORY_MEDIA_TYPE, ...document }));
    expect(() => parseInventory(bytes, 'x')).toThrow(expect.objectContaining({ code }));
  });
});
