import { pathBefore, quoted, type Mirror, type MirrorConfig } from './mirror.ts';

const FILE = '/etc/containers/registries.conf.d/50-airkit.conf';

/**
 * A drop-in of containers-registries.conf(5), version 2: each registry is remapped to a place in the mirror. podman,
 * CRI-O, skopeo and buildah read it; images keep their original names.
 */
export function podmanFiles(hosts: readonly string[], mirror: Mirror): MirrorConfig {
  const tables = hosts.map((host) => registryTable(host, mirror));
  return {
    files: [
      {
        path: FILE,
        content: `# These registries are read from ${mirror.address} alone: there is no way out.\n${tables.join('')}`,
      },
    ],
    notes: mirror.tls
      ? [
          `The CA of ${mirror.address} belongs into /etc/containers/certs.d/${mirror.address}/ca.crt.`,
        ]
      : [],
  };
}

/** podman sends no `ns`, so its names say the host themselves where the mirror allows it. */
function registryTable(host: string, mirror: Mirror): string {
  const before = pathBefore(
    host,
    mirror.naming === 'any' ? { ...mirror, naming: 'scoped' } : mirror,
  );
  const location = before === '' ? mirror.address : `${mirror.address}/${before}`;
  return [
    '',
    '[[registry]]',
    `prefix = ${quoted(host)}`,
    `location = ${quoted(location)}`,
    ...(mirror.tls ? [] : ['insecure = true']),
    '',
  ].join('\n');
}
