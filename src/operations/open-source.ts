import { AirkitError } from '../errors.ts';
import type { ImageSource } from '../content/image.ts';
import type { OperationOptions } from '../content/operation.ts';
import type { IngestTarget } from '../image-archive/ingest-layer.ts';
import type { SourceLocation } from '../spec/source-location.ts';
import type { Host } from './host.ts';

/**
 * Opens the medium that a selector names. Transports are loaded only when they are used.
 *
 * @throws AirkitError UNSUPPORTED for a transport that airkit cannot read; what opening the medium throws
 */
export async function openSource(
  location: SourceLocation,
  { host, target }: { readonly host: Host; readonly target: IngestTarget },
  options: OperationOptions = {},
): Promise<ImageSource> {
  const { transport, path = '' } = location;
  switch (transport) {
    case 'docker': {
      const { openDockerSource } = await import('../transports/docker/source.ts');
      return openDockerSource({ environment: host.environment, target }, options);
    }
    case 'oci': {
      const { openLayoutSource } = await import('../transports/oci/source.ts');
      return openLayoutSource(path);
    }
    case 'docker-archive': {
      const { openDockerArchiveSource } = await import('../transports/docker-archive/source.ts');
      return openDockerArchiveSource(path, target, options);
    }
    case 'oci-archive': {
      const { openOciArchiveSource } = await import('../transports/oci-archive/source.ts');
      return openOciArchiveSource(path, target, options);
    }
    default:
      throw new AirkitError('UNSUPPORTED', `from: ${transport} cannot be read yet`, {
        hint: 'This version reads docker, oci:DIR, docker-archive:FILE and oci-archive:FILE.',
        context: { transport },
      });
  }
}
