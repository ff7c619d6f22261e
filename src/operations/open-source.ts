import { firstHolding } from '../content/first-holding.ts';
import type { ImageSource } from '../content/image.ts';
import type { OperationOptions } from '../content/operation.ts';
import type { IngestTarget } from '../image-archive/ingest-layer.ts';
import { compilePattern, referenceForms } from '../select/pattern.ts';
import type { ImageSelector } from '../spec/bundles-file.ts';
import type { RegistrySettings } from '../spec/registry-entries.ts';
import { parseReference, withDefaultTag } from '../oci/reference.ts';
import { certificateFoldersOf, createdOf, type Host } from './host.ts';
import type { ReusedKit } from './reused-kits.ts';
import type { SharedRegistries } from './shared-registries.ts';
import { sshDestination } from './ssh-location.ts';

export interface SourceContext {
  readonly host: Host;
  readonly target: IngestTarget;
  /** How to reach registries, by HOST or HOST:PORT. */
  readonly registries: Readonly<Record<string, RegistrySettings>>;
  /** Clients that sources of one command share. Default: each source has its own. */
  readonly sharedRegistries?: SharedRegistries | undefined;
  /** Stands in for the medium that selectors name. */
  readonly opened?: ImageSource | undefined;
  /** What they hold is not downloaded. */
  readonly kits?: readonly ReusedKit[] | undefined;
}

/**
 * Opens the medium that a selector names. Transports are loaded only when they are used.
 *
 * @throws what opening the medium throws
 */
export async function openSource(
  selector: ImageSelector,
  context: SourceContext,
  options: OperationOptions = {},
): Promise<ImageSource> {
  const { transport, path = '' } = selector.from;
  const { target, host } = context;
  const { environment } = host;
  switch (transport) {
    case 'docker':
    case 'docker+ssh': {
      const { openDockerSource } = await import('../transports/docker/source.ts');
      return openDockerSource({ environment, ssh: sshDestination(selector.from), target }, options);
    }
    case 'podman': {
      const { openPodmanSource } = await import('../transports/podman/source.ts');
      return openPodmanSource({ environment, target }, options);
    }
    case 'containerd': {
      const { openContainerdSource } = await import('../transports/containerd/source.ts');
      const { namespace = 'k8s.io' } = selector.from;
      return openContainerdSource({ namespace, environment }, options);
    }
    case 'registry':
      return openRegistry(selector, context, options);
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
      return openRootfs(selector, context, options);
  }
}

/** A root file system has no name of its own: the bundles file is refused without "as". */
async function openRootfs(
  { from, as = '', changes, platforms }: ImageSelector,
  { target, host }: SourceContext,
  options: OperationOptions,
): Promise<ImageSource> {
  const { openRootfsSource } = await import('../transports/rootfs/source.ts');
  const reference = withDefaultTag(parseReference(as));
  const facts = { as: reference, changes, platforms, created: createdOf(host) };
  return openRootfsSource({ path: from.path ?? '', ...facts }, target, options);
}

/** What a listing depends on: selectors that agree in this share one source. */
export function sourceKey(selector: ImageSelector): string {
  const { from, include, exclude, semver, newest, as, changes, platforms } = selector;
  if (from.transport === 'rootfs') return JSON.stringify([from, as, changes, platforms]);
  return JSON.stringify(
    from.transport === 'registry' ? [from, include, exclude, semver, newest] : from,
  );
}

/** A registry is asked only for what the patterns can match, so the patterns decide what is listed. */
async function openRegistry(
  selector: ImageSelector,
  { host, registries, sharedRegistries, kits = [], target }: SourceContext,
  options: OperationOptions,
): Promise<ImageSource> {
  const { openRegistrySource } = await import('../transports/registry/source.ts');
  const include = selector.include.map(compilePattern);
  const exclude = selector.exclude.map(compilePattern);
  const request = {
    host: selector.from.host,
    prefix: selector.from.prefix,
    include: selector.include,
    semver: selector.semver,
    newest: selector.newest,
    settings: registries,
    environment: host.environment,
    certificateFolders: certificateFoldersOf(host),
    registries: await sharedRegistries?.open(),
    known: firstHolding([target.cache, ...kits]),
  };
  return openRegistrySource(
    {
      ...request,
      accepts: (reference) => {
        const forms = referenceForms(reference, selector.from);
        const isOut = exclude.some((pattern) => pattern.matches(forms));
        return !isOut && include.some((pattern) => pattern.matches(forms));
      },
    },
    options,
  );
}
