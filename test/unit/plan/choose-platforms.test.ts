import { describe, expect, it } from 'vitest';
import { digestOf } from '../../../src/oci/digest.ts';
import type { GraphManifest, ImageGraph } from '../../../src/oci/image-graph.ts';
import { MEDIA_TYPES } from '../../../src/oci/media-types.ts';
import { parsePlatform } from '../../../src/oci/platform.ts';
import { acceptsPlatform, choosePlatforms } from '../../../src/plan/choose-platforms.ts';
import { graphBlobs } from '../../../src/plan/graph-blobs.ts';

const descriptor = (text: string, mediaType: string = MEDIA_TYPES.ociManifest) => ({
  mediaType,
  digest: digestOf(text),
  size: text.length,
});

function manifest(platform: string, changes: Partial<GraphManifest> = {}): GraphManifest {
  return {
    descriptor: descriptor(`manifest ${platform}`),
    platform: parsePlatform(platform),
    config: descriptor(`config ${platform}`, MEDIA_TYPES.ociConfig),
    layers: [{ descriptor: descriptor('base') }, { descriptor: descriptor(`top ${platform}`) }],
    isImage: true,
    isHeld: true,
    ...changes,
  };
}

function attestation(of: GraphManifest): GraphManifest {
  const attests = of.descriptor.digest;
  const parts = { descriptor: descriptor(`attests ${attests}`), isImage: false, attests };
  const layers = [{ descriptor: descriptor(`statement ${attests}`) }];
  return manifest('unknown/unknown', { ...parts, layers });
}

function graph(...manifests: GraphManifest[]): ImageGraph {
  const root = descriptor('root', MEDIA_TYPES.ociIndex);
  return { root, indexes: [root], manifests, absentManifests: [] };
}

const amd64 = manifest('linux/amd64');
const arm64 = manifest('linux/arm64');
const windows = manifest('windows/amd64');
const both = graph(amd64, arm64, attestation(amd64), attestation(arm64));
const rules = { optional: false, reference: 'example.com/a:1' };
const names = (manifests: readonly GraphManifest[] | undefined): string[] | undefined =>
  manifests?.map(({ platform, attests }) => `${platform.architecture}${attests ? '+' : ''}`);

describe('choosePlatforms', () => {
  it('takes everything when no platform is listed', () => {
    const chosen = choosePlatforms(both, rules);
    expect(chosen?.graph.carried).toHaveLength(4);
    expect(chosen?.graph.absent).toEqual([]);
    expect(chosen?.primary).toBe(amd64);
  });

  it('takes the listed platforms with their attestations, and leaves only layers behind', () => {
    const chosen = choosePlatforms(both, { ...rules, platforms: ['linux/arm64'] });
    expect(names(chosen?.graph.carried)).toEqual(['arm64', 'unknown+']);
    expect(chosen?.primary).toBe(arm64);
    expect(chosen?.graph.manifests).toHaveLength(4);
    const left = new Set(chosen?.graph.absent.map(({ digest }) => digest));
    expect(left.has(digestOf('top linux/amd64'))).toBe(true);
    expect(left.has(digestOf('base')), 'a layer that a carried manifest shares').toBe(false);
    expect(left.size).toBe(2);
  });

  it('shows the first listed platform in manifest.json, not the first of the index', () => {
    const platforms = ['linux/arm64', 'linux/amd64'];
    expect(choosePlatforms(both, { ...rules, platforms })?.primary).toBe(arm64);
  });

  it('shows no foreign operating system in manifest.json', () => {
    expect(choosePlatforms(graph(windows, amd64), rules)?.primary).toBe(amd64);
    expect(choosePlatforms(graph(windows), rules)?.primary).toBeUndefined();
  });

  it.each([['linux/s390x'], ['linux/amd64', 'linux/s390x']])(
    'refuses an image that lacks one of %s %s',
    (...platforms) => {
      const listed = platforms.filter((one) => typeof one === 'string');
      expect(() => choosePlatforms(both, { ...rules, platforms: listed })).toThrow(
        expect.objectContaining({ code: 'PLATFORM_MISSING' }),
      );
    },
  );

  it('takes what there is when the selector is optional, or nothing', () => {
    const optional = { ...rules, optional: true };
    const some = choosePlatforms(both, { ...optional, platforms: ['linux/s390x', 'linux/amd64'] });
    expect(names(some?.graph.carried)).toEqual(['amd64', 'unknown+']);
    expect(choosePlatforms(both, { ...optional, platforms: ['linux/s390x'] })).toBeUndefined();
  });

  it('compares normalised platforms', () => {
    const arm = graph(manifest('linux/arm/v7'));
    expect(choosePlatforms(arm, { ...rules, platforms: ['linux/arm'] })?.primary).toBeDefined();
    expect(choosePlatforms(both, { ...rules, platforms: ['linux/arm64/v8'] })?.primary).toBe(arm64);
  });

  it('leaves out platforms whose layers the source lacks', () => {
    const partial = graph(amd64, manifest('linux/arm64', { isHeld: false }));
    expect(names(choosePlatforms(partial, rules)?.graph.carried)).toEqual(['amd64']);
    expect(() => choosePlatforms(partial, { ...rules, platforms: ['linux/arm64'] })).toThrow(
      expect.objectContaining({ code: 'PLATFORM_MISSING' }),
    );
  });

  it('fails when the source holds the layers of no platform', () => {
    expect(() => choosePlatforms(graph(manifest('linux/amd64', { isHeld: false })), rules)).toThrow(
      expect.objectContaining({ code: 'BLOB_MISSING' }),
    );
  });

  it('carries an artifact that has no platform at all', () => {
    const artifact = manifest('unknown/unknown', { isImage: false });
    const lone = { ...graph(artifact), indexes: [] };
    const chosen = choosePlatforms(lone, { ...rules, platforms: ['linux/amd64'], optional: true });
    expect(chosen?.graph.carried).toEqual([artifact]);
    expect(chosen?.primary).toBeUndefined();
  });
});

const accepts = (platforms: string[] | undefined, optional: boolean): boolean =>
  acceptsPlatform('linux/amd64', { ...rules, platforms, optional });

describe('acceptsPlatform', () => {
  it('judges an image of one platform as choosePlatforms would', () => {
    expect(accepts(undefined, false)).toBe(true);
    expect(accepts(['linux/amd64'], false)).toBe(true);
    expect(accepts(['linux/amd64', 'linux/arm64'], true)).toBe(true);
    expect(accepts(['linux/arm64'], true)).toBe(false);
    expect(() => accepts(['linux/amd64', 'linux/arm64'], false)).toThrow(
      expect.objectContaining({ code: 'PLATFORM_MISSING' }),
    );
  });
});

describe('graphBlobs', () => {
  it('are all documents, then the layers of what is carried', () => {
    const chosen = choosePlatforms(both, { ...rules, platforms: ['linux/amd64'] });
    const blobs = chosen === undefined ? [] : graphBlobs(chosen.graph);
    const kinds = blobs.map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind === 'manifest')).toHaveLength(4);
    expect(kinds.filter((kind) => kind === 'config')).toHaveLength(4);
    expect(kinds.slice(-3)).toEqual(['layer', 'layer', 'layer']);
    expect(blobs.map(({ key }) => key)).not.toContain(digestOf('top linux/arm64'));
  });
});
