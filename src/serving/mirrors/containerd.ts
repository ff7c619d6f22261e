import { mirrorUrl, pathBefore, quoted, type Mirror, type MirrorConfig } from './mirror.ts';

const FOLDER = '/etc/containerd/certs.d';

/** `certs.d/HOST/hosts.toml` (containerd docs/hosts.md), one for each registry. */
export function containerdFiles(hosts: readonly string[], mirror: Mirror): MirrorConfig {
  return {
    files: hosts.map((host) => ({
      path: `${FOLDER}/${host}/hosts.toml`,
      content: hostsToml(host, mirror),
    })),
    notes: [
      `containerd reads ${FOLDER} where its config.toml says config_path = "${FOLDER}" under the registry of the CRI plugin; the files count at once. ctr takes --hosts-dir ${FOLDER}.`,
    ],
  };
}

/**
 * A hosts.toml whose only server is the mirror: containerd, and Docker from 28 on with the containerd image store, read
 * it. `override_path` because a path beyond /v2 is where the mirror's own names begin.
 */
export function hostsToml(host: string, mirror: Mirror): string {
  const before = pathBefore(host, mirror);
  const path = before === '' ? '' : `/v2/${before}`;
  return [
    `# Images of ${host} come from here alone: there is no way out.`,
    `server = ${quoted(`${mirrorUrl(mirror)}${path}`)}`,
    'capabilities = ["pull", "resolve"]',
    ...(before === '' ? [] : ['override_path = true']),
    ...(mirror.tls
      ? [`# ca = "/path/to/ca.pem"   # where the machine does not know who signed the certificate`]
      : []),
    '',
  ].join('\n');
}
