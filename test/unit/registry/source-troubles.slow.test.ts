import { describe, expect, it } from 'vitest';
import { isAirkitError } from '../../../src/errors.ts';
import { openRegistrySource } from '../../../src/transports/registry/source.ts';
import type { RegistrySwitches } from '../../support/test-registry.ts';
import {
  accessOf,
  everythingIn,
  expectNoSecrets,
  failureOf,
  loggedIn,
  startRegistry,
} from './registry-world.ts';

import { filled, open, paths, readAll } from './filled-registry.ts';

describe('a registry that', () => {
  const survives: Record<string, RegistrySwitches> = {
    'redirects blobs to another host': { redirectBlobs: true },
    'answers 429 with seconds': { tooMany: { count: 3, retryAfter: '7' } },
    'answers 429 with a date': {
      tooMany: { count: 1, retryAfter: 'Thu, 01 Jan 2026 00:00:30 GMT' },
    },
    'answers 500 once': { fail: { count: 1, method: 'GET' } },
    'resets blobs': { cut: { count: 4, after: 100, kind: 'reset' } },
    'resets blobs without Range': { cut: { count: 4, after: 100, kind: 'reset' }, noRange: true },
    'resets blobs and answers another Range': {
      cut: { count: 2, after: 100, kind: 'reset' },
      wrongRange: true,
    },
    'cuts blobs off': { cut: { count: 2, after: 50, kind: 'short' } },
    'knows no HEAD': { noHead: true },
    'wants Basic': { auth: 'basic' },
    'wants Bearer': { auth: 'bearer' },
    'wants Bearer, redirects and resets': {
      auth: 'bearer',
      redirectBlobs: true,
      cut: { count: 3, after: 99, kind: 'reset' },
    },
    'wants tokens by POST': { auth: 'bearer', refreshToken: 'r3fresh' },
  };

  it.each(Object.entries(survives))('%s is read', async (_, switches) => {
    const registry = await filled(switches);
    const entry =
      switches.refreshToken === undefined ? undefined : { identitytoken: switches.refreshToken };
    const environment = await loggedIn(registry.host, entry);
    await using source = await open(registry, ['acme/*:*'], { environment });
    expect(await readAll(source)).toBeGreaterThan(10);
    const elsewhere = registry.seen.filter(({ atSecond }) => atSecond);
    expect(elsewhere.length > 0).toBe(switches.redirectBlobs === true);
    expect(elsewhere.filter(({ headers }) => headers.authorization !== undefined)).toEqual([]);
    if (switches.cut !== undefined && switches.noRange !== true)
      expect(registry.seen.some(({ headers }) => headers.range !== undefined)).toBe(true);
  });

  const fails: Record<string, { switches: RegistrySwitches; code: string }> = {
    'serves other bytes': { switches: { wrongDigest: 'bytes' }, code: 'DIGEST_MISMATCH' },
    'tells another digest': {
      switches: { wrongDigest: 'header', noHead: true },
      code: 'DIGEST_MISMATCH',
    },
    'cuts blobs off for ever': {
      switches: { cut: { count: 999, after: 50, kind: 'short' } },
      code: 'SIZE_MISMATCH',
    },
    'resets blobs at once for ever': {
      switches: { cut: { count: 999, after: 0, kind: 'reset' } },
      code: 'SOURCE_FAILED',
    },
    'is broken for ever': {
      switches: { fail: { count: 999, method: 'GET' } },
      code: 'SOURCE_FAILED',
    },
    'asks for an endless wait': {
      switches: { tooMany: { count: 99, retryAfter: '86400' } },
      code: 'SOURCE_FAILED',
    },
    'wants Bearer of another user': {
      switches: { auth: 'bearer', refreshToken: 'other' },
      code: 'SOURCE_FAILED',
    },
  };

  it.each(Object.entries(fails))(
    '%s fails with its code and no secret',
    async (_, { switches, code }) => {
      const registry = await filled({ redirectBlobs: true, auth: 'basic', ...switches });
      const environment = await loggedIn(registry.host);
      await using source = await open(registry, ['kube/proxy:latest'], { environment });
      const error = await failureOf(readAll(source));
      expect(error).toMatchObject({ code });
      expectNoSecrets(everythingIn(error));
    },
  );

  it('wants a login that nobody has says so', async () => {
    for (const auth of ['basic', 'bearer'] as const) {
      const registry = await filled({ auth });
      await using source = await open(registry, ['kube/proxy:latest']);
      const error = {
        code: 'SOURCE_FAILED',
        hint: expect.stringContaining(`docker login ${registry.host}`),
        context: { host: registry.host, status: 401 },
      };
      const failure = { name: `${registry.host}/kube/proxy:latest`, error };
      expect((await source.list()).failures).toMatchObject([failure]);
    }
  });

  it.each<[string, RegistrySwitches, code: string]>([
    ['refuses the login by Basic', { auth: 'basic' }, 'SOURCE_FAILED'],
    ['refuses the login at its token server', { auth: 'bearer' }, 'SOURCE_FAILED'],
    ['has a problem of its own', { fail: { count: 999, method: 'GET' } }, 'SOURCE_FAILED'],
    ['lists for nobody', { refuseCatalog: true }, 'UNSUPPORTED'],
  ])('%s gives no catalog, and says why', async (_, switches, code) => {
    const registry = await filled(switches);
    const environment = await loggedIn(registry.host, {
      username: 'robot',
      password: 'wr0ng/+one',
    });
    await using source = await open(registry, ['*'], { environment });
    const error = await failureOf(source.list());
    expect(error).toMatchObject({ code });
    expect(everythingIn(error)).not.toContain('wr0ng');
    const { hint = '' } = isAirkitError(error) ? error : {};
    expect(hint.includes('login that is kept')).toBe(switches.auth !== undefined);
    expect(hint.includes('"include"')).toBe(switches.fail === undefined);
  });

  it('lists for nobody says so to those who are logged in, too', async () => {
    const registry = await filled({ refuseCatalog: true, auth: 'bearer' });
    const environment = await loggedIn(registry.host);
    await using source = await open(registry, ['*'], { environment });
    await expect(source.list()).rejects.toMatchObject({ code: 'UNSUPPORTED' });
  });

  it('refuses one name still lists the others, and tells which patterns are not answered', async () => {
    const registry = await filled({ forbidden: 'acme/api' });
    const include = ['{acme/api,kube/proxy}:latest', 'acme/api:*', 'kube/*:v1.30.0', 'acme/tools'];
    await using source = await open(registry, include);
    const { images, failures = [] } = await source.list();
    expect(images.map(({ reference }) => reference.tag)).toEqual(
      expect.arrayContaining(['2', 'latest', 'v1.30.0']),
    );
    const asking = failures.flatMap(({ patterns }) => patterns);
    expect(asking).toEqual(expect.arrayContaining(include.slice(0, 2)));
    expect(asking).not.toContain('acme/tools');
  });

  it('is down is not asked for ever', async () => {
    const registry = await filled({ fail: { count: 9999, method: 'HEAD' } });
    const include = Array.from({ length: 200 }, (_, number) => `kube/proxy:v${number}`);
    await using source = await open(registry, include);
    const { failures = [] } = await source.list();
    expect(failures).toHaveLength(200);
    const asked = paths(registry).filter((path) => path.startsWith('HEAD'));
    // Four at once are patient, six tries each, before anything is known; then one try each, ten requests in all.
    expect(asked.length).toBeLessThan(50);
    expect(failures.at(-1)?.error.context).toMatchObject({ unreachable: registry.host });
    registry.switches.fail = undefined;
    await using later = await open(registry, ['kube/proxy:latest']);
    expect(await readAll(later)).toBeGreaterThan(0);
  });

  it('can have no address is a mistake in its name', async () => {
    const request = { ...accessOf(), include: ['127.0.0.1:99999/a:1'] };
    await using source = await openRegistrySource(request);
    await expect(source.list()).rejects.toMatchObject({ code: 'USAGE' });
  });

  it('is not there fails at once', async () => {
    const registry = await filled();
    await registry.stop();
    await expect(open(registry, ['a:1'])).rejects.toMatchObject({ code: 'SOURCE_FAILED' });
  });
});

describe('settings', () => {
  it('renew tokens that ran out, and ask once for many requests', async () => {
    const registry = await filled({ auth: 'bearer', expiresIn: 60 });
    const access = accessOf({ environment: await loggedIn(registry.host) });
    await using source = await openRegistrySource({
      ...access,
      host: registry.host,
      include: ['acme/api:1.4'],
    });
    await readAll(source, { concurrency: 8 });
    const tokens = (): number => registry.seen.filter(({ path }) => path === '/token').length;
    expect(tokens()).toBe(1);
    await access.timing.sleep(59_000);
    await (
      await source.resolve((await source.list()).images)
    )[0]?.content.has({ mediaType: 'x', digest: registry.roots[0]!.descriptor.digest, size: 1 });
    expect(tokens()).toBe(2);
  });

  it('ask mirrors first, and the host for what they lack', async () => {
    const registry = await filled();
    const mirror = await startRegistry();
    mirror.put('cache/acme/tools', '2', registry.roots[0]!);
    const settings = {
      [registry.host]: { mirrors: ['127.0.0.1:1', `${mirror.host}/cache`], plainHttp: false },
    };
    await using source = await open(registry, ['acme/tools:2', 'acme/api:1.4'], { settings });
    await readAll(source);
    const from = paths(registry).filter((path) => path.includes('acme/tools'));
    expect(from).toEqual([]);
    expect(paths(registry)).toContain('HEAD /v2/acme/api/manifests/1.4');
  });

  it('limit GETs of manifests', async () => {
    const registry = await filled();
    const settings = {
      [registry.host]: { mirrors: [], plainHttp: false, rateLimit: { requests: 2, seconds: 60 } },
    };
    const access = accessOf({ settings });
    const warnings: string[] = [];
    await using source = await openRegistrySource({
      ...access,
      host: registry.host,
      include: ['acme/api:1.4'],
    });
    await source.describe((await source.list()).images, {
      onProgress: (event) => {
        if (event.kind === 'warning') warnings.push(event.message);
      },
    });
    // Five documents: two at once, two a minute later, one after another minute.
    expect(access.timing.waits).toEqual([60_000, 60_000]);
    expect(warnings).toHaveLength(2);
  });

  it('stop with the reason of the signal', async () => {
    const registry = await filled({ fail: { count: 99, method: 'GET' } });
    const stop = new AbortController();
    const reason = new Error('stopped by the test');
    const timing = { ...accessOf().timing, sleep: async () => stop.abort(reason) };
    await using source = await openRegistrySource({
      ...accessOf(),
      timing,
      host: registry.host,
      include: ['acme/*'],
    });
    await expect(source.list({ signal: stop.signal })).rejects.toBe(reason);
  });
});
