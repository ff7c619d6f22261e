/** An OCI layout, or a docker-archive, with layers so large that there is time to interrupt, written without holding them. */
import { createCipheriv, createHash } from 'node:crypto';
import { mkdir, open, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { digestFromHex, digestOf, hexOf, type Digest } from '../../../src/oci/digest.ts';
import { MEDIA_TYPES } from '../../../src/oci/media-types.ts';
import { encodeHeader } from '../../../src/tar/header.ts';
import { ociLayoutFiles, writeFiles } from '../../support/archive-builder.ts';
import { descriptorOf, jsonBytes } from '../../support/image-builder.ts';

export interface BigImage {
  readonly layers: number;
  /** Of each layer, rounded up to whole MiB. */
  readonly bytesEach: number;
  /** Default `example.com/big:1`. */
  readonly name?: string;
  /** Of the first layer; images have layers in common where seeds meet. Default 1. */
  readonly firstSeed?: number;
}

const MIB = 1024 * 1024;

/** Writes an OCI layout with one image, whose layers do not compress to less than half. */
export async function writeBigLayout(
  folder: string,
  { layers, bytesEach, name = 'example.com/big:1', firstSeed = 1 }: BigImage,
): Promise<void> {
  const blobs = join(folder, 'blobs', 'sha256');
  await mkdir(blobs, { recursive: true });
  const digests: Digest[] = [];
  let size = 0;
  for (let layer = 0; layer < layers; layer += 1) {
    const path = join(folder, 'growing');
    const written = await writeLayer(path, { seed: firstSeed + layer, bytes: bytesEach });
    await rename(path, join(blobs, hexOf(written.digest)));
    digests.push(written.digest);
    size = written.size;
  }
  const config = configOf(digests);
  const manifest = jsonBytes({
    schemaVersion: 2,
    mediaType: MEDIA_TYPES.ociManifest,
    config: descriptorOf(MEDIA_TYPES.ociConfig, config),
    layers: digests.map((digest) => ({ mediaType: MEDIA_TYPES.ociLayer, digest, size })),
  });
  const documents = new Map([manifest, config].map((bytes) => [digestOf(bytes), bytes]));
  const descriptor = descriptorOf(MEDIA_TYPES.ociManifest, manifest);
  const root = { name, descriptor, blobs: documents };
  await writeFiles(folder, ociLayoutFiles([root]));
}

/** Writes a docker-archive with one image of one plain layer. */
export async function writeBigArchive(path: string, bytes: number): Promise<void> {
  const { digest, size } = await writeLayer(`${path}.layer`, { seed: 1, bytes });
  const config = configOf([digest]);
  const item = { Config: 'config.json', RepoTags: ['example.com/big:1'], Layers: ['layer.tar'] };
  const file = await open(path, 'w');
  for (const [name, body] of [
    ['config.json', config],
    ['manifest.json', jsonBytes([item])],
  ] as const) {
    await file.write(encodeHeader({ name, kind: 'file', size: body.byteLength }));
    await file.write(padded(body));
  }
  await file.write(encodeHeader({ name: 'layer.tar', kind: 'file', size }));
  await file.close();
  await writeLayer(path, { seed: 1, bytes, flags: 'a' });
  await writeFile(path, Buffer.alloc(2 * 512), { flag: 'a' });
}

interface LayerRecipe {
  readonly seed: number;
  readonly bytes: number;
  readonly flags?: 'w' | 'a';
}

/** A tar with one file, of which every second MiB is noise and every other is zero: a hole, in a file of its own. */
async function writeLayer(
  path: string,
  { seed, bytes, flags = 'w' }: LayerRecipe,
): Promise<{ digest: Digest; size: number }> {
  const noise = createCipheriv('aes-128-ctr', Buffer.alloc(16, seed), Buffer.alloc(16));
  const zeros = Buffer.alloc(MIB);
  const hash = createHash('sha256');
  const file = await open(path, flags);
  let size = 0;
  const write = async (chunk: Buffer): Promise<void> => {
    hash.update(chunk);
    if (flags === 'a') await file.write(chunk);
    else if (chunk !== zeros) await file.write(chunk, 0, chunk.byteLength, size);
    size += chunk.byteLength;
  };
  const count = Math.ceil(bytes / MIB);
  await write(encodeHeader({ name: 'noise', kind: 'file', size: count * MIB }));
  for (let chunk = 0; chunk < count; chunk += 1)
    await write(chunk % 2 === 0 ? noise.update(zeros) : zeros);
  await write(Buffer.alloc(2 * 512));
  await file.close();
  return { digest: digestFromHex(hash.digest('hex')), size };
}

function configOf(diffIds: readonly Digest[]): Buffer {
  return jsonBytes({
    architecture: 'amd64',
    os: 'linux',
    config: {},
    rootfs: { type: 'layers', diff_ids: diffIds },
  });
}

function padded(body: Buffer): Buffer {
  return Buffer.concat([body, Buffer.alloc((512 - (body.byteLength % 512)) % 512)]);
}
