/** A registry of one image, `app:1`, that tells one lie; other hosts are other addresses of loopback. */
import { once } from 'node:events';
import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { afterEach } from 'vitest';
import type { Descriptor } from '../../../src/oci/descriptor.ts';
import { digestOf } from '../../../src/oci/digest.ts';
import { MEDIA_TYPES } from '../../../src/oci/media-types.ts';
import { openRegistrySource } from '../../../src/transports/registry/source.ts';
import { readAll } from '../../unit/registry/filled-registry.ts';
import { accessOf } from '../../unit/registry/registry-world.ts';

const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

/** Starts a server on an address of its own; @returns HOST:PORT */
export async function listen(answer: RequestListener, address = '127.0.0.1'): Promise<string> {
  const server = createServer(answer).listen(0, address);
  servers.push(server);
  await once(server, 'listening');
  const found = server.address();
  return `${address}:${typeof found === 'object' ? found?.port : ''}`;
}

export const layer: Buffer = Buffer.from('a layer that is no tar, which no registry looks at');
export const config: Buffer = Buffer.from(
  JSON.stringify({
    architecture: 'amd64',
    os: 'linux',
    rootfs: { type: 'layers', diff_ids: [digestOf(layer)] },
  }),
);
export const descriptorOf = (mediaType: string, bytes: Buffer): Descriptor => ({
  mediaType,
  digest: digestOf(bytes),
  size: bytes.byteLength,
});
export const document: {
  readonly schemaVersion: number;
  readonly mediaType: string;
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
} = {
  schemaVersion: 2,
  mediaType: MEDIA_TYPES.ociManifest,
  config: descriptorOf(MEDIA_TYPES.ociConfig, config),
  layers: [descriptorOf('application/vnd.oci.image.layer.v1.tar', layer)],
};
export const manifest: Buffer = Buffer.from(JSON.stringify(document));

/** What one kind of request is answered with; undefined leaves it to the honest registry. */
export type Lie = (...call: Parameters<RequestListener>) => boolean;

/** The image `app:1`, and one lie. */
export function registryWith(lie: Lie): RequestListener {
  return (request, response) => {
    const { url = '' } = request;
    if (lie(request, response)) return;
    const [bytes, type] = url.includes('/manifests/')
      ? [manifest, MEDIA_TYPES.ociManifest]
      : [url.endsWith(digestOf(config)) ? config : layer, 'application/octet-stream'];
    if (url === '/v2/') response.end('{}');
    else if (url.includes('/referrers/')) response.writeHead(404).end();
    else {
      response.setHeader('content-type', type);
      response.setHeader('content-length', bytes.byteLength);
      response.end(request.method === 'HEAD' ? '' : bytes);
    }
  };
}

export async function readImage(host: string, environment = {}): Promise<number> {
  const access = accessOf({ environment, patience: 1000 });
  await using source = await openRegistrySource({ ...access, host, include: ['app:1'] });
  return await readAll(source);
}

export const isBlob = ({ url = '' }: { url?: string | undefined }): boolean =>
  url.includes('/blobs/');
export const isManifest = ({ url = '' }: { url?: string | undefined }): boolean =>
  url.includes('/manifests/');

export const isList = ({ url = '' }: { url?: string | undefined }): boolean =>
  url.includes('/tags/list');

/** Sends zeros for as long as somebody takes them. @returns how many, so far */
export function endless(response: ServerResponse): { sent: number } {
  const count = { sent: 0 };
  const chunk = Buffer.alloc(64 * 1024);
  const send = (): void => {
    while (!response.destroyed) {
      count.sent += chunk.byteLength;
      if (!response.write(chunk)) break;
    }
  };
  response.on('drain', send);
  send();
  return count;
}
