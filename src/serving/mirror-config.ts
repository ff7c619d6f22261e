import { AirkitError } from '../errors.ts';
import { containerdFiles } from './mirrors/containerd.ts';
import { dockerFiles } from './mirrors/docker.ts';
import { k3sFiles } from './mirrors/k3s.ts';
import { pathBefore, type Mirror, type MirrorConfig } from './mirrors/mirror.ts';
import { podmanFiles } from './mirrors/podman.ts';

/** Engines that a mirror can be configured for. */
export const MIRROR_ENGINES = ['containerd', 'docker', 'podman', 'k3s'] as const;
export type MirrorEngine = (typeof MIRROR_ENGINES)[number];

/**
 * The files with which an engine pulls images of the given registries, under their original names and digests, from a
 * mirror. No other host is asked where the engine allows to say so: there is no way out.
 *
 * @param registries hosts as in canonical references, such as `docker.io`
 * @throws AirkitError USAGE when there is nothing to mirror
 */
export function mirrorConfig(
  engine: MirrorEngine,
  registries: readonly string[],
  mirror: Mirror,
): MirrorConfig {
  const hosts = [...new Set(registries)].filter((host) => !isSame(host, mirror)).toSorted();
  if (!needsMirror(registries, mirror)) {
    throw new AirkitError('USAGE', `all images are named after ${mirror.address} already`, {
      hint: 'Nothing has to be configured: pull them by their names.',
    });
  }
  switch (engine) {
    case 'containerd':
      return containerdFiles(hosts, mirror);
    case 'docker':
      return dockerFiles(hosts, mirror);
    case 'podman':
      return podmanFiles(hosts, mirror);
    case 'k3s':
      return k3sFiles(hosts, mirror);
    default:
      return engine satisfies never;
  }
}

/** False where images have the mirror's own names already. @param registries as for {@link mirrorConfig} */
export function needsMirror(registries: readonly string[], mirror: Mirror): boolean {
  return registries.some((host) => !isSame(host, mirror));
}

function isSame(host: string, mirror: Mirror): boolean {
  return host === mirror.address && pathBefore(host, mirror) === '';
}
