import { describe, expect, test } from 'vitest';
import { MIRROR_ENGINES, mirrorConfig } from '../../../src/serving/mirror-config.ts';
import type { Mirror } from '../../../src/serving/mirrors/mirror.ts';

const HOSTS = ['registry.k8s.io', 'docker.io', 'reg.local:5000', 'docker.io'];
const served: Mirror = { address: '10.0.0.5:5000', tls: false, naming: 'any' };
const loaded: Mirror = {
  address: 'registry.site-b.local',
  tls: true,
  naming: 'scoped',
  prefix: 'mirror',
};

const filesOf = (...args: Parameters<typeof mirrorConfig>): Record<string, string> =>
  Object.fromEntries(mirrorConfig(...args).files.map(({ path, content }) => [path, content]));

describe('containerd', () => {
  test('gets a hosts.toml for each registry', () => {
    const files = filesOf('containerd', HOSTS, served);
    expect(Object.keys(files)).toEqual(
      ['docker.io', 'reg.local:5000', 'registry.k8s.io'].map(
        (host) => `/etc/containerd/certs.d/${host}/hosts.toml`,
      ),
    );
    const [toml = ''] = Object.values(files);
    expect(toml).toContain('\nserver = "http://10.0.0.5:5000"\n');
    expect(toml).toContain('\n[host."http://10.0.0.5:5000"]\n');
    expect(toml).not.toContain('override_path');
  });

  test('names the path of scoped repositories, in which a port has no colon', () => {
    const toml = filesOf('containerd', HOSTS, loaded)[
      '/etc/containerd/certs.d/reg.local:5000/hosts.toml'
    ];
    const url = 'https://registry.site-b.local/v2/mirror/reg.local-5000';
    expect(toml).toContain(`\nserver = "${url}"\noverride_path = true\n`);
    expect(toml).toContain(`\n[host."${url}"]\n`);
  });
});

describe('docker', () => {
  test('gets registry-mirrors for Docker Hub and hosts.toml for others', () => {
    const files = filesOf('docker', HOSTS, served);
    expect(JSON.parse(files['/etc/docker/daemon.json'] ?? '')).toEqual({
      'registry-mirrors': ['http://10.0.0.5:5000'],
      'insecure-registries': ['10.0.0.5:5000'],
    });
    expect(Object.keys(files)).toHaveLength(3);
  });

  test('gets no registry-mirrors where they would need a path, which dockerd refuses', () => {
    const files = Object.keys(filesOf('docker', HOSTS, loaded));
    expect(files).not.toContain('/etc/docker/daemon.json');
    expect(files).toContain('/etc/docker/certs.d/docker.io/hosts.toml');
  });
});

describe('podman', () => {
  test('remaps each registry to a place of its own', () => {
    const [conf = ''] = Object.values(filesOf('podman', HOSTS, served));
    expect(conf).toContain(
      'prefix = "docker.io"\nlocation = "10.0.0.5:5000/docker.io"\ninsecure = true\n',
    );
    expect(conf).toContain('location = "10.0.0.5:5000/reg.local-5000"');
    const plain = filesOf('podman', HOSTS, { address: 'r.local', tls: true, naming: 'plain' });
    const [other = ''] = Object.values(plain);
    expect(other).toContain('prefix = "docker.io"\nlocation = "r.local"\n');
    expect(other).not.toContain('insecure');
  });
});

describe('k3s', () => {
  test('gets endpoints, and rewrites where repositories have other names', () => {
    const [yaml = ''] = Object.values(filesOf('k3s', HOSTS, served));
    expect(yaml).toContain('  "reg.local:5000":\n    endpoint:\n      - "http://10.0.0.5:5000"\n');
    expect(yaml).not.toContain('rewrite');
    const [scoped = ''] = Object.values(filesOf('k3s', HOSTS, loaded));
    expect(scoped).toContain('    rewrite:\n      "^(.*)$": "mirror/docker.io/$1"\n');
  });
});

test.each(MIRROR_ENGINES)('%s gets the same bytes whatever the order of the images', (engine) => {
  expect(mirrorConfig(engine, HOSTS.toReversed(), served)).toEqual(
    mirrorConfig(engine, HOSTS, served),
  );
});

test('a registry is no mirror of itself', () => {
  const own: Mirror = { address: 'reg.local:5000', tls: true, naming: 'plain' };
  expect(() => mirrorConfig('k3s', ['reg.local:5000'], own)).toThrowError(
    expect.objectContaining({ code: 'USAGE' }),
  );
  expect(filesOf('k3s', HOSTS, own)).toEqual(filesOf('k3s', ['docker.io', 'registry.k8s.io'], own));
});
