import { AirkitError } from '../errors.ts';
import type { ImageTarget } from '../content/image.ts';
import type { OperationOptions } from '../content/operation.ts';
import { parseSourceLocation } from '../spec/source-location.ts';
import type { SparseIndex } from '../transports/registry/sparse-index.ts';
import type { EngineLocation } from '../transports/docker/connect.ts';
import type { SshDestination } from '../transports/docker/ssh-destination.ts';
import { certificateFoldersOf, resolvePath, type Host } from './host.ts';
import { readRegistrySettings } from './registry-settings.ts';
import { sshDestination } from './ssh-location.ts';

/** A medium that `--to` names. */
export type TargetLocation =
  | { readonly transport: 'docker' }
  | { readonly transport: 'docker+ssh'; readonly ssh: SshDestination }
  | { readonly transport: 'podman' }
  | { readonly transport: 'registry'; readonly host: string; readonly prefix?: string | undefined }
  /** An OCI layout; `folder` is absolute. */
  | { readonly transport: 'oci'; readonly folder: string }
  | { readonly transport: 'containerd'; readonly namespace: string }
  /** The folder that k3s imports archives from; absolute. */
  | { readonly transport: 'k3s'; readonly folder: string };

/** Where Kubernetes has its images (containerd's CRI plugin). */
const KUBERNETES_NAMESPACE = 'k8s.io';
/** Where k3s looks for archives unless it was given another data folder. */
const K3S_IMAGES = '/var/lib/rancher/k3s/agent/images';

/**
 * Reads `docker`, `podman`, `containerd[:NAMESPACE]`, `k3s[:DIR]`, `registry://HOST[/PREFIX]`, `docker+ssh://HOST` or `oci:DIR`.
 *
 * @throws AirkitError USAGE for text that names no target, UNSUPPORTED for one that airkit cannot write to
 */
export function parseTarget(host: Host, text: string): TargetLocation {
  if (text === 'docker' || text === 'podman') return { transport: text };
  if (/^oci:./s.test(text))
    return { transport: 'oci', folder: resolvePath(host, text.slice('oci:'.length)) };
  if (text.startsWith('registry://')) return parseRegistryTarget(text);
  if (text.startsWith('docker+ssh://')) return parseSshTarget(text);
  if (/^containerd(:|$)/.test(text)) return parseContainerdTarget(text);
  if (/^k3s(:.|$)/s.test(text))
    return {
      transport: 'k3s',
      folder: resolvePath(host, text.slice('k3s:'.length) || K3S_IMAGES),
    };
  throw new AirkitError('USAGE', `--to ${text}: there is no such target`, {
    hint: 'Targets are docker, docker+ssh://[USER@]HOST, podman, containerd[:NAMESPACE], k3s[:DIR], registry://HOST[/PREFIX] and oci:DIR.',
  });
}

function parseSshTarget(text: string): TargetLocation {
  const ssh = sshDestination(parseSourceLocation(text, '/'));
  return ssh === undefined ? { transport: 'docker' } : { transport: 'docker+ssh', ssh };
}

/** A target and what a person chose for it. */
export interface OpenTarget {
  readonly location: TargetLocation;
  /** Registries: keep the source's host as the first part of names. Default false. */
  readonly scoped?: boolean | undefined;
  /** Registries: what to do with an index of which the kit carries some platforms only. Default `fail`. */
  readonly sparseIndex?: SparseIndex | undefined;
  /** Docker: the engine whose own export is passed on, in place of the images' content. */
  readonly relayFrom?: EngineLocation | undefined;
  /** k3s: names the archive. */
  readonly kit?: { readonly name: string; readonly version: string } | undefined;
}

function parseContainerdTarget(text: string): TargetLocation {
  const { namespace = KUBERNETES_NAMESPACE } = parseSourceLocation(text, '/');
  return { transport: 'containerd', namespace };
}

function parseRegistryTarget(text: string): TargetLocation {
  const { host = '', prefix } = parseSourceLocation(text, '/');
  return { transport: 'registry', host, ...(prefix === undefined ? {} : { prefix }) };
}

/**
 * Opens a target.
 *
 * @throws AirkitError TARGET_FAILED, DISK_FAILED, USAGE for an engine's address that is none, SPEC_INVALID for a
 * `registries.yaml` that is not valid
 */
export async function openTarget(
  host: Host,
  { location, ...choices }: OpenTarget,
  options: OperationOptions = {},
): Promise<ImageTarget> {
  switch (location.transport) {
    case 'docker':
    case 'docker+ssh': {
      const { openDockerTarget } = await import('../transports/docker/target.ts');
      const ssh = location.transport === 'docker' ? undefined : location.ssh;
      const { relayFrom } = choices;
      return openDockerTarget({ environment: host.environment, ssh, relayFrom }, options);
    }
    case 'podman': {
      const { openPodmanTarget } = await import('../transports/podman/target.ts');
      return openPodmanTarget(host.environment, options);
    }
    case 'registry': {
      const { openRegistryTarget } = await import('../transports/registry/target.ts');
      const { host: name, prefix } = location;
      const access = {
        settings: await readRegistrySettings(host, options),
        environment: host.environment,
        certificateFolders: certificateFoldersOf(host),
      };
      return openRegistryTarget({ host: name, prefix, ...choices, ...access }, options);
    }
    case 'oci': {
      const { openLayoutTarget } = await import('../transports/oci/target.ts');
      return openLayoutTarget(location.folder);
    }
    case 'containerd': {
      const { openContainerdTarget } = await import('../transports/containerd/target.ts');
      const { namespace } = location;
      return openContainerdTarget({ namespace, environment: host.environment }, options);
    }
    case 'k3s': {
      const { openK3sTarget } = await import('../transports/k3s/target.ts');
      return openK3sTarget({ folder: location.folder, kit: choices.kit });
    }
    default:
      return location satisfies never;
  }
}
