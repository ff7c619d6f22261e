/** Large blobs over lines that break. */
import { describe, expect, it } from 'vitest';
import { digestOf } from '../../../src/oci/digest.ts';
import { openRegistryTarget } from '../../../src/transports/registry/target.ts';
import { buildImage, makeNoise, manifestRoot } from '../../support/image-builder.ts';
import type { RegistrySwitches, TestRegistry } from '../../support/test-registry.ts';
import { accessOf, loggedIn, startRegistry, targetImage } from './registry-world.ts';

const SIZE = 20_000_000;
const CHUNK = 8 * 1024 * 1024;
const LARGE = Buffer.alloc(SIZE, makeNoise(4099, 3));

interface Pushed {
  readonly registry: TestRegistry;
  readonly status: string | undefined;
  readonly waits: readonly number[];
  readonly bytes: number;
}

/** Pushes an image with one layer of SIZE bytes. */
async function push(switches: RegistrySwitches): Promise<Pushed> {
  const registry = await startRegistry(switches);
  const image = await buildImage({ layers: [1] });
  const layers = image.layers.map((layer) => ({ ...layer, gzip: LARGE }));
  const access = accessOf({ environment: await loggedIn(registry.host) });
  await using target = await openRegistryTarget({ ...access, host: registry.host });
  let bytes = 0;
  const { results } = await target.load(
    [await targetImage('a/x:1', manifestRoot({ ...image, layers }))],
    { onProgress: (event) => void (bytes += event.kind === 'bytes' ? event.bytes : 0) },
  );
  const status = results[0]?.status;
  const holds = registry.repositories.get('a/x')?.blobs.has(digestOf(LARGE)) === true;
  expect(holds).toBe(status === 'loaded');
  return { registry, status, waits: access.timing.waits, bytes };
}

/** First bytes of the PATCHes. */
function starts({ registry }: Pushed): number[] {
  return registry.seen
    .filter(({ method }) => method === 'PATCH')
    .map(({ headers }) => Number(headers['content-range']?.split('-')[0]));
}

const begun = ({ registry }: Pushed): number =>
  registry.seen.filter(({ path, method }) => method === 'POST' && path.endsWith('/uploads/'))
    .length;

describe('a large blob', () => {
  it('goes in chunks; small ones go in one piece', async () => {
    const pushed = await push({});
    expect(pushed.status).toBe('loaded');
    expect(starts(pushed)).toEqual([0, CHUNK, 2 * CHUNK]);
    expect(begun(pushed)).toBe(2);
  });

  it('goes in chunks of the least length that the registry asks for', async () => {
    const pushed = await push({ chunkMinLength: 9_000_000 });
    expect(starts(pushed).filter((start) => start > 0)).toEqual([9_000_000, 18_000_000]);
  });

  it('goes on at the byte that the registry has', async () => {
    const pushed = await push({ breakUploads: { count: 2, after: 5_000_000, keeps: true } });
    expect(pushed.status).toBe('loaded');
    expect(starts(pushed)).toEqual([0, 5_000_000, 10_000_000, 10_000_000 + CHUNK]);
    expect(begun(pushed)).toBe(2);
    expect(pushed.waits).toEqual([500, 500]);
  });

  it('loses one chunk only where the registry keeps no part of one', async () => {
    const pushed = await push({ breakUploads: { count: 1, after: 5_000_000, keeps: false } });
    expect(pushed.status).toBe('loaded');
    expect(begun(pushed)).toBe(2);
    expect(starts(pushed)).toEqual([0, 0, CHUNK, 2 * CHUNK]);
  });

  it('is sent on after 416, at the place that the registry tells', async () => {
    const pushed = await push({ loseByte: { count: 1 } });
    expect(pushed.status).toBe('loaded');
    expect(starts(pushed)).toEqual([0, CHUNK, CHUNK - 1, 2 * CHUNK - 1]);
    expect(begun(pushed)).toBe(2);
  });

  it('waits as long as the registry asks for', async () => {
    const tooMany = { count: 2, retryAfter: '7', method: 'PATCH' };
    const pushed = await push({ tooMany });
    expect(pushed.status).toBe('loaded');
    expect(pushed.waits).toEqual([7000, 7000]);
    expect(starts(pushed)).toEqual([0, 0, 0, CHUNK, 2 * CHUNK]);
  });

  it('begins anew when the registry has forgotten it', async () => {
    const pushed = await push({
      breakUploads: { count: 1, after: 5_000_000, keeps: true },
      forgetUploads: { count: 1 },
      relativeLocation: true,
    });
    expect(pushed.status).toBe('loaded');
    expect(begun(pushed)).toBe(3);
  });

  it('goes in one piece where the registry takes no chunks', async () => {
    const pushed = await push({ refuseChunks: true });
    expect(pushed.status).toBe('loaded');
    const pieces = pushed.registry.seen.filter(
      ({ method, headers }) => method === 'PUT' && headers['content-length'] === String(SIZE),
    );
    expect(pieces).toHaveLength(1);
  });

  it('is not sent again when only the last answer got lost', async () => {
    const pushed = await push({ loseAnswers: { count: 2 } });
    expect(pushed.status).toBe('loaded');
    expect(starts(pushed)).toEqual([0, CHUNK, 2 * CHUNK]);
  });

  it('survives tokens that run out', async () => {
    const pushed = await push({
      auth: 'bearer',
      breakUploads: { count: 1, after: 5_000_000, keeps: true },
    });
    expect(pushed.status).toBe('loaded');
  });

  it('is given up when nothing gets through, however often it is tried', async () => {
    const pushed = await push({ breakUploads: { count: 1e9, after: 0, keeps: true } });
    expect(pushed.status).toBe('failed');
    expect(starts(pushed).length).toBeLessThan(50);
  });
});
