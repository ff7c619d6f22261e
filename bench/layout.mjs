// Writes OCI layouts of generated images.
import { createCipheriv, createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { tarOf } from './support.mjs';

const OCI = 'application/vnd.oci.image';
const CHUNK = 1024 * 1024;

/** @typedef {{ descriptor: object, diffID: string }} Layer */

/** Starts a layout in a new folder; `finish` writes its index. */
export async function openLayout(folder) {
  await mkdir(join(folder, 'blobs', 'sha256'), { recursive: true });
  const manifests = [];
  return {
    folder,
    /** @param {Layer[]} layers bases first */
    addImage: async (name, layers) => {
      const root = await storeImage(folder, name, layers);
      manifests.push({ ...root, annotations: { 'org.opencontainers.image.ref.name': name } });
    },
    finish: async () => {
      await writeFile(join(folder, 'index.json'), json({ schemaVersion: 2, manifests }));
      await writeFile(join(folder, 'oci-layout'), json({ imageLayoutVersion: '1.0.0' }));
    },
  };
}

/** A layer of one small file. */
export async function storeSmallLayer(folder, text) {
  const tar = await tarOf([{ name: 'layer.txt', body: Buffer.from(text) }]);
  const descriptor = await storeBytes(folder, `${OCI}.layer.v1.tar+gzip`, gzipSync(tar));
  return { descriptor, diffID: digestOf(tar) };
}

/** A layer of one file of that many bytes, which no encoder makes smaller; the same bytes for the same seed. */
export async function storeNoiseLayer(folder, seed, size) {
  const archive = pack();
  const filled = pipeline(
    noise(seed, size),
    archive.entry({ name: 'noise', size, mtime: new Date(0) }),
  );
  const closed = filled.then(() => archive.finalize());
  const hash = createHash('sha256');
  const path = join(folder, 'blobs', `noise-${seed}`);
  let bytes = 0;
  await pipeline(
    archive,
    async function* count(chunks) {
      for await (const chunk of chunks) {
        hash.update(chunk);
        bytes += chunk.length;
        yield chunk;
      }
    },
    createWriteStream(path),
  );
  await closed;
  const hex = hash.digest('hex');
  await rename(path, join(folder, 'blobs', 'sha256', hex));
  const digest = `sha256:${hex}`;
  return { descriptor: { mediaType: `${OCI}.layer.v1.tar`, digest, size: bytes }, diffID: digest };
}

function noise(seed, size) {
  const cipher = createCipheriv(
    'aes-128-ctr',
    createHash('md5').update(String(seed)).digest(),
    Buffer.alloc(16),
  );
  const zeros = Buffer.alloc(CHUNK);
  return Readable.from(
    (function* chunks() {
      for (let left = size; left > 0; left -= CHUNK)
        yield cipher.update(zeros.subarray(0, Math.min(left, CHUNK)));
    })(),
  );
}

async function storeImage(folder, name, layers) {
  const config = {
    architecture: 'amd64',
    os: 'linux',
    config: { Labels: { name } },
    rootfs: { type: 'layers', diff_ids: layers.map(({ diffID }) => diffID) },
  };
  const manifest = {
    schemaVersion: 2,
    mediaType: `${OCI}.manifest.v1+json`,
    config: await storeBytes(folder, `${OCI}.config.v1+json`, json(config)),
    layers: layers.map(({ descriptor }) => descriptor),
  };
  return storeBytes(folder, `${OCI}.manifest.v1+json`, json(manifest));
}

async function storeBytes(folder, mediaType, bytes) {
  const digest = digestOf(bytes);
  await writeFile(join(folder, 'blobs', digest.replace(':', '/')), bytes);
  return { mediaType, digest, size: bytes.length };
}

export function digestOf(bytes) {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

export function json(value) {
  return Buffer.from(JSON.stringify(value));
}
