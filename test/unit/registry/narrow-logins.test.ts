/** Credentials for less than a host: containers-auth.json(5), and what docker's own keys look like. */
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findCredential } from '../../../src/transports/registry/credentials.ts';
import { useTempFolder } from '../../support/temp-folder.ts';
import { TEST_LOGIN } from '../../support/test-registry.ts';
import { filled, open, readAll } from './filled-registry.ts';

const temporary = useTempFolder();
const entry = (password: string, username = 'u'): { auth: string } => ({
  auth: Buffer.from(`${username}:${password}`).toString('base64'),
});

async function homeWith(config: unknown, path = '.docker/config.json'): Promise<{ HOME: string }> {
  const home = await temporary.fresh();
  await mkdir(dirname(join(home, path)), { recursive: true });
  await writeFile(join(home, path), JSON.stringify(config));
  return { HOME: home };
}

describe('the longest path', () => {
  const auths = {
    'a.io': entry('host'),
    'a.io/team': entry('team'),
    'a.io/team/app': entry('app'),
    'b.io/team': entry('b-team'),
    'https://c.io/some/path': entry('c'),
    'http://d.io': entry('d'),
    'e.io/v2/': entry('e'),
    'https://index.docker.io/v1/': entry('hub'),
    'https://index.docker.io/v1/access-token': entry('access'),
    'docker.io/acme': entry('acme'),
    'f.io:5000/x': entry('f'),
  };

  it.each([
    ['a.io', 'team/app', 'app'],
    ['a.io', 'team/app/deep', 'app'],
    ['a.io', 'team/apple', 'team'],
    ['a.io', 'teams', 'host'],
    ['a.io', undefined, 'host'],
    ['b.io', 'team/x', 'b-team'],
    ['b.io', 'other/x', undefined],
    ['b.io', undefined, undefined],
    ['c.io', 'x', 'c'],
    ['d.io', 'x', 'd'],
    ['e.io', 'x', 'e'],
    ['docker.io', 'library/redis', 'hub'],
    ['docker.io', 'acme/api', 'acme'],
    ['f.io:5000', 'x/y', 'f'],
    ['f.io', 'x/y', undefined],
  ])('for %s/%s', async (host, repository, expected) => {
    const environment = await homeWith({ auths });
    const { credential } = await findCredential({ host, repository, environment });
    expect(credential?.password).toBe(expected);
  });

  it('of the first file that knows one', async () => {
    const docker = await homeWith({ auths: { 'a.io': entry('docker') } });
    const podman = await homeWith(
      { auths: { 'a.io/x': entry('podman'), 'b.io': entry('podman') } },
      'containers/auth.json',
    );
    const environment = { ...docker, XDG_CONFIG_HOME: podman.HOME };
    const of = async (host: string): Promise<unknown> =>
      (await findCredential({ host, repository: 'x', environment })).credential?.password;
    expect([await of('a.io'), await of('b.io')]).toEqual(['docker', 'podman']);
    const own = await homeWith({ auths: { 'a.io': entry('own') } }, '.config/containers/auth.json');
    const found = await findCredential({ host: 'a.io', repository: 'x', environment: own });
    expect(found.credential?.password).toBe('own');
  });
});

describe('a helper', () => {
  it('of the host comes before paths, a store for all hosts after them', async () => {
    const home = await homeWith({
      credsStore: 'store',
      credHelpers: { 'a.io': 'own' },
      auths: { 'a.io/team': entry('path'), 'b.io/team': entry('path') },
    });
    for (const name of ['own', 'store']) {
      const path = join(home.HOME, `docker-credential-${name}`);
      const answer = JSON.stringify({ Username: 'u', Secret: name });
      await writeFile(
        path,
        `#!/bin/sh\nread -r server || true\necho "$server" >>"$HOME/asked"\necho '${answer}'\n`,
      );
      await chmod(path, 0o755);
    }
    const environment = { ...home, PATH: [home.HOME, '/usr/bin', '/bin'].join(delimiter) };
    const of = async (host: string, repository: string): Promise<unknown> =>
      (await findCredential({ host, repository, environment })).credential?.password;
    expect(await of('a.io', 'team/x')).toBe('own');
    expect(await of('b.io', 'team/x')).toBe('path');
    expect(await of('b.io', 'x')).toBe('store');
    expect(await readFile(join(home.HOME, 'asked'), 'utf8')).toBe('a.io\nb.io\n');
  });

  it('is asked once for all repositories of a run', async () => {
    const registry = await filled({ auth: 'basic' });
    const home = await homeWith({ credHelpers: { [registry.host]: 'own' } });
    const path = join(home.HOME, 'docker-credential-own');
    const { username: Username, password: Secret } = TEST_LOGIN;
    const answer = JSON.stringify({ Username, Secret });
    await writeFile(path, `#!/bin/sh\necho asked >>"$HOME/asked"\necho '${answer}'\n`);
    await chmod(path, 0o755);
    const environment = { ...home, PATH: [home.HOME, '/usr/bin', '/bin'].join(delimiter) };
    await using source = await open(registry, ['*'], { environment });
    await readAll(source);
    expect(await readFile(join(home.HOME, 'asked'), 'utf8')).toBe('asked\n');
  });
});

describe('a registry with a login for some repositories', () => {
  it.each(['basic', 'bearer'] as const)('%s: each request has its own', async (auth) => {
    const registry = await filled({ auth });
    const { username, password } = TEST_LOGIN;
    const environment = await homeWith({
      auths: {
        [registry.host]: entry('wrong'),
        [`${registry.host}/acme`]: entry(password, username),
      },
    });
    await using source = await open(registry, ['acme/api:1.4'], {
      environment,
    });
    expect(await readAll(source)).toBeGreaterThan(4);
    await using other = await open(registry, ['kube/proxy:latest'], { environment });
    await expect(readAll(other)).rejects.toMatchObject({
      code: 'SOURCE_FAILED',
      context: { status: 401 },
    });
  });
});
