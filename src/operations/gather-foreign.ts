import type { Problem } from '../errors.ts';
import { firstHolding } from '../content/first-holding.ts';
import type { OperationOptions } from '../content/operation.ts';
import type { OutputSpec } from '../spec/bundles-file.ts';
import { sourceText, type SourceLocation } from '../spec/source-location.ts';
import { gatherImages, type GatheredImages } from './gather-images.ts';
import type { Host } from './host.ts';
import { assembleImageSet } from './image-set.ts';
import type { LoadableImages, LoadableRequest } from './open-loadable.ts';
import type { TargetPlace } from './target-record.ts';

/** All images of an archive or layout, as its targets take them. `from` says where it is, `path` how it was named. */
export async function gatherAll(
  host: Host,
  { path, places, from }: LoadableRequest & { readonly from: SourceLocation },
  options: OperationOptions,
): Promise<GatheredImages> {
  const { transport } = from;
  const text = path === '-' ? `${transport}:-` : sourceText(`${transport}:${path}`);
  const referrers = transport === 'oci';
  return gatherImages(
    host,
    { from, text, include: ['*'], referrers, layers: layersFor(places) },
    options,
  );
}

/**
 * Engines on this machine unpack layers at once: plain ones are passed on as they are in the archive. Where they are kept,
 * or travel, they are compressed first.
 */
function layersFor(places: readonly TargetPlace[]): OutputSpec['layers'] {
  const unpack = places.every(({ location: { transport } }) =>
    ['docker', 'podman'].includes(transport),
  );
  return unpack ? 'none' : 'gzip';
}

/** Gathered images as a kit's are loaded. */
export function loadableImages(
  host: Host,
  gathered: GatheredImages,
  warnings: readonly Problem[] = [],
): LoadableImages {
  const { index, indexBytes } = assembleImageSet(host, gathered);
  const graphs = gathered.images.flatMap(({ input, exact }) =>
    exact === undefined ? [] : [[input.reference, exact.graph] as const],
  );
  const contents = gathered.images.flatMap(({ image }) => image?.content ?? []);
  return {
    index,
    indexBytes,
    graphs: new Map(graphs),
    content: firstHolding([...new Set(contents)]),
    signers: [],
    warnings,
    damaged: new Map(),
    notAtHand: new Map(),
  };
}
