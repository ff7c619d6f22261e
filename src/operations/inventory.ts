import { AirkitError } from '../errors.ts';
import type { HeldContent } from '../content/held-content.ts';
import type { ImageTarget } from '../content/image.ts';
import type { OperationOptions } from '../content/operation.ts';
import { writeFileAtomically } from '../content/write-file.ts';
import { formatInventory } from '../inventory/inventory-file.ts';
import { resolvePath, type Host } from './host.ts';
import { openTarget, parseTarget } from './open-target.ts';

export interface InventoryOptions extends OperationOptions {
  /** Where to write it. Default: nowhere, `document` has it. */
  readonly output?: string | undefined;
}

export interface InventoryReport {
  readonly target: string;
  readonly images: HeldContent['images'];
  readonly layers: number;
  readonly blobs: number;
  /** Absolute; undefined when it was not written. */
  readonly path?: string | undefined;
  /** The file's bytes. */
  readonly document: Uint8Array;
}

/**
 * Takes down what a target holds, so that it can be carried to where kits are made.
 *
 * @throws AirkitError USAGE, UNSUPPORTED, TARGET_FAILED, DISK_FAILED, NO_SPACE
 */
export async function inventory(
  host: Host,
  to: string,
  options: InventoryOptions = {},
): Promise<InventoryReport> {
  const location = parseTarget(host, to);
  // Its folder is opened for one kit only.
  if (location.transport === 'k3s') throw cannotTell(to);
  await using target = await openTarget(host, { location }, options);
  const held = await takeInventory(target, options);
  const document = formatInventory({ target: target.name, ...held });
  const path = options.output === undefined ? undefined : resolvePath(host, options.output);
  if (path !== undefined) await writeFileAtomically(path, document);
  const { images, diffIds, blobs } = held;
  return { target: to, images, layers: diffIds.size, blobs: blobs.size, path, document };
}

/** @throws AirkitError UNSUPPORTED for a target that cannot tell */
export async function takeInventory(
  target: ImageTarget,
  options: OperationOptions,
): Promise<HeldContent> {
  const held = await target.takeInventory?.(options);
  if (held === undefined) throw cannotTell(target.name);
  return held;
}

function cannotTell(target: string): AirkitError {
  return new AirkitError('UNSUPPORTED', `${target}: this target cannot tell what it holds`, {
    hint: 'k3s takes archives out of its folder into its containerd: use airkit inventory containerd there, with CONTAINERD_ADDRESS=/run/k3s/containerd/containerd.sock.',
  });
}
