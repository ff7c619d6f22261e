import { mirrorUrl, pathBefore, quoted, type Mirror, type MirrorConfig } from './mirror.ts';

const FILE = '/etc/rancher/k3s/registries.yaml';

/** `registries.yaml` of k3s (and of RKE2, below /etc/rancher/rke2), from which it writes containerd's hosts.toml. */
export function k3sFiles(hosts: readonly string[], mirror: Mirror): MirrorConfig {
  const lines = hosts.flatMap((host) => [
    `  ${quoted(host)}:`,
    '    endpoint:',
    `      - ${quoted(mirrorUrl(mirror))}`,
    ...rewrite(pathBefore(host, mirror)),
  ]);
  const tls = [
    'configs:',
    `  ${quoted(mirror.address)}:`,
    '    tls: {}   # ca_file: /path/to/ca.pem, where the machine does not know who signed the certificate',
  ];
  return {
    files: [
      { path: FILE, content: [`mirrors:`, ...lines, ...(mirror.tls ? tls : []), ''].join('\n') },
    ],
    notes: [
      'k3s reads the file when it starts. With --disable-default-registry-endpoint (releases from January 2024 on) it asks no other host for what the mirror lacks.',
    ],
  };
}

/** A regular expression over the repository, and what replaces it. */
function rewrite(before: string): string[] {
  return before === '' ? [] : ['    rewrite:', `      "^(.*)$": ${quoted(`${before}/$1`)}`];
}
