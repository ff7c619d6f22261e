import { once } from 'node:events';
import type { FileHandle } from 'node:fs/promises';
import type { Problem } from '../errors.ts';
import type { OperationOptions } from '../content/operation.ts';
import { parseReference } from '../oci/reference.ts';
import { formatAddress } from '../serving/listen-address.ts';
import { publishNames, type PublishedNames } from '../serving/published-names.ts';
import { readServedImages } from '../serving/read-images.ts';
import { groupByRepository } from '../serving/repository.ts';
import { startRegistryServer, type AccessEntry } from '../serving/server.ts';
import type { Host } from './host.ts';
import type { TrustOptions } from './judge-kit.ts';
import { joinBases, type BaseOptions } from './kit-bases.ts';
import { requireAllLayers } from './missing-layers.ts';
import type { OpenKitOptions } from './open-kit.ts';
import { requireVerified, type VerifiedKit } from './require-verified.ts';
import {
  exposureWarnings,
  readServeSettings,
  type ListenSettings,
  type ServeChoices,
} from './serve-settings.ts';

export interface ServeOptions
  extends OpenKitOptions, TrustOptions, ServeChoices, Pick<BaseOptions, 'base'> {
  /** Called once, when clients can connect. */
  readonly onListening?: ((report: ServeReport) => void) | undefined;
  /** Called after each request. */
  readonly onAccess?: ((entry: AccessEntry) => void) | undefined;
}

/** A registry that listens. */
export interface ServeReport {
  readonly kit: { readonly path: string; readonly name: string; readonly version: string };
  /** HOST:PORT, with the port that was found where 0 was asked for. */
  readonly address: string;
  readonly url: string;
  /** As the catalog lists them. */
  readonly repositories: readonly string[];
  readonly warnings: readonly Problem[];
}

/** What a server did in its life. */
export interface ServeSummary {
  readonly requests: number;
  /** Bytes of bodies. */
  readonly sentBytes: number;
  /** Answers that the kit's bytes failed for: damage, or a disk that went away. */
  readonly failures: number;
}

/**
 * Serves a kit as a read-only registry until its signal stops it, and lets answers under way end then. The kit is
 * verified as for a load, and its bases; their files stay open, so that others under the same path are never served.
 *
 * @throws AirkitError VERIFICATION_FAILED, BASE_MISSING for a thin kit that is not whole with its bases, USAGE, KEY_INVALID, DISK_FAILED
 */
export async function serve(
  host: Host,
  path: string,
  options: ServeOptions = {},
): Promise<ServeSummary> {
  const settings = await readServeSettings(host, options);
  const held: FileHandle[] = [];
  try {
    const kit = await requireVerified(host, path, { ...options, held });
    const verified = await joinBases(host, kit, { ...options, held });
    requireAllLayers(path, verified);
    return await serveVerified({ path, verified, settings }, options);
  } finally {
    await Promise.all(held.map(async (file) => file.close()));
  }
}

interface Serving {
  readonly path: string;
  readonly verified: VerifiedKit;
  readonly settings: ListenSettings;
}

async function serveVerified(
  { path, verified, settings }: Serving,
  options: ServeOptions,
): Promise<ServeSummary> {
  const names = await namesOf(verified, options);
  const summary = { requests: 0, sentBytes: 0, failures: 0 };
  const onAccess = (entry: AccessEntry): void => {
    summary.requests += 1;
    summary.sentBytes += entry.bytes;
    if (entry.failure !== undefined) summary.failures += 1;
    options.onAccess?.(entry);
  };
  const { content, index } = verified;
  const server = await startRegistryServer({ ...settings, names, content, onAccess });
  const address = formatAddress(server.address);
  options.onListening?.({
    kit: { path, name: index.name, version: index.version },
    address,
    url: `${settings.tls === undefined ? 'http' : 'https'}://${address}`,
    repositories: names.catalog,
    warnings: [...verified.warnings, ...exposureWarnings(settings)],
  });
  await untilAborted(options.signal);
  // The signal does not reach what is being sent: answers under way may end.
  await server.stop();
  return summary;
}

async function namesOf(
  { index, content, graphs }: VerifiedKit,
  options: OperationOptions,
): Promise<PublishedNames> {
  const images = index.images.flatMap(({ reference }) => {
    const graph = graphs.get(reference);
    return graph === undefined ? [] : [{ reference: parseReference(reference), graph }];
  });
  const { images: served, held } = await readServedImages(images, content, options);
  return publishNames(groupByRepository(served, held));
}

async function untilAborted(signal: AbortSignal | undefined): Promise<void> {
  if (signal?.aborted === true) return;
  await once(signal ?? new AbortController().signal, 'abort');
}
