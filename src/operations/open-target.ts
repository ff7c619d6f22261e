import { AirkitError } from '../errors.ts';
import type { ImageTarget } from '../content/image.ts';
import type { OperationOptions } from '../content/operation.ts';
import { resolvePath, type Host } from './host.ts';

/**
 * Opens the medium that `--to` names: `docker` or `oci:DIR`.
 *
 * @throws AirkitError USAGE for text that names none, UNSUPPORTED, TARGET_FAILED
 */
export async function openTarget(
  host: Host,
  text: string,
  options: OperationOptions = {},
): Promise<ImageTarget> {
  if (text === 'docker') {
    const { openDockerTarget } = await import('../transports/docker/target.ts');
    return openDockerTarget(host.environment, options);
  }
  if (text.startsWith('oci:') && text.length > 'oci:'.length) {
    const { openLayoutTarget } = await import('../transports/oci/target.ts');
    return openLayoutTarget(resolvePath(host, text.slice('oci:'.length)));
  }
  const known = /^(docker\+ssh:\/\/|podman$|containerd|registry:\/\/|k3s)/.test(text);
  throw new AirkitError(
    known ? 'UNSUPPORTED' : 'USAGE',
    `--to ${text}: ${known ? 'this target is not supported yet' : 'no such target'}`,
    {
      hint: 'This version loads into docker and oci:DIR.',
    },
  );
}
