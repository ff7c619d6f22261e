// Writes the OCI layout that examples/quickstart.yaml packs from: a few images of some KB that share layers, the same
// bytes on every run. They hold one text file for each layer and no program.
import { createHash } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const IMAGES = [
  { name: 'registry.k8s.io/kube-proxy:v1.30.2', layers: ['base', 'kubernetes', 'kube-proxy'] },
  { name: 'registry.k8s.io/kube-apiserver:v1.30.2', layers: ['base', 'kubernetes', 'apiserver'] },
  { name: 'ghcr.io/acme/k8s-agent:2.3.0', layers: ['base', 'k8s-agent'] },
  { name: 'docker.io/library/redis:7', layers: ['base', 'redis'] },
  { name: 'docker.io/library/nginx:1.25', layers: ['base', 'nginx'] },
];
const OCI = 'application/vnd.oci.image';

/** Writes the layout; what was in the folder is replaced. */
export async function makeExampleLayout(folder) {
  await rm(folder, { recursive: true, force: true });
  await mkdir(join(folder, 'blobs', 'sha256'), { recursive: true });
  const store = async (mediaType, bytes) => {
    const hex = createHash('sha256').update(bytes).digest('hex');
    await writeFile(join(folder, 'blobs', 'sha256', hex), bytes);
    return { mediaType, digest: `sha256:${hex}`, size: bytes.length };
  };
  const manifests = [];
  for (const image of IMAGES) manifests.push(await storeImage(image, store));
  await writeFile(join(folder, 'index.json'), json({ schemaVersion: 2, manifests }));
  await writeFile(join(folder, 'oci-layout'), json({ imageLayoutVersion: '1.0.0' }));
  return IMAGES.map(({ name }) => name);
}

async function storeImage({ name, layers: contents }, store) {
  const tars = contents.map((content) => tarOf(`${content}.txt`, textOf(content)));
  const config = {
    architecture: 'amd64',
    os: 'linux',
    config: { Cmd: ['/bin/true'] },
    rootfs: { type: 'layers', diff_ids: tars.map((tar) => `sha256:${sha256(tar)}`) },
  };
  const layers = [];
  for (const tar of tars) layers.push(await store(`${OCI}.layer.v1.tar`, tar));
  const manifest = {
    schemaVersion: 2,
    mediaType: `${OCI}.manifest.v1+json`,
    config: await store(`${OCI}.config.v1+json`, json(config)),
    layers,
  };
  const root = await store(`${OCI}.manifest.v1+json`, json(manifest));
  const annotations = { 'org.opencontainers.image.ref.name': name };
  return { ...root, annotations: { ...annotations, 'io.containerd.image.name': name } };
}

/** Some KB that look different for each name. */
function textOf(name) {
  const lines = Array.from({ length: name === 'base' ? 240 : 60 }, (_, line) =>
    sha256(`${name} ${line}`),
  );
  return `${lines.join('\n')}\n`;
}

/** A tar of one file (POSIX ustar): header, body, padding, two zero blocks. */
function tarOf(name, text) {
  const body = Buffer.from(text);
  const header = Buffer.alloc(512);
  header.write(name, 0);
  header.write('0000644\0' + '0000000\0'.repeat(2), 100);
  header.write(
    `${body.length.toString(8).padStart(11, '0')}\0${'0'.repeat(11)}\0${' '.repeat(8)}0`,
    124,
  );
  header.write('ustar\u000000', 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return Buffer.concat([header, body, Buffer.alloc(1024 + ((512 - (body.length % 512)) % 512))]);
}

function json(value) {
  return Buffer.from(JSON.stringify(value));
}

function sha256(bytes) {
  return createHash('sha256').update(bytes).digest('hex');
}
