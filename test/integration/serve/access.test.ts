/** TLS and passwords. */
import { spawnSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { serve } from '../../../src/index.ts';
import { useTempFolder } from '../../support/temp-folder.ts';
import { makeServedSample, type ServedSample } from './sample.ts';
import { serveKit } from './served-kit.ts';

const PASSWORD = 'correct-horse';
/** `robot` with {@link PASSWORD}, as htpasswd -B writes it. */
const HTPASSWD = 'robot:$2y$05$abcdefghijklmnopqrstuuZ0Fx87Pb/Aqb0E90lfvCwzXnaFKUHpS\n';
const folder = useTempFolder();
let sample: ServedSample;

beforeAll(async () => {
  sample = await makeServedSample(await folder.fresh());
  const { site } = sample;
  await writeFile(site.path('htpasswd'), `# users\n\n${HTPASSWD}`);
  const subject = '-days 3650 -subj /CN=kit -addext subjectAltName=IP:127.0.0.1';
  const key = '-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes';
  const files = ['-keyout', site.path('tls.key'), '-out', site.path('tls.pem')];
  spawnSync('openssl', ['req', '-x509', ...`${key} ${subject}`.split(' '), ...files]);
});

function basic(user: string, password: string): Record<string, string> {
  return { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` };
}

describe('--htpasswd', () => {
  test('asks for a password on every path, and lets the right one in', async () => {
    const kit = await serveKit(sample.site, 'kit', { htpasswd: 'htpasswd' });
    const good = basic('robot', PASSWORD);
    for (const path of ['/v2/', '/v2/_catalog', '/v2/library/redis/manifests/7', '/other']) {
      const reply = await kit.get(path);
      expect(reply).toMatchObject({ status: 401, code: 'UNAUTHORIZED' });
      expect(reply.headers['www-authenticate']).toMatch(/^Basic realm=/);
    }
    for (const path of ['/v2/', '/v2/_catalog', '/v2/library/redis/manifests/7'])
      expect((await kit.get(path, { headers: good })).status).toBe(200);
    expect((await kit.get('/v2/', { method: 'PUT', headers: good })).status).toBe(405);
    expect((await kit.get('/v2/', { method: 'PUT' })).status).toBe(401);
    const said = JSON.stringify([kit.entries, kit.report]);
    expect(said).not.toContain(PASSWORD);
    expect(said).not.toContain(good['authorization']?.slice(6));
    await kit.stop();
  });

  test.each([
    ['a wrong password', basic('robot', 'wrong')],
    ['no password', basic('robot', '')],
    ['an unknown user', basic('nobody', PASSWORD)],
    ['a member of every object', basic('constructor', PASSWORD)],
    ['another scheme', { authorization: `Bearer ${PASSWORD}` }],
    ['what is not base64', { authorization: 'Basic ***' }],
    ['what has no colon', { authorization: 'Basic cm9ib3Q=' }],
  ])('keeps %s out', async (_, headers) => {
    const kit = await serveKit(sample.site, 'kit', { htpasswd: 'htpasswd' });
    expect((await kit.get('/v2/', { headers })).status).toBe(401);
    await kit.stop();
  });

  test('is refused where passwords would cross a network in the clear', async () => {
    await expect(
      serve(sample.site.host, 'kit', { htpasswd: 'htpasswd', listen: '0.0.0.0:0' }),
    ).rejects.toMatchObject({ code: 'USAGE' });
  });
});

describe('TLS', () => {
  test('is spoken with the certificate that is named, and passwords go with it', async () => {
    const kit = await serveKit(sample.site, 'kit', {
      tlsCert: 'tls.pem',
      tlsKey: 'tls.key',
      htpasswd: 'htpasswd',
    });
    expect(kit.report.url).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
    const ca = await readFile(sample.site.path('tls.pem'), 'utf8');
    expect((await kit.get('/v2/', { ca })).status).toBe(401);
    const reply = await kit.get('/v2/library/redis/manifests/7', {
      ca,
      headers: basic('robot', PASSWORD),
    });
    expect(reply.headers['docker-content-digest']).toBe(sample.redis.descriptor.digest);
    await kit.stop();
  });

  test.each([
    [{ tlsCert: 'tls.pem' }, 'USAGE'],
    [{ tlsKey: 'tls.key' }, 'USAGE'],
    [{ tlsCert: 'tls.key', tlsKey: 'tls.pem' }, 'KEY_INVALID'],
    [{ tlsCert: 'none.pem', tlsKey: 'tls.key' }, 'DISK_FAILED'],
    [{ listen: 'somewhere' }, 'USAGE'],
    [{ listen: '127.0.0.1:70000' }, 'USAGE'],
    [{ htpasswd: 'tls.pem' }, 'USAGE'],
  ])('%j is refused', async (options, code) => {
    const listen = '127.0.0.1:0';
    await expect(
      serve(sample.site.host, 'kit', { allowUnsigned: true, listen, ...options }),
    ).rejects.toMatchObject({ code });
  });

  test('a server that is open to a network without TLS is warned of', async () => {
    const kit = await serveKit(sample.site, 'kit', { listen: '0.0.0.0:0' });
    expect(kit.report.warnings.map(({ code }) => code)).toContain('PLAIN_HTTP');
    await kit.stop();
  });

  test('a port that is taken is told', async () => {
    const kit = await serveKit(sample.site, 'kit');
    const { address: listen } = kit.report;
    await expect(
      serve(sample.site.host, 'kit', { allowUnsigned: true, listen }),
    ).rejects.toMatchObject({ code: 'USAGE' });
    await kit.stop();
  });
});
