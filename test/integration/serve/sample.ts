/** A site with a kit that has everything a registry can be asked for. */
import { afterAll, beforeAll } from 'vitest';
import { pack } from '../../../src/index.ts';
import { MEDIA_TYPES } from '../../../src/oci/media-types.ts';
import {
  demoBundle,
  makeSite,
  writeBundles,
  writeLayout,
  type Site,
} from '../../cli/support/site.ts';
import {
  buildImage,
  descriptorOf,
  indexRoot,
  jsonBytes,
  manifestRoot,
  type BuiltRoot,
} from '../../support/image-builder.ts';
import { digestOf } from '../../../src/oci/digest.ts';
import { useTempFolder } from '../../support/temp-folder.ts';
import { serveKit, type Reply, type RequestOptions, type ServedKit } from './served-kit.ts';

export interface ServedSample {
  readonly site: Site;
  /** Of two platforms; the kit carries the layers of linux/amd64. */
  readonly api: BuiltRoot;
  /** An artifact with {@link api} as its subject. */
  readonly sbom: BuiltRoot;
  readonly redis: BuiltRoot;
  /** One name on two hosts: one tag means the same, one does not. */
  readonly twins: { readonly ghcr: BuiltRoot; readonly quay: BuiltRoot };
  /** Known by its digest only. */
  readonly pinned: BuiltRoot;
}

export const SBOM_TYPE = 'application/vnd.example.sbom+json';

/** Packs the sample into `kit`. */
export async function makeServedSample(folder: string): Promise<ServedSample> {
  const api = indexRoot('ghcr.io/acme/api:1', [
    await buildImage({ layers: [1, 2] }),
    await buildImage({ layers: [1, 3], architecture: 'arm64' }),
  ]);
  const sbom = artifactOf(api, 'ghcr.io/acme/api:sbom');
  const redis = await root('redis:7', 4);
  const ghcr = await root('ghcr.io/acme/tool:1', 5);
  const quay = await root('quay.io/acme/tool:1', 6);
  const pinned = await root('registry.k8s.io/pause:3', 8);
  const roots = [
    api,
    sbom,
    redis,
    { ...redis, name: 'redis:7.2' },
    { ...redis, name: 'redis:Latest' },
    ghcr,
    quay,
    { ...ghcr, name: 'ghcr.io/acme/tool:same' },
    { ...ghcr, name: 'quay.io/acme/tool:same' },
    { ...pinned, name: `registry.k8s.io/pause@${pinned.descriptor.digest}` },
  ];
  const site = await makeSite(folder);
  await writeLayout(site.path('layout'), roots);
  const from = 'oci:layout';
  const images = [
    { from, include: ['ghcr.io/acme/api:1'], platforms: ['linux/amd64'] },
    { from, include: ['*'], exclude: ['ghcr.io/acme/api:1'] },
  ];
  await writeBundles(site.path('bundles.yaml'), [demoBundle({ images })]);
  await pack(site.host, { output: 'kit' });
  return { site, api, sbom, redis, twins: { ghcr, quay }, pinned };
}

export interface SampleServer {
  readonly sample: () => ServedSample;
  readonly kit: () => ServedKit;
  /** Requests a path below `/v2/`. */
  readonly get: (path: string, options?: RequestOptions) => Promise<Reply>;
}

/** Serves the kit of one sample to all tests of a file. */
export function useServedSample(): SampleServer {
  const folder = useTempFolder();
  let sample: ServedSample | undefined;
  let kit: ServedKit | undefined;
  beforeAll(async () => {
    sample = await makeServedSample(await folder.fresh());
    kit = await serveKit(sample.site, 'kit');
  });
  afterAll(async () => kit?.stop());
  return {
    sample: () => made(sample),
    kit: () => made(kit),
    get: async (path, options) => made(kit).get(`/v2/${path}`, options),
  };
}

function made<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('the sample is made before the tests');
  return value;
}

/** Layers of a manifest in the sample, from the base up. */
export function layersOf(built: BuiltRoot): { digest: string; bytes: Buffer }[] {
  const manifest: { layers: { digest: string }[] } = JSON.parse(textOf(built));
  const blobs = new Map<string, Buffer>(built.blobs);
  return manifest.layers.map(({ digest }) => ({ digest, bytes: blobs.get(digest) ?? Buffer.of() }));
}

/** The document of a root. */
export function textOf({ blobs, descriptor }: BuiltRoot): string {
  return blobs.get(descriptor.digest)?.toString() ?? '';
}

async function root(name: string, seed: number): Promise<BuiltRoot> {
  return manifestRoot(await buildImage({ names: [name], layers: [1, seed] }));
}

function artifactOf({ descriptor }: BuiltRoot, name: string): BuiltRoot {
  const empty = Buffer.from('{}');
  const content = Buffer.from('{"packages":[]}');
  const manifest = jsonBytes({
    schemaVersion: 2,
    mediaType: MEDIA_TYPES.ociManifest,
    artifactType: SBOM_TYPE,
    config: descriptorOf('application/vnd.oci.empty.v1+json', empty),
    layers: [descriptorOf(SBOM_TYPE, content)],
    subject: descriptor,
    annotations: { 'org.example.note': 'made by a test' },
  });
  const blobs = [manifest, empty, content].map((bytes) => [digestOf(bytes), bytes] as const);
  return {
    name,
    descriptor: descriptorOf(MEDIA_TYPES.ociManifest, manifest),
    blobs: new Map(blobs),
  };
}
