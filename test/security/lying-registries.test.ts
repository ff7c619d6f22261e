/** Registries that lie about digests, sizes, ranges and types: what is passed on is right, or nothing is. */
import { describe, expect, it } from 'vitest';
import { digestOf } from '../../src/oci/digest.ts';
import { MEDIA_TYPES } from '../../src/oci/media-types.ts';
import {
  config,
  descriptorOf,
  document,
  isBlob,
  isManifest,
  layer,
  listen,
  manifest,
  readImage,
  registryWith,
} from './support/hostile-registry.ts';

const CODED = { code: expect.stringMatching(/^[A-Z]+(?:_[A-Z]+)+$/) };

/** Serves another manifest under the tag. */
async function serving(
  served: Buffer | { readonly body: Buffer; readonly type: string },
): Promise<string> {
  const { body, type } = Buffer.isBuffer(served)
    ? { body: served, type: MEDIA_TYPES.ociManifest }
    : served;
  return listen(
    registryWith((request, response) => {
      if (!isManifest(request)) return false;
      response.writeHead(200, { 'content-type': type, 'content-length': body.byteLength });
      response.end(request.method === 'HEAD' ? '' : body);
      return true;
    }),
  );
}

const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
const index = { schemaVersion: 2, mediaType: MEDIA_TYPES.ociIndex };
const child = descriptorOf(MEDIA_TYPES.ociManifest, manifest);

describe('a manifest', () => {
  it.each<[string, string, Buffer | { readonly body: Buffer; readonly type: string }]>([
    ['that is an index as well', 'CONTENT_INVALID', json({ ...document, manifests: [child] })],
    [
      'that calls itself an index',
      'CONTENT_INVALID',
      json({ ...document, mediaType: MEDIA_TYPES.ociIndex }),
    ],
    ['served as an index', 'CONTENT_INVALID', { body: manifest, type: MEDIA_TYPES.ociIndex }],
    [
      'that is an index, served as a manifest',
      'CONTENT_INVALID',
      json({ ...index, manifests: [child] }),
    ],
    ['with its layers in another case', 'CONTENT_INVALID', json({ ...document, Layers: [] })],
    [
      'with a key twice',
      'CONTENT_INVALID',
      Buffer.from(manifest.toString().replace('{', '{"schemaVersion":2,')),
    ],
    ['with data behind it', 'CONTENT_INVALID', Buffer.concat([manifest, Buffer.from('{}')])],
    [
      'with a sha512',
      'CONTENT_INVALID',
      json({ ...document, config: { ...document.config, digest: `sha512:${'0'.repeat(128)}` } }),
    ],
    [
      'with a digest that is a path',
      'CONTENT_INVALID',
      json({ ...document, config: { ...document.config, digest: 'sha256:../../../etc/passwd' } }),
    ],
    [
      'with a size below zero',
      'CONTENT_INVALID',
      json({ ...document, layers: [{ ...descriptorOf('x', layer), size: -1 }] }),
    ],
    [
      'with a size of 2^53',
      'CONTENT_INVALID',
      json({ ...document, layers: [{ ...descriptorOf('x', layer), size: 2 ** 53 }] }),
    ],
    [
      'nested a thousand deep',
      'CONTENT_INVALID',
      Buffer.from(`${'{"a":'.repeat(1000)}1${'}'.repeat(1000)}`),
    ],
    ['of schema 1', 'UNSUPPORTED', json({ schemaVersion: 1, fsLayers: [] })],
    [
      'whose config has another size',
      'SIZE_MISMATCH',
      json({ ...document, config: { ...document.config, size: config.byteLength + 1 } }),
    ],
    [
      'whose config has more layers',
      'CONTENT_INVALID',
      json({ ...document, layers: [...document.layers, ...document.layers] }),
    ],
  ])('%s is refused: %s', async (_, code, served) => {
    await expect(readImage(await serving(served))).rejects.toMatchObject({ code });
  });
});

describe('a Content-Range', () => {
  const half = Math.floor(layer.byteLength / 2);
  const rest = layer.byteLength - 1;

  it.each([
    `bytes 0-${rest}/${layer.byteLength}`,
    `bytes ${half + 1}-${rest}/${layer.byteLength}`,
    `bytes ${half}-${rest + 5}/${layer.byteLength}`,
    `bytes ${half}-${rest}/${layer.byteLength + 5}`,
    `bytes ${half}-${'9'.repeat(30)}/*`,
    `bytes */${layer.byteLength}`,
    'bytes -1-2/3',
    'x',
  ])('that says "%s" is not believed', async (range) => {
    let cuts = 0;
    const host = await listen(
      registryWith((request, response) => {
        if (request.url?.endsWith(digestOf(layer)) !== true || request.method === 'HEAD')
          return false;
        if (request.headers.range === undefined && cuts > 0) return false;
        cuts += 1;
        if (request.headers.range === undefined) {
          response.writeHead(200, { 'content-length': layer.byteLength });
          response.write(layer.subarray(0, half), () => setTimeout(() => response.destroy(), 10));
          return true;
        }
        response.writeHead(206, { 'content-range': range });
        response.end(Buffer.alloc(layer.byteLength - half));
        return true;
      }),
    );
    expect(await readImage(host)).toBe(3);
    expect(cuts).toBe(2);
  });
});

describe('bytes', () => {
  it.each<[string, Record<string, string>, Buffer]>([
    ['more than the manifest says', {}, Buffer.concat([layer, layer])],
    ['fewer than it says', {}, layer.subarray(1)],
    ['others of the same number', {}, Buffer.alloc(layer.byteLength)],
    ['compressed on the way', { 'content-encoding': 'gzip' }, layer],
    ['more than Content-Length says', { 'content-length': '3' }, layer],
  ])('%s are refused', async (_, headers, body) => {
    const host = await listen(
      registryWith((request, response) => {
        if (!isBlob(request) || request.url?.endsWith(digestOf(layer)) !== true) return false;
        response.writeHead(200, headers);
        response.end(request.method === 'HEAD' ? '' : body);
        return true;
      }),
    );
    await expect(readImage(host)).rejects.toMatchObject(CODED);
  });
});
