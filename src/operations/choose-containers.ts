import { AirkitError } from '../errors.ts';
import type { ContainerEngine } from '../content/container.ts';
import type { ImageSource } from '../content/image.ts';
import type { OperationOptions } from '../content/operation.ts';
import {
  listedSnapshot,
  snapshotSource,
  type ListedSnapshot,
} from '../image-archive/snapshot-source.ts';
import { formatReference } from '../oci/reference.ts';
import { DEFAULT_SNAPSHOT_NAME, nameSnapshot } from '../select/name-snapshot.ts';
import { selectContainers } from '../select/select-containers.ts';
import type { ContainerSelector, ImageSelector } from '../spec/bundles-file.ts';
import type { SourceLocation } from '../spec/source-location.ts';
import { createdOf, type Host } from './host.ts';
import type { FailureLog } from './image-failures.ts';
import type { SourceContext } from './open-source.ts';
import { sshDestination } from './ssh-location.ts';

/** A container that a selector chose, as an image of a source. */
export interface ChosenSnapshot {
  readonly source: ImageSource;
  readonly listed: ListedSnapshot;
  /** The selector, as one of images. */
  readonly selector: ImageSelector;
  readonly pattern: string;
}

export interface ContainerContext extends Omit<SourceContext, 'opened'> {
  readonly failures: FailureLog;
  /** Takes the source, to be closed with the others. */
  readonly sources: ImageSource[];
}

/**
 * Runs a selector of containers. An engine that does not answer, patterns that choose nothing and containers that cannot be
 * named are noted; the others are chosen.
 */
export async function chooseContainers(
  selector: ContainerSelector,
  { failures, sources, ...context }: ContainerContext,
  options: OperationOptions = {},
): Promise<ChosenSnapshot[]> {
  const { position, text, from, keepConfig, changes } = selector;
  const { host, target } = context;
  const subject = { reference: text, position, isSource: true };
  const engine = await failures.attempt(subject, async () => openContainers(from, host, options));
  if (engine === undefined) return [];
  const created = createdOf(host);
  const source = snapshotSource({ engine, target, keepConfig, changes, created });
  sources.push(source);
  const offered = await failures.attempt(subject, async () => engine.list(options));
  const { chosen, unused } = selectContainers(offered ?? [], selector);
  if (offered !== undefined)
    for (const { pattern, error } of unused) failures.note({ reference: pattern, position }, error);
  const naming = { as: selector.as ?? DEFAULT_SNAPSHOT_NAME, created };
  const byName = new Map<string, string>();
  const snapshots: ChosenSnapshot[] = [];
  for (const { container, pattern } of chosen) {
    await failures.attempt({ reference: container.name, position }, async () => {
      const reference = nameSnapshot(container, naming);
      const name = formatReference(reference);
      const other = byName.get(name);
      if (other !== undefined) throw twoUnderOneName(name, [other, container.name]);
      byName.set(name, container.name);
      const listed = listedSnapshot(container, reference);
      snapshots.push({ source, listed, pattern, selector: { ...selector, referrers: false } });
    });
  }
  return snapshots;
}

/**
 * Opens an engine to read its containers.
 *
 * @throws AirkitError UNSUPPORTED for media that hold none, SOURCE_FAILED
 */
export async function openContainers(
  from: SourceLocation,
  { environment }: Host,
  options: OperationOptions = {},
): Promise<ContainerEngine> {
  switch (from.transport) {
    case 'docker':
    case 'docker+ssh': {
      const { openDockerContainers } = await import('../transports/docker/containers.ts');
      return openDockerContainers({ environment, ssh: sshDestination(from) }, options);
    }
    case 'podman': {
      const { openPodmanContainers } = await import('../transports/podman/containers.ts');
      return openPodmanContainers({ environment }, options);
    }
    default:
      throw new AirkitError('UNSUPPORTED', `${from.transport} holds no containers`, {
        hint: 'Take containers from docker, podman or docker+ssh://[USER@]HOST.',
      });
  }
}

function twoUnderOneName(name: string, containers: readonly string[]): AirkitError {
  return new AirkitError(
    'NAME_COLLISION',
    `the containers ${containers.join(' and ')} would both be called ${name}`,
    {
      hint: 'Use {name} or {id} in "as", or leave one out with "exclude".',
      context: { reference: name },
    },
  );
}
