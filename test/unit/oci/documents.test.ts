import { describe, expect, it } from 'vitest';
import { digestOf } from '../../../src/oci/digest.ts';
import { formatDockerManifest, parseDockerManifest } from '../../../src/oci/docker-manifest.ts';
import { parseImageConfig, requireLayerCount } from '../../../src/oci/image-config.ts';
import {
  parseImageIndex,
  parseImageManifest,
  successors,
} from '../../../src/oci/image-manifest.ts';
import { MEDIA_TYPES } from '../../../src/oci/media-types.ts';
import { jsonBytes } from '../../support/image-builder.ts';

const invalid = expect.objectContaining({ code: 'CONTENT_INVALID' });
const digest = digestOf('x');
const config = { mediaType: MEDIA_TYPES.ociConfig, digest, size: 1 };
const layer = { mediaType: `${MEDIA_TYPES.ociLayer}+gzip`, digest: digestOf('y'), size: 2 };
const manifest = { schemaVersion: 2, mediaType: MEDIA_TYPES.ociManifest, config, layers: [layer] };
const index = { schemaVersion: 2, mediaType: MEDIA_TYPES.ociIndex, manifests: [config] };
const asManifest = { mediaType: MEDIA_TYPES.ociManifest, digest, size: 1 };
const asIndex = { mediaType: MEDIA_TYPES.ociIndex, digest, size: 1 };

const isPlain = (bytes: Buffer): boolean | undefined =>
  parseDockerManifest(bytes)[0]?.uncompressedSources;

describe('image manifests', () => {
  it('give config, layers and subject', () => {
    const bytes = jsonBytes({ ...manifest, subject: config, artifactType: 'a/b' });
    expect(parseImageManifest(bytes, asManifest)).toMatchObject({
      config,
      layers: [layer],
      subject: config,
      artifactType: 'a/b',
    });
    expect(successors(asManifest, bytes)).toEqual([config, layer]);
  });

  it('need no media type of their own, nor layers', () => {
    const bytes = jsonBytes({ schemaVersion: 2, config, layers: null });
    expect(parseImageManifest(bytes, asManifest).layers).toEqual([]);
  });

  it.each([
    ['one that could be an index', { ...manifest, manifests: [] }],
    ['another media type inside', { ...manifest, mediaType: MEDIA_TYPES.dockerManifest }],
    ['a case variant of layers', { ...manifest, Layers: [] }],
    ['a case variant of config', { ...manifest, CONFIG: config }],
    ['no config', { ...manifest, config: undefined }],
    ['layers that are no list', { ...manifest, layers: {} }],
    ['a list', [manifest]],
  ])('are refused: %s', (_, value) => {
    expect(() => parseImageManifest(jsonBytes(value), asManifest)).toThrow(invalid);
  });

  it.each([
    ['version 1', { ...manifest, schemaVersion: 1 }],
    ['fsLayers', { ...manifest, fsLayers: [] }],
  ])('of Docker schema 1 are not supported: %s', (_, value) => {
    expect(() => parseImageManifest(jsonBytes(value), asManifest)).toThrow(
      expect.objectContaining({ code: 'UNSUPPORTED' }),
    );
  });
});

describe('image indexes', () => {
  it('give their children; null is none', () => {
    expect(parseImageIndex(jsonBytes(index), asIndex).manifests).toEqual([config]);
    const empty = jsonBytes({ ...index, manifests: null });
    expect(parseImageIndex(empty, asIndex).manifests).toEqual([]);
  });

  it.each([
    ['one that could be a manifest', { ...index, layers: [] }],
    ['one that has a config', { ...index, config }],
    ['a case variant of manifests', { ...index, Manifests: [] }],
    ['another media type inside', { ...index, mediaType: MEDIA_TYPES.dockerList }],
  ])('are refused: %s', (_, value) => {
    expect(() => parseImageIndex(jsonBytes(value), asIndex)).toThrow(invalid);
  });
});

describe('image configs', () => {
  const rootfs = { type: 'layers', diff_ids: [digest] };
  const plain = { os: 'linux', architecture: 'arm', variant: 'v7', rootfs };

  it('give platform, diffIDs and labels', () => {
    const bytes = jsonBytes({ ...plain, config: { Labels: { tier: 'core' } } });
    expect(parseImageConfig(bytes, digest)).toEqual({
      platform: { os: 'linux', architecture: 'arm', variant: 'v7' },
      diffIds: [digest],
      labels: { tier: 'core' },
    });
  });

  it('may have neither config nor labels nor layers', () => {
    for (const value of [{ ...plain, config: null }, { ...plain, config: { Labels: null } }, {}])
      expect(parseImageConfig(jsonBytes(value), digest).labels).toEqual({});
    expect(parseImageConfig(jsonBytes({}), digest).diffIds).toEqual([]);
  });

  it.each([
    ['a diffID that is none', { ...plain, rootfs: { diff_ids: ['x'] } }],
    ['diffIDs that are no list', { ...plain, rootfs: { diff_ids: 'x' } }],
    ['a label that is no text', { ...plain, config: { Labels: { a: 1 } } }],
    ['a platform that is no text', { ...plain, os: 7 }],
    ['a case variant of rootfs', { ...plain, RootFS: { diff_ids: [] } }],
    ['a case variant of diff_ids', { ...plain, rootfs: { ...rootfs, Diff_IDs: [] } }],
    ['a case variant of architecture', { ...plain, Architecture: 'amd64' }],
  ])('are refused with %s', (_, value) => {
    expect(() => parseImageConfig(jsonBytes(value), digest)).toThrow(invalid);
  });

  it('must list as many layers as the manifest', () => {
    const parsed = parseImageConfig(jsonBytes(plain), digest);
    expect(() => requireLayerCount(parsed, 1, 'x')).not.toThrow();
    expect(() => requireLayerCount(parsed, 2, 'x')).toThrow(invalid);
  });
});

describe('manifest.json', () => {
  const item = { Config: 'c.json', RepoTags: ['a:1'], Layers: ['l.tar'] };

  it('is read as it is written', () => {
    const items = [{ config: 'c.json', repoTags: ['a:1', 'b:2'], layers: ['l.tar', 'm.tar'] }];
    const read = parseDockerManifest(formatDockerManifest(items));
    expect(read).toEqual(items.map((one) => Object.assign({ uncompressedSources: false }, one)));
  });

  it('may have null for tags and layers', () => {
    const bytes = jsonBytes([{ Config: 'c', RepoTags: null, Layers: null }]);
    expect(parseDockerManifest(bytes)).toMatchObject([{ repoTags: [], layers: [] }]);
  });

  it('tells a classic store since Docker 25 from its LayerSources', () => {
    const sourceOf = (mediaType: string): Buffer =>
      jsonBytes([{ ...item, LayerSources: { [digest]: { mediaType } } }]);
    expect(isPlain(sourceOf(MEDIA_TYPES.ociLayer))).toBe(true);
    expect(isPlain(sourceOf(`${MEDIA_TYPES.ociLayer}+gzip`))).toBe(false);
    expect(isPlain(jsonBytes([{ ...item, LayerSources: {} }]))).toBe(false);
  });

  it.each([
    ['null', null],
    ['an object', {}],
    ['a list of texts', ['x']],
    ['an item without config', [{ ...item, Config: undefined }]],
    ['a case variant', [{ ...item, config: 'other.json' }]],
    ['tags that are no texts', [{ ...item, RepoTags: [1] }]],
    ['layers that are no list', [{ ...item, Layers: 'l.tar' }]],
  ])('is refused: %s', (_, value) => {
    expect(() => parseDockerManifest(jsonBytes(value))).toThrow(invalid);
  });
});
