/** Names, digests, platforms, versions and the documents of images. */
import assert from 'node:assert/strict';
import { canonicalJson } from '../../../src/oci/canonical-json.ts';
import type { Descriptor } from '../../../src/oci/descriptor.ts';
import { digestOf, parseDigest } from '../../../src/oci/digest.ts';
import { parseDockerManifest } from '../../../src/oci/docker-manifest.ts';
import { parseExposed } from '../../../src/oci/dockerfile/exposed-ports.ts';
import { parseDuration, parseHealthCheck } from '../../../src/oci/dockerfile/health-check.ts';
import { parseImageConfig } from '../../../src/oci/image-config.ts';
import { parseImageIndex, parseImageManifest } from '../../../src/oci/image-manifest.ts';
import { parseJson, parseJsonObject } from '../../../src/oci/json.ts';
import { MEDIA_TYPES } from '../../../src/oci/media-types.ts';
import { formatPlatform, parsePlatform } from '../../../src/oci/platform.ts';
import { formatReference, parseReference, withDefaultTag } from '../../../src/oci/reference.ts';
import { parseRuntimeConfig } from '../../../src/oci/runtime-config.ts';
import { parseVersionRange } from '../../../src/oci/version-range.ts';
import { parseVersion } from '../../../src/oci/version.ts';
import { jsonModel, textModel, type Model } from '../model.ts';

const DIGEST = /^sha256:[0-9a-f]{64}$/;
/** What may stand in a name that people and shells see. */
const PLAIN_NAME = /^[A-Za-z0-9][A-Za-z0-9._:/@[\]-]*$|^\[[0-9a-fA-F:]+\][A-Za-z0-9._:/@-]*$/;

const texts: readonly Model[] = [
  textModel({
    name: 'parseReference',
    parse: parseReference,
    holds: (reference) => {
      const written = formatReference(reference);
      assert.match(written, PLAIN_NAME);
      assert.equal(formatReference(parseReference(written)), written);
      assert.equal(
        formatReference(withDefaultTag(parseReference(written)))
          .split('@')[0]
          ?.includes('..'),
        false,
      );
    },
  }),
  textModel({
    name: 'parseDigest',
    parse: (text) => parseDigest(text),
    holds: (digest, text) => {
      assert.equal(digest, text);
      assert.match(digest, DIGEST);
    },
  }),
  textModel({
    name: 'parsePlatform',
    parse: parsePlatform,
    holds: (platform) => {
      assert.deepEqual(parsePlatform(formatPlatform(platform)), platform);
      assert.match(formatPlatform(platform), /^[a-z0-9._]+(?:\/[a-z0-9._]+){1,2}$/);
    },
  }),
  textModel({
    name: 'parseVersion',
    parse: parseVersion,
    holds: ({ major, minor, patch }) => {
      for (const part of [major, minor, patch]) assert.ok(Number.isSafeInteger(part) && part >= 0);
    },
  }),
  textModel({
    name: 'parseVersionRange',
    parse: parseVersionRange,
    holds: (range) => {
      for (const text of ['0.0.1', '1.2.3-rc.1', '999.0.0']) {
        const version = parseVersion(text);
        assert.equal(
          typeof range(version ?? { major: 0, minor: 0, patch: 0, prerelease: [] }),
          'boolean',
        );
      }
    },
  }),
  textModel({
    name: 'parseExposed',
    parse: parseExposed,
    holds: (ports) => {
      for (const port of ports) assert.match(port, /^\d{1,5}\/(?:tcp|udp|sctp)$/);
    },
  }),
  textModel({
    name: 'parseDuration',
    parse: parseDuration,
    holds: (nanoseconds) => assert.ok(Number.isSafeInteger(nanoseconds)),
  }),
  textModel({
    name: 'parseHealthCheck',
    parse: parseHealthCheck,
    holds: (check) => assert.doesNotThrow(() => canonicalJson(check)),
  }),
];

function targetOf(bytes: Uint8Array, mediaType: string): Descriptor {
  return { mediaType, digest: digestOf(bytes), size: bytes.byteLength };
}

/** What a digest names exactly once, and how large it is, must be facts. */
function requireDescriptors(descriptors: readonly (Descriptor | undefined)[]): void {
  for (const one of descriptors) {
    if (one === undefined) continue;
    assert.match(one.digest, DIGEST);
    assert.ok(Number.isSafeInteger(one.size) && one.size >= 0);
    assert.equal(typeof one.mediaType, 'string');
    for (const word of Object.values(one.platform ?? {}).flat()) assert.match(word, /^[!-~]+$/);
  }
}

/** No key of a document may mean something else to a decoder that takes no notice of case. */
function requireOneMeaning(bytes: Uint8Array, fields: readonly string[]): void {
  const keys = Object.keys(parseJsonObject(bytes, { where: 'case', maxBytes: 1024 ** 2 }));
  for (const field of fields)
    assert.deepEqual(
      keys.filter((key) => key.toLowerCase() === field.toLowerCase() && key !== field),
      [],
    );
}

const documents: readonly Model[] = [
  jsonModel({
    name: 'parseJson',
    weight: 2,
    parse: (bytes) => ({ value: parseJson(bytes, { where: 'case', maxBytes: 1024 ** 2 }) }),
    holds: ({ value }, bytes) => {
      assert.deepEqual(value, JSON.parse(bytes.toString('utf8')));
      assert.ok(Buffer.from(bytes.toString('utf8')).equals(bytes), 'it is UTF-8');
      // A key twice is lost in the value, and so are its colons.
      const outside = bytes.toString('utf8').replaceAll(/"(?:[^"\\]|\\.)*"/g, '""');
      assert.equal(outside.split(':').length - 1, countMembers(value));
    },
  }),
  jsonModel({
    name: 'parseDockerManifest',
    parse: (bytes) => parseDockerManifest(bytes),
    holds: (items) => {
      for (const { config, layers, repoTags } of items)
        assert.ok([config, ...layers, ...repoTags].every((one) => typeof one === 'string'));
    },
  }),
  jsonModel({
    name: 'parseImageManifest',
    parse: (bytes) => parseImageManifest(bytes, targetOf(bytes, MEDIA_TYPES.ociManifest)),
    holds: ({ config, layers, subject }, bytes) => {
      requireDescriptors([config, ...layers, subject]);
      requireOneMeaning(bytes, ['config', 'layers', 'manifests', 'mediaType', 'subject']);
      const own: { mediaType?: unknown; manifests?: unknown } = JSON.parse(bytes.toString('utf8'));
      assert.equal(own.mediaType ?? MEDIA_TYPES.ociManifest, MEDIA_TYPES.ociManifest);
      assert.equal(own.manifests, undefined);
    },
  }),
  jsonModel({
    name: 'parseImageIndex',
    parse: (bytes) => parseImageIndex(bytes, targetOf(bytes, MEDIA_TYPES.ociIndex)),
    holds: ({ manifests, subject }, bytes) => {
      requireDescriptors([...manifests, subject]);
      requireOneMeaning(bytes, ['config', 'layers', 'manifests', 'mediaType', 'subject']);
      const own: Record<string, unknown> = JSON.parse(bytes.toString('utf8'));
      assert.deepEqual(
        [own['config'], own['layers'], own['fsLayers']],
        [undefined, undefined, undefined],
      );
    },
  }),
  jsonModel({
    name: 'parseImageConfig',
    parse: (bytes) => parseImageConfig(bytes, digestOf(bytes)),
    holds: ({ platform, diffIds }) => {
      for (const diffId of diffIds) assert.match(diffId, DIGEST);
      assert.match(formatPlatform(platform), /^[!-~]+$/);
    },
  }),
  jsonModel({
    name: 'parseRuntimeConfig',
    parse: (bytes) => parseRuntimeConfig(parseJson(bytes, { where: 'case' }), 'case'),
    holds: (config) => assert.doesNotThrow(() => canonicalJson(config)),
  }),
];

function countMembers(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const inside = Object.values(value).reduce((sum: number, one) => sum + countMembers(one), 0);
  return inside + (Array.isArray(value) ? 0 : Object.keys(value).length);
}

export const ociModels: readonly Model[] = [...texts, ...documents];
