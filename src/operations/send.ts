import type { OperationOptions } from '../content/operation.ts';
import { openEncoder } from '../compression/encoder.ts';
import { openCache } from '../content/cache.ts';
import { formatReference } from '../oci/reference.ts';
import { parseSourceLocation, sourceText, type SourceLocation } from '../spec/source-location.ts';
import type { EngineLocation } from '../transports/docker/connect.ts';
import { gatherImages } from './gather-images.ts';
import { cacheFolderOf, type Host } from './host.ts';
import { loadableImages } from './gather-foreign.ts';
import { loadImages, type LoadOptions, type LoadReport } from './load.ts';
import { parseTargets } from './load-targets.ts';
import { relayedImages } from './relayed-images.ts';
import { selectListed } from './select-listed.ts';
import { sshDestination } from './ssh-location.ts';
import type { TargetPlace } from './target-record.ts';

export interface SendOptions
  extends
    OperationOptions,
    Pick<
      LoadOptions,
      'rename' | 'platforms' | 'onExistingTag' | 'scoped' | 'sparseIndex' | 'dryRun' | 'receipt'
    > {
  /** `docker` (default), `podman`, `registry`, `oci:DIR`, … as in a bundles file. */
  readonly from?: string | undefined;
}

export interface SendReport extends Omit<LoadReport, 'kit'> {
  readonly from: string;
  /** `stream`: nothing was written on this machine. `cache`: what the source exported was kept there first. */
  readonly through: 'stream' | 'cache';
}

/**
 * Copies images from a source into a target; only what the target lacks travels. Between two classic Docker stores the
 * one's export streams into the other and nothing is written on this machine; else it is kept in the cache first.
 *
 * @param references names or patterns, each of which must match
 * @param to as `load` takes it
 * @throws AirkitError USAGE, NO_MATCH, SOURCE_FAILED, and what `load` throws
 */
export async function send(
  host: Host,
  { references, to }: { readonly references: readonly string[]; readonly to: string },
  options: SendOptions = {},
): Promise<SendReport> {
  const { from: text = 'docker', scoped, sparseIndex } = options;
  const from = parseSourceLocation(text, host.directory);
  const [place] = parseTargets(host, [to], { scoped, sparseIndex });
  if (place === undefined) throw new Error('a target was not read');
  const request = { references, from, text: sourceText(text), place };
  const relay = relayLocations(host, from, place);
  const { canRelay } = await import('../transports/docker/relay-archive.ts');
  const isRelayed = relay !== undefined && (await canRelay(relay, options));
  const { kit: _, ...report } = isRelayed
    ? await sendStream(host, { ...request, source: relay.source }, options)
    : await sendCached(host, request, options);
  return { from: text, through: isRelayed ? 'stream' : 'cache', ...report };
}

interface SendRequest {
  readonly references: readonly string[];
  readonly from: SourceLocation;
  readonly text: string;
  readonly place: TargetPlace;
}

/** Undefined unless both ends are Docker engines. */
function relayLocations(
  { environment }: Host,
  from: SourceLocation,
  { location }: TargetPlace,
): { source: EngineLocation; target: EngineLocation } | undefined {
  const isSource = from.transport === 'docker' || from.transport === 'docker+ssh';
  if (!isSource || !(location.transport === 'docker' || location.transport === 'docker+ssh'))
    return undefined;
  const ssh = location.transport === 'docker' ? undefined : location.ssh;
  return { source: { environment, ssh: sshDestination(from) }, target: { environment, ssh } };
}

async function sendStream(
  host: Host,
  { references, text, place, source: location }: SendRequest & { readonly source: EngineLocation },
  options: SendOptions,
): Promise<LoadReport> {
  const { openDockerSource } = await import('../transports/docker/source.ts');
  // Describing reads from the cache and writes nothing to it.
  const target = {
    cache: openCache(cacheFolderOf(host)),
    encoder: await openEncoder('none'),
  };
  await using source = await openDockerSource({ ...location, target }, options);
  options.onProgress?.({ kind: 'phase', phase: 'list' });
  const chosen = await selectListed(source, { text, include: references }, options);
  const descriptions = await source.describe(
    chosen.map(({ listed }) => listed),
    options,
  );
  const images = chosen.flatMap(({ listed, pattern }, position) => {
    const description = descriptions[position];
    const reference = formatReference(listed.reference);
    return description === undefined
      ? []
      : [{ reference, original: reference, pattern, description }];
  });
  const kit = relayedImages(host, images, text);
  const places = [{ ...place, relayFrom: location }];
  return await loadImages(host, { path: text, kit, places }, options);
}

/** Engines keep no signatures, SBOMs or attestations of images. */
const KEEP_REFERRERS: ReadonlySet<string> = new Set(['oci', 'registry']);

async function sendCached(
  host: Host,
  { references, from, text, place }: SendRequest,
  options: SendOptions,
): Promise<LoadReport> {
  const { platforms } = options;
  const gathering = { from, text, include: references, platforms, layers: 'gzip' as const };
  const referrers = [from, place.location].every(({ transport }) => KEEP_REFERRERS.has(transport));
  await using gathered = await gatherImages(host, { ...gathering, referrers }, options);
  const kit = loadableImages(host, gathered);
  return await loadImages(host, { path: text, kit, places: [place] }, options);
}
