import { AirkitError } from '../errors.ts';
import { reportBytes } from '../content/count-bytes.ts';
import type { ContainerEngine, InspectedContainer, ListedContainer } from '../content/container.ts';
import type { Image, ImageDescription, ImageSource, ListedImage } from '../content/image.ts';
import type { ByteStream, OperationOptions } from '../content/operation.ts';
import { canonicalJson } from '../oci/canonical-json.ts';
import { digestOf } from '../oci/digest.ts';
import { applyChanges } from '../oci/dockerfile/change.ts';
import { formatPlatform } from '../oci/platform.ts';
import { formatReference, type Reference } from '../oci/reference.ts';
import type { RuntimeConfig } from '../oci/runtime-config.ts';
import { estimateFromFacts } from './estimate-image.ts';
import { flatImage } from './flat-image.ts';
import { ingestLayer, type IngestTarget } from './ingest-layer.ts';

/** How a container becomes an image. */
export interface SnapshotRules {
  /** Keeps the container's command, environment, user and so on. */
  readonly keepConfig: boolean;
  /** Dockerfile instructions, applied to that. */
  readonly changes: readonly string[];
  /** RFC 3339, from SOURCE_DATE_EPOCH; absent: the config tells no time. */
  readonly created?: string | undefined;
}

/** A container, and the name that its snapshot gets. */
export interface ListedSnapshot extends ListedImage {
  readonly container: ListedContainer;
}

export interface SnapshotContext extends SnapshotRules {
  readonly engine: ContainerEngine;
  readonly target: IngestTarget;
}

/**
 * Containers of an engine as images. Nothing proves that a container did not change since it was exported, so each is
 * exported anew; layers with equal bytes are one blob all the same. The engine is closed with the source.
 */
export function snapshotSource(context: SnapshotContext): ImageSource<ListedSnapshot> {
  const { engine } = context;
  const inspected = new Map<string, Promise<InspectedContainer>>();
  const taken = new Map<ListedSnapshot, Image>();
  const look = async ({ container: { id } }: ListedSnapshot): Promise<InspectedContainer> => {
    const known = inspected.get(id) ?? engine.inspect(id);
    inspected.set(id, known);
    return known;
  };
  return {
    list: async () => ({ images: [], skipped: [] }),
    describe: async (snapshots, options) => {
      options?.signal?.throwIfAborted();
      return Promise.all(snapshots.map(async (one) => describe(context, one, await look(one))));
    },
    resolve: async (snapshots, options = {}) => {
      const images: Image[] = [];
      options.onProgress?.({ kind: 'phase', phase: 'export' });
      for (const one of snapshots) {
        if (taken.has(one)) continue;
        const { size } = await look(one);
        if (size > 0) options.onProgress?.({ kind: 'expected', bytes: size });
      }
      for (const one of snapshots) {
        // What one request has exported is not exported again when another container of it fails.
        const image =
          taken.get(one) ?? (await take({ ...context, one, inspected: await look(one) }, options));
        taken.set(one, image);
        images.push(image);
      }
      return images;
    },
    [Symbol.asyncDispose]: async () => engine[Symbol.asyncDispose](),
  };
}

/** A container under the name of its snapshot. */
export function listedSnapshot(container: ListedContainer, reference: Reference): ListedSnapshot {
  return { reference, container, labels: async () => container.labels };
}

async function describe(
  context: SnapshotContext,
  { container, reference }: ListedSnapshot,
  { platform, runtime, size, mounts }: InspectedContainer,
): Promise<ImageDescription> {
  const config = canonicalJson(runtimeOf(context, runtime));
  const facts = { platform: formatPlatform(platform), configSize: undefined };
  const layers = [{ diffId: undefined, plainSize: size }];
  const stand = digestOf(`${container.id}\n${config.toString()}`);
  const estimate = await estimateFromFacts({ ...facts, imageId: stand, layers }, context.target);
  // The same container with the same config is the same image, whichever selector chose it; its ID nobody knows yet.
  const blobs = estimate.blobs.map((blob) => ({
    ...blob,
    key: `${blob.kind} of snapshot ${stand}`,
  }));
  return {
    estimate: { ...estimate, imageId: undefined, blobs },
    warnings: warnAboutMounts(container, { reference, mounts }),
  };
}

interface Taking extends SnapshotContext {
  readonly one: ListedSnapshot;
  readonly inspected: InspectedContainer;
}

async function take(
  { engine, target, created, one, inspected, ...rules }: Taking,
  options: OperationOptions,
): Promise<Image> {
  const { container, reference } = one;
  const bytes = wholeExport(engine.export(container.id, options), container);
  const layer = await ingestLayer(reportBytes(bytes, options), target, options);
  const runtime = runtimeOf(rules, inspected.runtime);
  return flatImage({ reference, platform: inspected.platform, runtime, created }, layer, target);
}

function runtimeOf({ keepConfig, changes }: SnapshotRules, runtime: RuntimeConfig): RuntimeConfig {
  return applyChanges(keepConfig ? runtime : {}, changes);
}

function warnAboutMounts(
  { name }: ListedContainer,
  { reference, mounts }: { readonly reference: Reference; readonly mounts: readonly string[] },
): string[] {
  if (mounts.length === 0) return [];
  return [
    `${formatReference(reference)}: the snapshot holds nothing of what is mounted in container ${name}: ${mounts.join(', ')}`,
  ];
}

/** Blocks of zeros that end a tar, in bytes. */
const END_BYTES = 1024;

/** Engines append an error to what they have sent: an export is whole when it ends as a tar does. */
async function* wholeExport(
  bytes: ByteStream,
  { id, name }: ListedContainer,
): AsyncGenerator<Uint8Array, void> {
  let end = new Uint8Array();
  for await (const chunk of bytes) {
    const tail = chunk.subarray(-END_BYTES);
    end = Buffer.concat([end, tail]).subarray(-END_BYTES);
    yield chunk;
  }
  if (end.byteLength === END_BYTES && end.every((byte) => byte === 0)) return;
  throw new AirkitError(
    'SOURCE_FAILED',
    `container ${name} (${id.slice(0, 12)}): its export broke off`,
    {
      hint: "The engine's own log says why.",
      context: { container: name },
    },
  );
}
