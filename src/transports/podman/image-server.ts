import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ContentReader } from '../../content/content.ts';
import { countBytes } from '../../content/count-bytes.ts';
import type { TargetImage } from '../../content/image.ts';
import type { ByteStream } from '../../content/operation.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import { hexOf } from '../../oci/digest.ts';
import { heldDescriptors } from '../../oci/image-graph.ts';
import { layerEncodingOf } from '../../oci/media-types.ts';
import type { Reference } from '../../oci/reference.ts';

/** Images of a load, offered on the loopback for podman to pull: it asks only for the layers that it lacks. */
export interface ImageServer extends AsyncDisposable {
  /** The name of an image here, by its root; it holds for the life of the server. */
  nameOf(root: Descriptor): Reference;
  /** Requests for images so far: 0 after a pull means that podman is on another machine. */
  asked(): number;
  /** Aborted with the error of content that turned out damaged while it was sent. */
  readonly damaged: AbortSignal;
}

export interface ImageServerOptions {
  /** Called with the bytes of layers as they are sent. */
  readonly onSent: (bytes: number) => void;
}

/** A repository here; names that a killed load left behind are recognised by it. */
const REPOSITORY = /^airkit-[0-9a-f]{32}$/;

/** True for a name that only a load's own server gives. */
export function isServedName({ registry, repository }: Reference): boolean {
  return registry.startsWith('127.0.0.1:') && REPOSITORY.test(repository);
}

/**
 * Serves images read-only as a registry does (OCI distribution-spec "Pull"), over HTTP on a port of 127.0.0.1. The
 * repository's name is a secret of this load, so that other people of the machine cannot read the kit.
 *
 * @throws Error when there is no free port
 */
export async function serveImages(
  images: readonly TargetImage[],
  { onSent }: ImageServerOptions,
): Promise<ImageServer> {
  const repository = `airkit-${randomBytes(16).toString('hex')}`;
  const damage = new AbortController();
  let asked = 0;
  const shelf: Shelf = { blobs: blobsOf(images), onSent, onDamage: (error) => damage.abort(error) };
  const server = createServer((request, response) => {
    const target = targetOf(request.url ?? '', repository);
    if (target !== undefined) asked += 1;
    answer({ request, response, target }, shelf).catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    nameOf: ({ digest }) => ({ registry: `127.0.0.1:${port}`, repository, tag: hexOf(digest) }),
    asked: () => asked,
    damaged: damage.signal,
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

interface Blob {
  readonly target: Descriptor;
  readonly content: ContentReader;
}

interface Shelf {
  /** By the hex digits of their digests. */
  readonly blobs: ReadonlyMap<string, Blob>;
  readonly onSent: (bytes: number) => void;
  readonly onDamage: (error: unknown) => void;
}

function blobsOf(images: readonly TargetImage[]): Map<string, Blob> {
  const blobs = new Map<string, Blob>();
  for (const { graph, content } of images) {
    for (const target of heldDescriptors(graph))
      blobs.set(hexOf(target.digest), { target, content });
  }
  return blobs;
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Hex digits; undefined for what is not this load's. */
  readonly target: string | undefined;
}

/** Digests stand for themselves, and as hex digits for tags. */
function targetOf(url: string, repository: string): string | undefined {
  const [, name, hex] =
    /^\/v2\/([^/]+)\/(?:manifests|blobs)\/(?:sha256:)?([0-9a-f]{64})$/.exec(url) ?? [];
  return name === repository ? hex : undefined;
}

async function answer({ request, response, target }: Exchange, shelf: Shelf): Promise<void> {
  const blob = shelf.blobs.get(target ?? '');
  if (request.url === '/v2/') {
    response.end();
  } else if (blob === undefined || (request.method !== 'GET' && request.method !== 'HEAD')) {
    response.statusCode = 404;
    response.end();
  } else {
    await sendBlob({ response, isBodiless: request.method === 'HEAD' }, blob, shelf);
  }
}

async function sendBlob(
  { response, isBodiless }: { readonly response: ServerResponse; readonly isBodiless: boolean },
  { target, content }: Blob,
  { onSent, onDamage }: Shelf,
): Promise<void> {
  if (!(await content.has(target))) {
    // A layer that podman was thought to have: its pull fails, and nothing of the kit is damaged.
    response.statusCode = 404;
    response.end();
    return;
  }
  response.setHeader('content-type', target.mediaType);
  response.setHeader('content-length', target.size);
  response.setHeader('docker-content-digest', target.digest);
  if (isBodiless) {
    response.end();
    return;
  }
  const isLayer = layerEncodingOf(target.mediaType) !== undefined;
  const bytes = watched(content.fetch(target), onDamage);
  const body = isLayer ? countBytes(bytes, onSent) : bytes;
  await pipeline(Readable.from(body, { objectMode: false }), response);
}

/** A stream that podman leaves ends quietly; one that throws is the kit's own failure. */
async function* watched(
  bytes: ByteStream,
  onDamage: (error: unknown) => void,
): AsyncGenerator<Uint8Array, void> {
  try {
    yield* bytes;
  } catch (error) {
    onDamage(error);
    throw error;
  }
}
