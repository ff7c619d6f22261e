import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findCredential, type Credential } from '../../../src/transports/registry/credentials.ts';
import { proxyFor } from '../../../src/transports/registry/proxy.ts';
import { addSecret, redact } from '../../../src/transports/registry/redact.ts';
import { parseRetryAfter, retryDelay } from '../../../src/transports/registry/retry.ts';
import { fetchToken } from '../../../src/transports/registry/token.ts';
import { useTempFolder } from '../../support/temp-folder.ts';
import { everythingIn, fakeTiming } from './registry-world.ts';

const temporary = useTempFolder();
const auth = (text: string): string => Buffer.from(text).toString('base64');

async function writeJson(path: string, value: unknown): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, JSON.stringify(value));
}

async function homeWith(config: unknown): Promise<{ HOME: string; PATH: string }> {
  const home = await temporary.fresh();
  await writeJson(join(home, '.docker', 'config.json'), config);
  const helper = join(home, 'docker-credential-test');
  await writeFile(
    helper,
    '#!/bin/sh\nread -r server || true\ncase "$server" in\n' +
      'known.io) echo \'{"ServerURL":"known.io","Username":"u","Secret":"from-helper"}\';;\n' +
      'token.io) echo \'{"Username":"<token>","Secret":"refresh"}\';;\n' +
      'https://index.docker.io/v1/) echo \'{"Username":"hub","Secret":"p"}\';;\n' +
      'broken.io) exit 3;;\n*) echo "credentials not found in native keychain"; exit 1;;\nesac\n',
  );
  await chmod(helper, 0o755);
  return { HOME: home, PATH: [home, '/usr/bin', '/bin'].join(delimiter) };
}

describe('credentials', () => {
  it('come from docker’s config, whatever its keys look like', async () => {
    const environment = await homeWith({
      auths: {
        'https://index.docker.io/v1/': { auth: auth('hub:a:b') },
        'https://old.io/v1/': { auth: auth('old:p\0\0') },
        'plain.io:5000': { username: 'u', password: 'p' },
        'token.io': { auth: auth('x:'), identitytoken: 'refresh' },
        'empty.io': {},
      },
    });
    const of = async (host: string): Promise<unknown> =>
      (await findCredential({ host, environment })).credential;
    expect(await of('docker.io')).toMatchObject({ username: 'hub', password: 'a:b' });
    expect(await of('old.io')).toMatchObject({ username: 'old', password: 'p' });
    expect(await of('plain.io:5000')).toMatchObject({ username: 'u', password: 'p' });
    expect(await of('token.io')).toMatchObject({ identityToken: 'refresh' });
    expect(await of('empty.io')).toBeUndefined();
    expect(await of('plain.io')).toBeUndefined();
    expect(await of('toString')).toBeUndefined();
  });

  it('come from helpers before auths', async () => {
    const environment = await homeWith({
      credHelpers: { 'known.io': 'test', 'gone.io': 'missing' },
      credsStore: 'test',
      auths: {
        'known.io': { auth: auth('u:from-auths') },
        'other.io': { auth: auth('u:from-auths') },
      },
    });
    const of = async (host: string): Promise<unknown> => findCredential({ host, environment });
    expect(await of('known.io')).toEqual({
      credential: { username: 'u', password: 'from-helper' },
    });
    expect(await of('token.io')).toEqual({ credential: { identityToken: 'refresh' } });
    expect(await of('docker.io')).toEqual({ credential: { username: 'hub', password: 'p' } });
    expect(await of('other.io')).toMatchObject({ credential: { password: 'from-auths' } });
    expect(await of('unknown.io')).toEqual({});
    expect(await of('broken.io')).toEqual({
      problem: 'docker-credential-test failed with exit code 3',
    });
    expect(await of('gone.io')).toEqual({ problem: 'docker-credential-missing is not installed' });
  });

  it('come from podman’s files, the one that was named first', async () => {
    const environment = await homeWith({ auths: { 'a.io': { auth: auth('u:docker') } } });
    const folder = await temporary.fresh();
    await writeJson(join(folder, 'containers', 'auth.json'), {
      auths: { 'a.io': { auth: auth('u:podman') }, 'b.io': { auth: auth('u:podman') } },
    });
    await writeJson(join(folder, 'own.json'), { auths: { 'c.io': { auth: auth('u:own') } } });
    const all = {
      ...environment,
      XDG_RUNTIME_DIR: folder,
      REGISTRY_AUTH_FILE: join(folder, 'own.json'),
    };
    const of = async (host: string): Promise<unknown> =>
      (await findCredential({ host, environment: all })).credential?.password;
    expect(await Promise.all(['a.io', 'b.io', 'c.io', 'd.io'].map(of))).toEqual([
      'docker',
      'podman',
      'own',
      undefined,
    ]);
    expect(await findCredential({ host: 'a.io', environment: {} })).toEqual({});
  });

  it('that cannot be read are told without their text', async () => {
    const folder = await temporary.fresh();
    await writeFile(join(folder, 'config.json'), '{"auths": {"a.io": {"auth": verysecret}}}');
    const error: unknown = await findCredential({
      host: 'a.io',
      environment: { DOCKER_CONFIG: folder },
    }).catch((one: unknown) => one);
    expect(error).toMatchObject({ code: 'USAGE', context: { path: join(folder, 'config.json') } });
    expect(everythingIn(error)).not.toContain('verysecret');
  });
});

const request = async (realm: string, origin: string, credential?: Credential): Promise<unknown> =>
  fetchToken(
    {
      challenge: { scheme: 'bearer', parameters: new Map([['realm', realm]]) },
      scopes: [],
      credential,
      origin,
    },
    {
      timing: fakeTiming(),
      send: async () => {
        throw new Error('asked');
      },
      refused: async () => new Error('refused'),
      malformed: () => new Error('not asked'),
      mayBePlain: (host) => host === 'agreed.local',
    },
    {},
  );

describe('token servers', () => {
  it.each([
    ['https://auth.docker.io/token', 'https://registry-1.docker.io', 'asked'],
    ['http://127.0.0.1:1/token', 'http://127.0.0.1:5000', 'asked'],
    ['http://auth.x/token', 'https://x', 'not asked'],
    ['https://user@auth.x/token', 'https://x', 'not asked'],
    ['https://127.0.0.1/token', 'https://x', 'not asked'],
    ['http://169.254.169.254/latest', 'http://x', 'not asked'],
    ['https://[fe80::1]/token', 'https://x', 'not asked'],
    ['file:///etc/passwd', 'https://x', 'not asked'],
    ['/token', 'https://x', 'not asked'],
    ['https://0.0.0.0/token', 'https://x', 'not asked'],
    ['https://2130706433/token', 'https://x', 'not asked'],
    ['https://[::ffff:127.0.0.1]/token', 'https://x', 'not asked'],
    ['https://localhost./token', 'https://x', 'not asked'],
    ['https://a.localhost/token', 'https://x', 'not asked'],
    ['http://auth.x/token', 'http://x', 'asked'],
  ])('%s for %s is %s', async (realm, origin, expected) => {
    await expect(request(realm, origin)).rejects.toThrow(expected);
  });

  it.each([
    ['https://auth.y/token', 'http://x', 'asked'],
    ['http://x:81/token', 'http://x', 'asked'],
    ['http://agreed.local/token', 'http://x', 'asked'],
    ['http://auth.x/token', 'http://x', 'not asked'],
    ['http://127.0.0.2/token', 'http://127.0.0.1:5000', 'not asked'],
  ])('%s for %s is %s with a login', async (realm, origin, expected) => {
    const login = { username: 'u', password: 'p' };
    await expect(request(realm, origin, login)).rejects.toThrow(new RegExp(`^${expected}$`));
  });
});

describe('proxies', () => {
  const environment = {
    HTTPS_PROXY: 'http://proxy:3128',
    http_proxy: 'plain:8080',
    NO_PROXY: 'a.io, .b.io,*.c.io,10.0.0.0/8,d.io:5000,1.2.3.4',
  };
  it.each([
    ['https://x.io/', 'http://proxy:3128/'],
    ['http://x.io/', 'http://plain:8080/'],
    ['https://a.io/', undefined],
    ['https://sub.a.io/', undefined],
    ['https://xa.io/', 'http://proxy:3128/'],
    ['https://b.io/', 'http://proxy:3128/'],
    ['https://x.b.io/', undefined],
    ['https://x.c.io/', undefined],
    ['https://10.1.2.3/', undefined],
    ['https://11.1.2.3/', 'http://proxy:3128/'],
    ['https://1.2.3.4/', undefined],
    ['https://d.io:5000/', undefined],
    ['https://d.io/', 'http://proxy:3128/'],
    ['http://127.0.0.1:5000/', undefined],
    ['http://localhost/', undefined],
    ['http://[::1]:1/', undefined],
  ])('%s goes through %s', (url, expected) => {
    expect(proxyFor(new URL(url), environment)?.href).toBe(expected);
  });

  it('are not taken from nowhere', () => {
    expect(proxyFor(new URL('https://x.io'), {})).toBeUndefined();
    expect(
      proxyFor(new URL('https://x.io'), { https_proxy: 'http://p', NO_PROXY: '*' }),
    ).toBeUndefined();
    expect(() => proxyFor(new URL('https://x.io'), { https_proxy: 'http://' })).toThrow(
      expect.objectContaining({ code: 'USAGE' }),
    );
  });
});

describe('texts from outside', () => {
  it('are shown without secrets', () => {
    const secrets = new Set<string>();
    addSecret(secrets, 'p4ss/+word');
    const text = `Bearer abc.def "p4ss/+word" p4ss%2F%2Bword ${auth('p4ss/+word')} https://me:pw@x.io/a?sig=1 http://me:p@w0rd@x.io /v2/a/blobs/uploads/1?_state=2 eyJhbGciOi.x.y\n\u0007end`;
    expect(redact(text, secrets)).toBe(
      String.raw`Bearer *** "***" *** *** https://x.io/a http://x.io /v2/a/blobs/uploads/1 ***; \u0007end`,
    );
  });
});

describe('waiting', () => {
  it('follows Retry-After as seconds and as a date', () => {
    const timing = fakeTiming();
    const of = (text?: string): number | undefined => parseRetryAfter(text, timing);
    expect([
      of('7'),
      of('0'),
      of('Thu, 01 Jan 2026 00:01:00 GMT'),
      of('Thu, 01 Jan 2015 00:01:00 GMT'),
    ]).toEqual([7000, 0, 60_000, 0]);
    expect([of(), of(''), of('-1'), of('soon'), of('1.5'), of('2026-01-01')]).toEqual(
      Array.from({ length: 6 }),
    );
  });

  it('doubles, up to half a minute', () => {
    expect([0, 1, 2, 10].map(retryDelay)).toEqual([500, 1000, 2000, 30_000]);
  });
});
