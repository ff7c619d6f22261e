import { AirkitError, isAirkitError } from '../../errors.ts';
import type { OperationOptions } from '../../content/operation.ts';
import { formatPlatform, samePlatform } from '../../oci/platform.ts';
import { formatReference, type Reference } from '../../oci/reference.ts';
import { packImageArchive } from './image-archive.ts';
import type { ImageServer } from './image-server.ts';
import type { Podman } from './podman.ts';
import { hasConfig, type WantedImage } from './survey.ts';

/** What a load sends with. */
export interface Sending {
  readonly podman: Podman;
  readonly server: ImageServer;
  /** Called with the bytes of layers as they are sent. */
  readonly onSent: (bytes: number) => void;
  /** What was found out: true for a podman that cannot reach the server, since it is on another machine. */
  isApart: boolean;
}

/** After a stop the name that a pull gave is still taken away; longer than this, in milliseconds, nobody waits. */
const LONGEST_CLEANUP = 10_000;

/**
 * Sends one image and names it. Podman pulls it from the load's own server, which keeps digests, needs no second copy
 * on disk and moves only layers that podman lacks. A podman that cannot reach the server, since it is on another
 * machine, gets an archive.
 *
 * @throws AirkitError TARGET_FAILED; errors of the kit's content
 */
export async function sendImage(
  sending: Sending,
  wanted: WantedImage,
  options: OperationOptions = {},
): Promise<void> {
  const { podman, server } = sending;
  const pulled = server.nameOf(wanted.image.root);
  if (!sending.isApart) await pull(sending, { pulled, wanted }, options);
  if (sending.isApart) {
    await sendArchive(sending, wanted, options);
    return;
  }
  try {
    await requireWanted(podman, { pulled, wanted }, options);
    await giveName(sending, { pulled, wanted }, options);
  } finally {
    const cleanup = AbortSignal.timeout(LONGEST_CLEANUP);
    await podman.untag(pulled, { signal: cleanup }).catch(() => undefined);
  }
}

interface Pulled {
  readonly pulled: Reference;
  readonly wanted: WantedImage;
}

/** A pull that asked the server for nothing never reached it. */
async function pull(
  sending: Sending,
  { pulled, wanted }: Pulled,
  options: OperationOptions,
): Promise<void> {
  const { podman, server } = sending;
  const { image, manifest } = wanted;
  const platform = image.graph.indexes.length === 0 ? undefined : manifest.platform;
  const signal = joinSignals(options.signal, server.damaged);
  try {
    await podman.pull({ reference: pulled, platform }, { ...options, signal });
  } catch (error) {
    signal.throwIfAborted();
    if (server.asked() > 0 || !isAirkitError(error, 'TARGET_FAILED')) throw error;
    sending.isApart = true;
  }
}

/** The right name is given only to the right image. */
async function requireWanted(
  podman: Podman,
  { pulled, wanted }: Pulled,
  options: OperationOptions,
): Promise<void> {
  const name = formatReference(pulled);
  const found = (await podman.inspect([name], options)).get(name);
  if (hasConfig(wanted, found)) return;
  const { digest } = wanted.manifest.config;
  throw targetFailed(
    podman,
    `podman pulled ${found?.id ?? 'nothing'} where ${digest} was offered for ${formatPlatform(wanted.manifest.platform)}`,
  );
}

/** A name with a digest cannot be given to an image, only come with it: so the documents are sent once more. */
async function giveName(
  sending: Sending,
  { pulled, wanted }: Pulled,
  options: OperationOptions,
): Promise<void> {
  const { podman, onSent } = sending;
  const { image, name } = wanted;
  if (name.digest === undefined) {
    await podman.tag(formatReference(pulled), name, options);
    return;
  }
  requireOwnPlatform(podman, wanted);
  const archive = { image, name: formatReference(name), layersOf: undefined, onSent };
  try {
    await podman.load(packImageArchive(archive, options), options);
  } catch (error) {
    options.signal?.throwIfAborted();
    if (!isAirkitError(error, 'TARGET_FAILED')) throw error;
    await sendArchive(sending, wanted, options);
  }
}

async function sendArchive(
  { podman, onSent }: Sending,
  wanted: WantedImage,
  options: OperationOptions,
): Promise<void> {
  requireOwnPlatform(podman, wanted);
  const { image, manifest, name } = wanted;
  const archive = { image, name: formatReference(name), layersOf: manifest, onSent };
  await podman.load(packImageArchive(archive, options), options);
}

/** From an archive podman takes the platform that it runs, whatever is asked for. */
function requireOwnPlatform(podman: Podman, { image, manifest }: WantedImage): void {
  const isOwn = samePlatform(manifest.platform, podman.platform);
  if (isOwn || image.graph.indexes.length === 0) return;
  throw targetFailed(
    podman,
    `podman takes ${formatPlatform(manifest.platform)} of an index only under a name with a tag, and only from the machine that it is on`,
  );
}

function targetFailed({ address }: Podman, message: string): AirkitError {
  return new AirkitError('TARGET_FAILED', message, { context: { address } });
}

function joinSignals(signal: AbortSignal | undefined, other: AbortSignal): AbortSignal {
  return signal === undefined ? other : AbortSignal.any([signal, other]);
}
