import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pack } from '../../src/index.ts';
import { useTempFolder } from '../support/temp-folder.ts';
import { startTestRegistry, type TestRegistry } from '../support/test-registry.ts';
import { airkit, airkitJson, documentOf, spawnAirkit } from './support/run-airkit.ts';
import { makeSampleSite, type Site } from './support/site.ts';

const TRUST = ['--trust', 'release.pub'];
const ANY_PORT = ['--listen', '127.0.0.1:0'];
const folder = useTempFolder();
let site: Site;

beforeAll(async () => {
  site = await makeSampleSite(await folder.fresh());
  await pack(site.host, { output: 'kit', key: 'env:RELEASE_KEY' });
});

describe('serve', () => {
  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('stopped by %s exits %i, with one document on stdout', async (signal, exit) => {
    let seen = '';
    const outcome = await spawnAirkit(site, ['serve', 'kit', ...TRUST, ...ANY_PORT, '--json'], {
      started: async (child) => {
        child.stdout?.on('data', (chunk: Buffer) => (seen += chunk.toString()));
        while (!seen.endsWith('}\n')) await sleep(10);
        const { url }: { url: string } = JSON.parse(seen);
        expect((await fetch(`${url}/v2/kube-proxy/manifests/v1.30.2`)).status).toBe(200);
        child.kill(signal);
      },
    });
    expect(outcome.code).toBe(exit);
    expect(documentOf(outcome)).toMatchObject({
      schemaVersion: 1,
      kit: { path: 'kit', name: 'demo', version: '1.0' },
      address: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
      repositories: ['acme/k8s-agent', 'kube-proxy', 'library/redis'],
      warnings: [],
    });
    expect(outcome.stderr).toContain('"GET /v2/kube-proxy/manifests/v1.30.2" 200');
  });

  test('keeps what clients send on one line, and nothing of it with --quiet', async () => {
    for (const quiet of [[], ['--quiet']]) {
      const outcome = await spawnAirkit(site, ['serve', 'kit', ...TRUST, ...ANY_PORT, ...quiet], {
        started: async (child) => {
          child.stdout?.once('data', (chunk: Buffer) => {
            const path = '/v2/%1b"x"?ns=%0a';
            request(chunk.toString().trim(), {
              path,
              headers: { authorization: 'Basic c2VjcmV0' },
            })
              .on('response', () => child.kill('SIGINT'))
              .end();
          });
        },
      });
      expect(outcome.stderr).toMatch(quiet.length === 0 ? /"GET \/v2\/%1b/ : /^$/);
      expect(outcome.stderr).not.toMatch(/[^\n -~]|c2VjcmV0/);
    }
  });

  test.each([
    ['an unknown key', ['kit'], 4],
    ['an unknown key, with --allow-unsigned', ['kit', '--allow-unsigned'], 4],
    ['no kit', ['layout'], 2],
    ['an address that is none', ['kit', ...TRUST, '--listen', '5000'], 2],
    ['a certificate without its key', ['kit', ...TRUST, '--tls-cert', 'release.pub'], 2],
    ['an engine that is unknown', ['kit', ...TRUST, '--mirror-config', 'rkt'], 2],
  ])('with %s exits before it listens', async (_, args, exit) => {
    expect((await airkit(site, ['serve', ...args])).code).toBe(exit);
  });
});

describe('serve --mirror-config', () => {
  test('prints files below their paths, and ends', async () => {
    const args = ['serve', 'kit', ...TRUST, '--listen', '10.0.0.5:5000', '--mirror-config'];
    const { code, stdout } = await airkit(site, [...args, 'k3s']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^# \/etc\/rancher\/k3s\/registries\.yaml\nmirrors:\n/);
    const { document } = await airkitJson(site, [...args, 'containerd']);
    expect(document['mirrorConfig']).toMatchObject([
      { path: '/etc/containerd/certs.d/docker.io/hosts.toml' },
      { path: '/etc/containerd/certs.d/ghcr.io/hosts.toml' },
      { path: '/etc/containerd/certs.d/registry.k8s.io/hosts.toml' },
    ]);
  });

  test('needs an address that nodes can connect to, and a trusted kit', async () => {
    const args = ['--mirror-config', 'k3s'];
    for (const listen of ['0.0.0.0:5000', ':5000', '[::]:5000', '10.0.0.5:0'])
      expect(
        (await airkit(site, ['serve', 'kit', ...TRUST, '--listen', listen, ...args])).code,
      ).toBe(2);
    expect((await airkit(site, ['serve', 'kit', ...args])).code).toBe(4);
  });
});

function bothTargets(host: string): string[] {
  return ['--to', 'oci:one', '--to', `registry://${host}/two`];
}

describe('load --mirror-config', () => {
  let registry: TestRegistry;
  beforeAll(async () => {
    registry = await startTestRegistry();
  });
  afterAll(async () => registry.stop());

  test('prints the files for the registry that was filled', async () => {
    const to = ['--to', `registry://${registry.host}/mirror`, '--scoped', '--receipt', 'r.json'];
    const args = [
      'load',
      'kit',
      ...TRUST,
      ...to,
      '--include',
      'redis:7',
      '--mirror-config',
      'podman',
    ];
    const { code, document } = await airkitJson(site, args);
    expect(code).toBe(0);
    expect(document).toMatchObject({
      results: [{ status: 'loaded' }],
      mirrorConfig: [{ content: expect.stringContaining(`"${registry.host}/mirror/docker.io"`) }],
    });
    const { stdout } = await airkit(site, args);
    expect(stdout).toMatch(/already-present[^]*\n\n# \/etc\/containers\/registries\.conf\.d\//);
  });

  test('prints what reached the registry, of several targets', async () => {
    const bad = await startTestRegistry({ refuseSparse: true });
    await bad.stop();
    const args = ['load', 'kit', ...TRUST, '--receipt', 's.json', '--mirror-config', 'k3s'];
    const { code, document } = await airkitJson(site, [...args, ...bothTargets(registry.host)]);
    expect([code, document['mirrorConfig']]).toMatchObject([0, [{}]]);
    const flags = [...bothTargets(bad.host), '--keep-going'];
    const gone = await airkitJson(site, [...args, ...flags]);
    expect([gone.code, gone.document['mirrorConfig']]).toEqual([5, []]);
    expect((await airkit(site, [...args, ...flags])).stderr).toContain(bad.host);
  });

  test('of images that have the names of the registry is no file, and no failure', async () => {
    const rename = ['--rename', `*=${registry.host}/*`];
    const to = ['--to', `registry://${registry.host}`, '--receipt', 't.json'];
    const args = ['load', 'kit', ...TRUST, ...to, '--mirror-config', 'podman', ...rename];
    const { code, document } = await airkitJson(site, args);
    expect([code, document['mirrorConfig']]).toEqual([0, []]);
  });

  test('is refused for what is no registry, before anything is loaded', async () => {
    const args = ['load', 'kit', ...TRUST, '--to', 'oci:restored', '--mirror-config', 'k3s'];
    const { code, document } = await airkitJson(site, args);
    expect([code, document.error?.code]).toEqual([2, 'USAGE']);
  });
});
