/**
 * What goes wrong between registries, through whole commands: each either succeeds or ends with its code, and no
 * credential is in anything that is printed or written. What goes on for ever is in the unit tests, whose clock does
 * not wait.
 */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { useTempFolder } from '../support/temp-folder.ts';
import {
  startTestRegistry,
  TEST_LOGIN,
  type RegistrySwitches,
  type TestRegistry,
} from '../support/test-registry.ts';
import { airkit, documentOf, type Outcome } from './support/run-airkit.ts';
import {
  demoBundle,
  makeSite,
  multiPlatformRoot,
  rootOf,
  writeBundles,
  type Site,
} from './support/site.ts';

const folder = useTempFolder();
const { username, password } = TEST_LOGIN;
const SECRETS = [
  password,
  encodeURIComponent(password),
  Buffer.from(`${username}:${password}`).toString('base64'),
  'verysecret',
  's1gnature',
];

interface World extends AsyncDisposable {
  readonly site: Site;
  readonly registry: TestRegistry;
  /** Runs a command with the login of the test registry, and looks for secrets in what it leaves. */
  run(...args: string[]): Promise<Outcome>;
}

async function makeWorld(switches: RegistrySwitches, include = ['acme/*:*']): Promise<World> {
  const registry = await startTestRegistry(switches);
  registry.put('acme/api', '1', await multiPlatformRoot('acme/api:1', ['amd64', 'arm64']));
  registry.put('acme/tools', '2', await rootOf({ names: ['acme/tools:2'], layers: [1, 2] }));
  const site = await makeSite(await folder.fresh());
  const images = [{ from: `registry://${registry.host}`, include }];
  await writeBundles(site.path('bundles.yaml'), [demoBundle({ images })]);
  const env = await loginTo(registry.host);
  return {
    site,
    registry,
    run: async (...args) => {
      const outcome = await airkit(site, args, { env });
      expectNoSecrets(Buffer.from(outcome.stdout), 'stdout');
      expectNoSecrets(Buffer.from(outcome.stderr), 'stderr');
      await expectNoSecretsBelow(site.folder);
      return outcome;
    },
    [Symbol.asyncDispose]: async () => registry.stop(),
  };
}

/** Docker's file, in a folder that is not looked through. */
async function loginTo(host: string): Promise<Record<string, string>> {
  const path = await folder.fresh();
  await writeFile(join(path, 'config.json'), JSON.stringify({ auths: { [host]: TEST_LOGIN } }));
  return { DOCKER_CONFIG: path };
}

function expectNoSecrets(bytes: Buffer, where: string): void {
  const shown = SECRETS.filter((secret) => bytes.includes(secret));
  expect([where, shown]).toEqual([where, []]);
}

/** Kit, cache, receipts: every file of the site. */
async function expectNoSecretsBelow(path: string): Promise<void> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  for (const entry of entries.filter((one) => one.isFile())) {
    const file = join(entry.parentPath, entry.name);
    expectNoSecrets(await readFile(file), file);
  }
}

const packing = ['pack', '--key', 'env:RELEASE_KEY', '--json'];
const LITERAL = ['acme/api:1', 'acme/tools:2'];

describe('pack from a registry that', () => {
  const survives: Record<string, RegistrySwitches> = {
    'wants Basic': { auth: 'basic' },
    'wants Bearer': { auth: 'bearer' },
    'wants Bearer and redirects blobs to another host': { auth: 'bearer', redirectBlobs: true },
    'answers 429 with Retry-After': { auth: 'basic', tooMany: { count: 2, retryAfter: '1' } },
    'resets blobs': { auth: 'basic', cut: { count: 2, after: 100, kind: 'reset' } },
    'cuts blobs off': { auth: 'bearer', cut: { count: 1, after: 50, kind: 'short' } },
    'answers 500 once': { auth: 'basic', fail: { count: 1, method: 'GET' } },
    'knows no HEAD and no Range': { auth: 'bearer', noHead: true, noRange: true },
    'gives its lists in pages': { auth: 'bearer', pageSize: 1 },
  };

  test.each(Object.entries(survives))('%s', async (_, switches) => {
    await using world = await makeWorld(switches);
    const outcome = await world.run(...packing);
    expect({ code: outcome.code, stderr: outcome.stderr }).toMatchObject({ code: 0 });
    const verified = await world.run('verify', 'kit', '--trust', 'release.pub', '--deep');
    expect(verified.code).toBe(0);
    const elsewhere = world.registry.seen.filter(({ atSecond }) => atSecond);
    expect(elsewhere.length > 0).toBe(switches.redirectBlobs === true);
    expect(elsewhere.filter(({ headers }) => headers.authorization !== undefined)).toEqual([]);
  });

  const fails: Record<string, [RegistrySwitches, exit: number, code: string, include?: string[]]> =
    {
      'serves other bytes': [{ auth: 'basic', wrongDigest: 'bytes' }, 3, 'DIGEST_MISMATCH'],
      'tells another digest': [
        { auth: 'basic', wrongDigest: 'header', noHead: true },
        3,
        'DIGEST_MISMATCH',
      ],
      'asks for a day of patience': [
        { auth: 'basic', tooMany: { count: 1e9, retryAfter: '86400' } },
        3,
        'SOURCE_FAILED',
      ],
      'refuses its catalog': [{ refuseCatalog: true }, 2, 'UNSUPPORTED', ['*']],
      'wants another login': [{ auth: 'bearer', refreshToken: 'other' }, 3, 'SOURCE_FAILED'],
    };

  test.each(Object.entries(fails))('%s', async (_, [switches, exit, code, include = LITERAL]) => {
    await using world = await makeWorld(switches, include);
    const outcome = await world.run(...packing);
    const { error } = documentOf(outcome);
    expect([outcome.code, error?.code]).toEqual([exit, code]);
    expect(await readdir(world.site.folder)).not.toContain('kit');
  });

  test('refuses a login tells people so, without it', async () => {
    await using world = await makeWorld({ auth: 'bearer', refreshToken: 'other' }, LITERAL);
    const outcome = await world.run('pack', '--key', 'env:RELEASE_KEY');
    expect(outcome.code).toBe(3);
    expect(outcome.stderr).toContain(world.registry.host);
  });
});

function blobsAskedOf({ seen }: TestRegistry): string[] {
  return seen.map(({ path }) => path).filter((path) => path.includes('/blobs/'));
}

test('pack with a mirror that has every blob wrong takes them from the registry, and says so', async () => {
  await using world = await makeWorld({}, LITERAL);
  await using damaged = await makeWorld({ wrongDigest: 'blobs' });
  const { site, registry } = world;
  const mirrors = { registries: { [registry.host]: { mirrors: [damaged.registry.host] } } };
  await mkdir(site.path('config/airkit'), { recursive: true });
  await writeFile(site.path('config/airkit/registries.yaml'), JSON.stringify(mirrors));
  const env = { XDG_CONFIG_HOME: site.path('config') };
  const { code, stderr } = await airkit(site, packing, { env });
  expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.stringContaining('elsewhere') });
  expect((await world.run('verify', 'kit', '--trust', 'release.pub', '--deep')).code).toBe(0);
  expect(new Set(blobsAskedOf(registry))).toEqual(new Set(blobsAskedOf(damaged.registry)));
});

describe('load into a registry that', () => {
  const rows: Record<string, [RegistrySwitches, exit: number]> = {
    'wants Bearer': [{ auth: 'bearer' }, 0],
    'answers 429 and 500': [
      { auth: 'basic', tooMany: { count: 1, retryAfter: '1' }, fail: { count: 1, method: 'PUT' } },
      0,
    ],
    'breaks uploads': [{ auth: 'basic', breakUploads: { count: 2, after: 50, keeps: true } }, 0],
    'wants another login': [{ auth: 'bearer', refreshToken: 'other' }, 3],
  };

  test.each(Object.entries(rows))('%s', async (_, [switches, exit]) => {
    await using world = await makeWorld(switches);
    await using source = await startedSource(world.site);
    expect((await world.run('pack', 'own.yaml', '--key', 'env:RELEASE_KEY')).code).toBe(0);
    const to = ['--to', `registry://${world.registry.host}/site`, '--receipt', 'receipt.json'];
    const outcome = await world.run('load', 'kit', '--trust', 'release.pub', ...to, '--json');
    expect({ code: outcome.code, stdout: outcome.stdout }).toMatchObject({ code: exit });
    expect(source.registry.seen.length).toBeGreaterThan(0);
  });
});

/** An open registry with an image, and `own.yaml` that packs it. */
async function startedSource(site: Site): Promise<AsyncDisposable & { registry: TestRegistry }> {
  const registry = await startTestRegistry();
  registry.put('acme/app', '1', await rootOf({ names: ['acme/app:1'], layers: [1, 5] }));
  const images = [{ from: 'registry', include: [`${registry.host}/acme/app:1`] }];
  await writeBundles(site.path('own.yaml'), [demoBundle({ images })]);
  return { registry, [Symbol.asyncDispose]: async () => registry.stop() };
}
