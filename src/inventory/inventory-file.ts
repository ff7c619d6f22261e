import type { HeldContent } from '../content/held-content.ts';
import { AirkitError } from '../errors.ts';
import { parseDigest, type Digest } from '../oci/digest.ts';
import { asArray, asObject, asString, parseJsonObject, type JsonValue } from '../oci/json.ts';
import { formatPlatform, parsePlatform } from '../oci/platform.ts';

/** What a target held at some time, as a file that can be carried back. */
export interface Inventory extends HeldContent {
  /** As `--to` names it. */
  readonly target: string;
}

export const INVENTORY_MEDIA_TYPE = 'application/vnd.airkit.inventory.v1+json';
/** A larger inventory is refused, in bytes. */
export const MAX_INVENTORY_BYTES: number = 256 * 1024 * 1024;

/** The file: sorted and indented, so that two of them can be compared line by line. No clock, no host. */
export function formatInventory(inventory: Inventory): Uint8Array {
  const { target, platform, needsBlobs, images, diffIds, chainIds, blobs } = inventory;
  const document = {
    mediaType: INVENTORY_MEDIA_TYPE,
    target,
    ...(platform === undefined ? {} : { platform: formatPlatform(platform) }),
    ...(needsBlobs === true ? { needsBlobs } : {}),
    images: images.map(({ reference, id }) => ({ reference, id })),
    blobs: sorted(blobs),
    chainIDs: sorted(chainIds),
    diffIDs: sorted(diffIds),
  };
  return Buffer.from(`${JSON.stringify(document, undefined, 1)}\n`);
}

/**
 * Reads an inventory.
 *
 * @param where names the file in errors
 * @throws AirkitError CONTENT_INVALID, UNSUPPORTED for the format of a newer airkit
 */
export function parseInventory(bytes: Uint8Array, where: string): Inventory {
  const document = parseJsonObject(bytes, { where, maxBytes: MAX_INVENTORY_BYTES });
  const { mediaType, target, platform, needsBlobs, images, blobs, chainIDs, diffIDs, ...rest } =
    document;
  if (mediaType !== INVENTORY_MEDIA_TYPE) {
    throw new AirkitError('UNSUPPORTED', `${where}: ${JSON.stringify(mediaType)} is no inventory`, {
      hint: 'airkit inventory TARGET -o FILE writes one.',
      context: { path: where },
    });
  }
  const [unknown] = Object.keys(rest);
  if (unknown !== undefined)
    throw new AirkitError('CONTENT_INVALID', `${where}: ${JSON.stringify(unknown)} is not known`);
  const at = (name: string): string => `${where}: ${name}`;
  return {
    target: asString(target, at('target')),
    ...(platform === undefined
      ? {}
      : { platform: parsePlatform(asString(platform, at('platform'))) }),
    ...(needsBlobs === undefined ? {} : { needsBlobs: asTrue(needsBlobs, at('needsBlobs')) }),
    images: asArray(images, at('images')).map((image, position) =>
      parseHeldImage(image, at(`images[${position}]`)),
    ),
    blobs: digests(blobs, at('blobs')),
    chainIds: digests(chainIDs, at('chainIDs')),
    diffIds: digests(diffIDs, at('diffIDs')),
  };
}

function asTrue(value: JsonValue, where: string): true {
  if (value === true) return value;
  throw new AirkitError('CONTENT_INVALID', `${where}: true is expected`);
}

function parseHeldImage(value: JsonValue, where: string): Inventory['images'][number] {
  const { reference, id } = asObject(value, where);
  return {
    reference: asString(reference, `${where}.reference`),
    id: parseDigest(id, `${where}.id`),
  };
}

function digests(value: JsonValue | undefined, where: string): Set<Digest> {
  return new Set(
    asArray(value, where).map((one, position) => parseDigest(one, `${where}[${position}]`)),
  );
}

function sorted(digestsOfSet: ReadonlySet<Digest>): Digest[] {
  return [...digestsOfSet].toSorted();
}
