import { AirkitError } from '../errors.ts';
import type { ImageTarget } from '../content/image.ts';
import type { OperationOptions } from '../content/operation.ts';
import { resolvePath, type Host } from './host.ts';

/** A medium that `--to` names. */
export type TargetLocation =
  | { readonly transport: 'docker' }
  /** An OCI layout; `folder` is absolute. */
  | { readonly transport: 'oci'; readonly folder: string };

/**
 * Reads `docker` or `oci:DIR`.
 *
 * @throws AirkitError USAGE for text that names no target, UNSUPPORTED for one that airkit cannot write to
 */
export function parseTarget(host: Host, text: string): TargetLocation {
  if (text === 'docker') return { transport: 'docker' };
  if (/^oci:./s.test(text))
    return { transport: 'oci', folder: resolvePath(host, text.slice('oci:'.length)) };
  const isKnown = /^(docker\+ssh:\/\/|podman$|containerd(:|$)|registry:\/\/|k3s(:|$))/.test(text);
  const why = isKnown ? 'this target is not supported yet' : 'there is no such target';
  throw new AirkitError(isKnown ? 'UNSUPPORTED' : 'USAGE', `--to ${text}: ${why}`, {
    hint: 'This version loads into docker and oci:DIR.',
  });
}

/**
 * Opens a target.
 *
 * @throws AirkitError TARGET_FAILED, DISK_FAILED, USAGE for an engine's address that is none
 */
export async function openTarget(
  host: Host,
  location: TargetLocation,
  options: OperationOptions = {},
): Promise<ImageTarget> {
  switch (location.transport) {
    case 'docker': {
      const { openDockerTarget } = await import('../transports/docker/target.ts');
      return openDockerTarget(host.environment, options);
    }
    case 'oci': {
      const { openLayoutTarget } = await import('../transports/oci/target.ts');
      return openLayoutTarget(location.folder);
    }
    default:
      return location satisfies never;
  }
}
