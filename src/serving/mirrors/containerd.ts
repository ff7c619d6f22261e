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
 * A hosts.toml that names the mirror twice: as a host, since containerd 1.6 refuses a file without one, and as the
 * server, which would else be the registry itself. Docker reads it too, from 28 on with the containerd image store.
 * `override_path`, because a path beyond /v2 is where the mirror's own names begin.
 */
export function hostsToml(host: string, mirror: Mirror): string {
  const before = pathBefore(host, mirror);
  const url = quoted(`${mirrorUrl(mirror)}${before === '' ? '' : `/v2/${before}`}`);
  const override = before === '' ? [] : ['override_path = true'];
  return [
    `# Images of ${host} come from here alone: there is no way out.`,
    `server = ${url}`,
    ...override,
    '',
    `[host.${url}]`,
    '  capabilities = ["pull", "resolve"]',
    ...override.map((line) => `  ${line}`),
    ...(mirror.tls
      ? [
          '  # ca = "/path/to/ca.pem"   # where the machine does not know who signed the certificate',
        ]
      : []),
    '',
  ].join('\n');
}
