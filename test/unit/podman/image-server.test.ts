import { describe, expect, it } from 'vitest';
import type { TargetImage } from '../../../src/content/image.ts';
import { AirkitError } from '../../../src/errors.ts';
import { isServedName, serveImages } from '../../../src/transports/podman/image-server.ts';
import { buildImage, manifestRoot, type BuiltRoot } from '../../support/image-builder.ts';
import { targetImage } from '../registry/registry-world.ts';

async function sample(): Promise<{ root: BuiltRoot; image: TargetImage }> {
  const root = manifestRoot(await buildImage({ layers: [1, 2] }));
  return { root, image: await targetImage('redis:7', root) };
}

const quiet = { onSent: (): void => undefined };

describe('the server of a load', () => {
  it('gives every blob of the images by its digest, and counts the bytes of layers', async () => {
    const { root, image } = await sample();
    let sent = 0;
    const onSent = (bytes: number): void => {
      sent += bytes;
    };
    await using server = await serveImages([image], { onSent });
    const { registry, repository } = server.nameOf(image.root);
    const base = `http://${registry}/v2`;
    expect((await fetch(`${base}/`)).status).toBe(200);
    expect(server.asked()).toBe(0);
    for (const [digest, bytes] of root.blobs) {
      const kind = digest === root.descriptor.digest ? 'manifests' : 'blobs';
      const answer = await fetch(`${base}/${repository}/${kind}/${digest}`);
      expect(answer.headers.get('docker-content-digest')).toBe(digest);
      expect(Buffer.from(await answer.arrayBuffer())).toEqual(bytes);
    }
    const layers = image.graph.manifests.flatMap((manifest) => manifest.layers);
    expect(sent).toBe(layers.reduce((sum, { descriptor }) => sum + descriptor.size, 0));
    expect(server.asked()).toBe(root.blobs.size);
  });

  it('knows the root by the tag that it names, with its media type', async () => {
    const { image } = await sample();
    await using server = await serveImages([image], quiet);
    const name = server.nameOf(image.root);
    const url = `http://${name.registry}/v2/${name.repository}/manifests/${name.tag}`;
    const answer = await fetch(url, { method: 'HEAD' });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe(image.root.mediaType);
    expect(answer.headers.get('content-length')).toBe(String(image.root.size));
    expect(isServedName(name)).toBe(true);
  });

  it('shows nothing to who does not know its secret, and takes no writes', async () => {
    const { image } = await sample();
    await using server = await serveImages([image], quiet);
    const { registry, repository } = server.nameOf(image.root);
    const { digest } = image.root;
    const other = repository.replace(/[0-9a-f]{32}/u, '0'.repeat(32));
    for (const path of [
      `/v2/${other}/manifests/${digest}`,
      `/v2/manifests/${digest}`,
      '/v2/_catalog',
      `/v2/${repository}/tags/list`,
      `/v2/${repository}/blobs/sha256:${'0'.repeat(64)}`,
    ]) {
      const answer = await fetch(`http://${registry}${path}`);
      expect(answer.status).toBe(404);
      expect(await answer.text()).toBe('');
    }
    const url = `http://${registry}/v2/${repository}/manifests/${digest}`;
    expect((await fetch(url, { method: 'PUT', body: '{}' })).status).toBe(404);
  });

  it('breaks off content that is damaged, and tells why', async () => {
    const { image } = await sample();
    const damage = new AirkitError('DIGEST_MISMATCH', 'damaged');
    const content = {
      ...image.content,
      async *fetch(): AsyncGenerator<Uint8Array, void> {
        yield new Uint8Array(1);
        throw damage;
      },
    };
    await using server = await serveImages([{ ...image, content }], quiet);
    const { registry, repository } = server.nameOf(image.root);
    const url = `http://${registry}/v2/${repository}/manifests/${image.root.digest}`;
    await expect(fetch(url).then(async (answer) => answer.arrayBuffer())).rejects.toThrow();
    expect(server.damaged.reason).toBe(damage);
  });
});
