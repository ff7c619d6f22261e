import { DEFAULT_REGISTRY } from '../../oci/reference.ts';
import { hostsToml } from './containerd.ts';
import {
  mirrorUrl,
  pathBefore,
  type Mirror,
  type MirrorConfig,
  type MirrorFile,
} from './mirror.ts';

const DAEMON = '/etc/docker/daemon.json';

/**
 * `registry-mirrors`, which dockerd knows for Docker Hub only and without a path, and `hosts.toml` for the other
 * registries, which Docker reads from 28 on when it uses the containerd image store.
 */
export function dockerFiles(hosts: readonly string[], mirror: Mirror): MirrorConfig {
  const isForDaemon = (host: string): boolean =>
    host === DEFAULT_REGISTRY && pathBefore(host, mirror) === '';
  const others = hosts.filter((host) => !isForDaemon(host));
  return {
    files: [
      ...(hosts.some(isForDaemon) ? [daemonJson(mirror)] : []),
      ...others.map((host) => ({
        path: `/etc/docker/certs.d/${host}/hosts.toml`,
        content: hostsToml(host, mirror),
      })),
    ],
    notes: [
      ...(hosts.some(isForDaemon)
        ? [`${DAEMON}: add these members to those that are there, then reload dockerd (SIGHUP).`]
        : []),
      ...(others.length === 0 ? [] : [namesAlone(others, mirror)]),
      ...(mirror.tls
        ? [`The CA of ${mirror.address} belongs into /etc/docker/certs.d/${mirror.address}/ca.crt.`]
        : []),
    ],
  };
}

function daemonJson(mirror: Mirror): MirrorFile {
  const members = {
    'registry-mirrors': [mirrorUrl(mirror)],
    ...(mirror.tls ? {} : { 'insecure-registries': [mirror.address] }),
  };
  return { path: DAEMON, content: `${JSON.stringify(members, undefined, 2)}\n` };
}

function namesAlone(hosts: readonly string[], mirror: Mirror): string {
  const [host = ''] = hosts;
  const before = pathBefore(
    host,
    mirror.naming === 'any' ? { ...mirror, naming: 'scoped' } : mirror,
  );
  const name = [mirror.address, before, 'NAME'].filter((part) => part !== '').join('/');
  return `hosts.toml counts from Docker 28 on, with the containerd image store. Docker before that, and the classic store, pull images of ${hosts.join(', ')} by the name of the mirror only: docker pull ${name}`;
}
