import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { findEngine } from '../../../src/transports/docker/engine-address.ts';
import { parseSshDestination } from '../../../src/transports/docker/ssh-destination.ts';
import { useTempFolder } from '../../support/temp-folder.ts';

const parsePassword = (): unknown => parseSshDestination('ssh://ops:hunter2@h', 'DOCKER_HOST');

const endpoint = (Host: string): unknown => ({ Name: 'x', Endpoints: { docker: { Host } } });

describe('ssh addresses', () => {
  test.each([
    ['ssh://build7', { host: 'build7' }],
    ['ssh://ops@build7:2222', { host: 'build7', user: 'ops', port: 2222 }],
    ['ssh://ops@[fd00::1]/', { host: 'fd00::1', user: 'ops' }],
    ['ssh://h/run/user/1000/docker.sock', { host: 'h', socketPath: '/run/user/1000/docker.sock' }],
  ])('%s', (text, expected) => {
    expect(parseSshDestination(text, 'DOCKER_HOST')).toEqual(expected);
  });

  test.each(['ssh://', 'ssh://-oProxyCommand=id', 'ssh://-l@h', 'ssh://h?x', 'ssh://a b@h'])(
    '%s is refused',
    (text) => {
      expect(() => parseSshDestination(text, 'DOCKER_HOST')).toThrow(
        expect.objectContaining({ code: 'USAGE' }),
      );
    },
  );

  test('a password is refused and not repeated', () => {
    expect(parsePassword).toThrow(expect.objectContaining({ code: 'USAGE' }));
    expect(parsePassword).not.toThrow('hunter2');
  });
});

describe('the engine that docker would use', () => {
  const folder = useTempFolder();

  const contextFolder = async (name: string, meta: unknown): Promise<string> => {
    const config = await folder.fresh();
    const id = createHash('sha256').update(name).digest('hex');
    const place = join(config, 'contexts', 'meta', id);
    await mkdir(place, { recursive: true });
    await writeFile(join(place, 'meta.json'), JSON.stringify(meta));
    return config;
  };

  test('is that of DOCKER_HOST, whatever the context', async () => {
    const DOCKER_CONFIG = await contextFolder('x', endpoint('unix:///context.sock'));
    const environment = { DOCKER_HOST: 'unix:///host.sock', DOCKER_CONTEXT: 'x', DOCKER_CONFIG };
    expect(await findEngine(environment)).toEqual({ kind: 'unix', socketPath: '/host.sock' });
  });

  test('is that of the named context, then of the current one', async () => {
    const DOCKER_CONFIG = await contextFolder('x', endpoint('tcp://127.0.0.1'));
    const found = { kind: 'tcp', host: '127.0.0.1', port: 2375, tls: undefined };
    expect(await findEngine({ DOCKER_CONFIG, DOCKER_CONTEXT: 'x' })).toEqual(found);
    await writeFile(join(DOCKER_CONFIG, 'config.json'), '{"currentContext":"x"}');
    expect(await findEngine({ DOCKER_CONFIG })).toEqual(found);
    expect(await findEngine({ DOCKER_CONFIG, DOCKER_CONTEXT: 'default' })).toMatchObject({
      kind: 'unix',
    });
  });

  test.each([
    ['has no endpoint', { Name: 'x', Endpoints: {} }],
    ['has an endpoint of another kind', endpoint('npipe:////./pipe/docker_engine')],
  ])('a context that %s is refused', async (_, meta) => {
    const DOCKER_CONFIG = await contextFolder('x', meta);
    await expect(findEngine({ DOCKER_CONFIG, DOCKER_CONTEXT: 'x' })).rejects.toMatchObject({
      code: 'USAGE',
    });
  });

  test('is a rootless one where there is no other', async () => {
    const XDG_RUNTIME_DIR = await folder.fresh();
    await writeFile(join(XDG_RUNTIME_DIR, 'docker.sock'), '');
    const rooted = '/var/run/docker.sock';
    const socketPath = existsSync(rooted) ? rooted : join(XDG_RUNTIME_DIR, 'docker.sock');
    expect(await findEngine({ XDG_RUNTIME_DIR })).toEqual({ kind: 'unix', socketPath });
  });
});
