import { describe, expect, it } from 'vitest';
import {
  formatImagesTxt,
  formatIndexJson,
  formatManifestJson,
} from '../../../src/archive/stock-views.ts';
import { digestOf } from '../../../src/oci/digest.ts';
import { parseDockerManifest } from '../../../src/oci/docker-manifest.ts';
import { MEDIA_TYPES } from '../../../src/oci/media-types.ts';
import { assembleSample, sampleRoots } from './sample-kit.ts';

const descriptor = (text: string, mediaType: string = MEDIA_TYPES.ociManifest) => ({
  mediaType,
  digest: digestOf(text),
  size: text.length,
});
const parse = (bytes: Uint8Array): unknown => JSON.parse(Buffer.from(bytes).toString());

/** Fixed texts in place of digests, which depend on zlib's version where layers are compressed. */
const images = [
  {
    reference: 'docker.io/library/app:1',
    root: descriptor('app manifest'),
    config: descriptor('app config', MEDIA_TYPES.ociConfig),
    layers: [descriptor('base'), descriptor('app')],
  },
  {
    reference: 'docker.io/library/app:latest',
    root: descriptor('app manifest'),
    config: descriptor('app config', MEDIA_TYPES.ociConfig),
    layers: [descriptor('base'), descriptor('app')],
  },
  {
    reference: `ghcr.io/acme/api@${digestOf('api index')}`,
    root: descriptor('api index', MEDIA_TYPES.ociIndex),
    config: descriptor('api config', MEDIA_TYPES.ociConfig),
    layers: [descriptor('base')],
  },
];

describe('the tables of contents that engines read', () => {
  it('are those of the golden file', async () => {
    const views = {
      'index.json': parse(formatIndexJson(images)),
      'manifest.json': parse(formatManifestJson(images)),
    };
    const text = `${JSON.stringify(views, undefined, 2)}\n`;
    await expect(text).toMatchFileSnapshot('../../golden/stock-views.json');
  });

  it('name the whole reference in both annotations, and no platform', () => {
    const { manifests } = JSON.parse(Buffer.from(formatIndexJson(images)).toString());
    expect(manifests[0].annotations).toEqual({
      'io.containerd.image.name': 'docker.io/library/app:1',
      'org.opencontainers.image.ref.name': 'docker.io/library/app:1',
    });
    for (const entry of manifests) expect(entry).not.toHaveProperty('platform');
  });

  it('have one item for each config in manifest.json, without digests among the tags', () => {
    const items = parseDockerManifest(formatManifestJson(images));
    expect(items.map(({ repoTags }) => repoTags)).toEqual([
      ['docker.io/library/app:1', 'docker.io/library/app:latest'],
      [],
    ]);
  });

  it('list in images.txt a line for each platform that is carried', async () => {
    const { imagesTxt, index } = await assembleSample(await sampleRoots(), ['linux/amd64']);
    const lines = Buffer.from(imagesTxt)
      .toString()
      .split('\n')
      .map((line) => line.split('\t'));
    expect(lines.map(([reference, , , platform]) => [reference, platform])).toEqual([
      ['docker.io/library/app:1', 'linux/amd64'],
      ['docker.io/library/app:latest', 'linux/amd64'],
      ['ghcr.io/acme/api:2', 'linux/amd64'],
      ['', undefined],
    ]);
    const whole = Buffer.from(formatImagesTxt(index.images, [])).toString();
    expect(whole.match(/linux\/arm64/g)).toHaveLength(1);
    expect(whole).not.toContain('unknown');
  });
});
