import { AirkitError } from '../errors.ts';
import { digestOf, parseDigest, type Digest } from './digest.ts';
import {
  asArray,
  asObject,
  asStringMap,
  parseJsonObject,
  refuseCaseVariants,
  type JsonObject,
} from './json.ts';
import { parsePlatformFields, type Platform } from './platform.ts';

/** What airkit reads of an image config (OCI image-spec config.md). Its digest is the image ID. */
export interface ImageConfig {
  readonly platform: Platform;
  readonly diffIds: readonly Digest[];
  readonly labels: Readonly<Record<string, string>>;
}

const CONFIG_FIELDS = [
  'architecture',
  'os',
  'variant',
  'os.version',
  'os.features',
  'config',
  'rootfs',
];

/**
 * Reads an image config.
 *
 * @throws AirkitError CONTENT_INVALID
 */
export function parseImageConfig(bytes: Uint8Array, digest: Digest): ImageConfig {
  const where = `config ${digest}`;
  const object = parseJsonObject(bytes, { where });
  refuseCaseVariants(object, CONFIG_FIELDS, where);
  const rootfs = asObject(object['rootfs'] ?? {}, `${where}: rootfs`);
  refuseCaseVariants(rootfs, ['type', 'diff_ids'], `${where}: rootfs`);
  const diffIds = asArray(rootfs['diff_ids'] ?? [], `${where}: rootfs.diff_ids`);
  return {
    platform: parsePlatformFields(platformFields(object), where),
    diffIds: diffIds.map((diffId, position) =>
      parseDigest(diffId, `${where}: diff_ids[${position}]`),
    ),
    labels: parseLabels(object, where),
  };
}

/**
 * Checks that a config and a manifest speak of the same number of layers.
 *
 * @throws AirkitError CONTENT_INVALID
 */
export function requireLayerCount(config: ImageConfig, layers: number, where: string): void {
  if (config.diffIds.length === layers) return;
  throw new AirkitError(
    'CONTENT_INVALID',
    `${where}: ${layers} layers, but the config lists ${config.diffIds.length} diff IDs`,
  );
}

/**
 * Chain IDs of every prefix of a layer stack: one for the first layer, one for the first two, … (OCI image-spec
 * config.md "Layer ChainID"). Docker's classic store asks for a layer's bytes only when it lacks its chain.
 */
export function chainIds(diffIds: readonly Digest[]): Digest[] {
  const chains: Digest[] = [];
  for (const diffId of diffIds) {
    const parent = chains.at(-1);
    chains.push(parent === undefined ? diffId : digestOf(`${parent} ${diffId}`));
  }
  return chains;
}

function platformFields(object: JsonObject): JsonObject {
  const { os, architecture, variant } = object as {
    os?: string;
    architecture?: string;
    variant?: string;
  };
  return {
    os,
    architecture,
    variant,
    'os.version': object['os.version'],
    'os.features': object['os.features'],
  };
}

function parseLabels(object: JsonObject, where: string): Record<string, string> {
  const config = object['config'];
  if (config === undefined || config === null) return {};
  const runtime = asObject(config, `${where}: config`);
  refuseCaseVariants(runtime, ['Labels'], `${where}: config`);
  const labels = runtime['Labels'];
  return labels === undefined || labels === null
    ? {}
    : asStringMap(labels, `${where}: config.Labels`);
}
