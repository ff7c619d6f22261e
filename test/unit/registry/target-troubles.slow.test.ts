import { describe, expect, it } from 'vitest';
import { missingBlob } from '../../../src/content/blob-folder.ts';
import type { RegistrySwitches } from '../../support/test-registry.ts';
import {
  everythingIn,
  expectNoSecrets,
  failureOf,
  loggedIn,
  startRegistry,
  targetImage,
} from './registry-world.ts';

import { multi, open, single } from './pushed-images.ts';

describe('a registry that', () => {
  const survives: Record<string, RegistrySwitches> = {
    'has relative locations with a query': { relativeLocation: true },
    'asks for chunks': { chunkMinLength: 1000, relativeLocation: true },
    'refuses blobs in one piece': { refuseMonolith: true },
    'answers 500 to uploads': { fail: { count: 2, method: 'PUT' } },
    'answers 500 to beginnings': { fail: { count: 2, method: 'POST' } },
    'answers 429': { tooMany: { count: 4, retryAfter: '3' } },
    'wants Basic': { auth: 'basic' },
    'wants Bearer': { auth: 'bearer' },
  };

  it.each(Object.entries(survives))('%s is written', async (_, switches) => {
    const registry = await startRegistry(switches);
    await using target = await open(registry, { environment: await loggedIn(registry.host) });
    const image = await targetImage('ghcr.io/acme/api:1', await multi());
    expect(await target.load([image])).toMatchObject({
      results: [{ status: 'loaded', after: image.root.digest }],
    });
    if (switches.chunkMinLength !== undefined || switches.refuseMonolith === true)
      expect(registry.seen.some(({ method }) => method === 'PATCH')).toBe(true);
  });

  it('lacks a project fails for its images only, and says which project', async () => {
    const registry = await startRegistry({ missingProject: 'acme' });
    await using target = await open(registry);
    const images = [
      await targetImage('ghcr.io/acme/api:1', await single(1)),
      await targetImage('redis:7', await single(2)),
    ];
    const { results } = await target.load(images);
    expect(results.map(({ status }) => status)).toEqual(['failed', 'loaded']);
    expect(results[0]?.message).toContain('Make the project "acme"');
  });

  it('wants another login fails without a secret in it', async () => {
    const registry = await startRegistry({ auth: 'bearer', refreshToken: 'other' });
    await using target = await open(registry, { environment: await loggedIn(registry.host) });
    const image = await targetImage('redis:7', await single(2));
    const error = await failureOf(target.load([image]));
    expect(error).toMatchObject({ code: 'TARGET_FAILED' });
    expectNoSecrets(everythingIn(error));
  });

  it('is sent damaged content gets no tag', async () => {
    const registry = await startRegistry();
    await using target = await open(registry);
    const image = await targetImage('redis:7', await single(2));
    const content = {
      ...image.content,
      // oxlint-disable-next-line require-yield -- it fails when it is read
      fetch: async function* (...[wanted]: Parameters<typeof image.content.fetch>) {
        throw missingBlob(wanted, 'the test');
      },
    };
    await expect(target.load([{ ...image, content }])).rejects.toMatchObject({
      code: 'BLOB_MISSING',
    });
    expect(registry.repositories.get('library/redis')?.tags.size ?? 0).toBe(0);
  });
});
